/** What must hold at every moment of a failover, by the names of the design. */
export type InvariantId =
  | 'I1'
  | 'I2'
  | 'I3'
  | 'I4'
  | 'I5'
  | 'I6'
  | 'I7'
  | 'I8'
  | 'I9'
  | 'I10'
  | 'I11'
  | 'I12'
  | 'served'
  | 'kept'
  | 'settles'
  | 'charged';

export type Violation = {
  readonly invariant: InvariantId;
  /** Milliseconds from the start of the trace. */
  readonly atMs: number;
  readonly what: string;
};

export const INVARIANTS: Readonly<Record<InvariantId, string>> = {
  I1: 'never an empty answer, nor one of nobody',
  I2: 'at most one holder per epoch',
  I3: 'no flip without fresh evidence of a quorum',
  I4: 'at most as many automatic flips in 24 hours as are allowed',
  I5: 'no failback by itself',
  I6: 'what an epoch has set, nothing else of that epoch changes',
  I7: 'a decision is reproduced bit for bit from what is stored of it',
  I8: 'an older epoch never replaces a younger one',
  I9: 'what answers is never deleted',
  I10: 'a rehearsal leaves everything as it was',
  I11: 'nothing that moves traffic calls the region that is lost, nor us-east-1',
  I12: 'two controllers never act under one epoch',
  served: 'a client is served by a region that was eligible when its name was answered',
  kept: 'what a verified flip wrote is not lost',
  settles: 'no move is left in the middle',
  charged: 'of two controllers one is in charge, once nothing has been wrong for eight minutes',
};
