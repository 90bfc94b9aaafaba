/** What is broken. Shares are from 0 to 1. */
export type FaultKind =
  /** The region is gone: nothing passes to it or from it. */
  | { readonly kind: 'down' }
  /** New connections are refused, those that stand are reset. */
  | { readonly kind: 'refuse' }
  /** Connections stand, and nothing is ever answered. */
  | { readonly kind: 'blackhole' }
  /** Each round trip takes this much longer. */
  | { readonly kind: 'slow'; readonly addMs: number }
  /** This share of HTTP requests is answered with a server error instead of being passed on. */
  | { readonly kind: 'error-rate'; readonly share: number; readonly status?: number }
  /** This share of packets is lost; TCP sends them again after its timeout. */
  | { readonly kind: 'loss'; readonly share: number }
  /** Packets from one region to the other are lost; the way back is open. Links only. */
  | { readonly kind: 'one-way-cut' };

/**
 * A region with all its links, or one link. `refuse`, `blackhole` and `error-rate` hit calls to the
 * region, on a link calls made by `from` to `to`; a one-way cut hits packets sent by `from` to `to`;
 * `down`, `slow` and `loss` hit both ways.
 */
export type FaultScope =
  | { readonly region: string }
  | { readonly from: string; readonly to: string };

/** What traffic is for. A broken application and a broken control plane are different bad days. */
export type Plane = 'service' | 'aws';

export type Fault = {
  readonly id: string;
  readonly scope: FaultScope;
  /** `service`: what runs in the region; `aws`: its AWS endpoints; left out: both. */
  readonly plane?: Plane;
} & FaultKind;

/** What the faults make of calls from one region to another. */
export type CallState = {
  /** Packets of the caller arrive. */
  readonly toPasses: boolean;
  /** Packets of the called region arrive. */
  readonly backPasses: boolean;
  readonly refuses: boolean;
  /** Added to the delay of each way. */
  readonly addMs: number;
  /** Share of packets lost, each way. */
  readonly loss: number;
  /** Share of HTTP requests answered with `errorStatus`. */
  readonly errorShare: number;
  readonly errorStatus: number;
};

export const CLEAR: CallState = {
  toPasses: true,
  backPasses: true,
  refuses: false,
  addMs: 0,
  loss: 0,
  errorShare: 0,
  errorStatus: 503,
};

type Region = string | undefined;

const atCalledEnd = ({ scope }: Fault, caller: Region, called: Region): boolean =>
  'region' in scope ? scope.region === called : scope.from === caller && scope.to === called;

const onTheWay = ({ scope }: Fault, a: Region, b: Region): boolean =>
  'region' in scope
    ? scope.region === a || scope.region === b
    : (scope.from === a && scope.to === b) || (scope.from === b && scope.to === a);

const either = (a: number, b: number): number => a + b - a * b;

const withFault = (state: CallState, fault: Fault, caller: Region, called: Region): CallState => {
  const hitsCalls = atCalledEnd(fault, caller, called);
  const hitsWay = onTheWay(fault, caller, called);
  switch (fault.kind) {
    case 'down':
      return hitsWay ? { ...state, toPasses: false, backPasses: false } : state;
    case 'blackhole':
      return hitsCalls ? { ...state, toPasses: false, backPasses: false } : state;
    case 'one-way-cut':
      if (hitsCalls) return { ...state, toPasses: false };
      return hitsWay ? { ...state, backPasses: false } : state;
    case 'refuse':
      return hitsCalls ? { ...state, refuses: true } : state;
    case 'slow':
      return hitsWay ? { ...state, addMs: state.addMs + fault.addMs / 2 } : state;
    case 'loss':
      return hitsWay ? { ...state, loss: either(state.loss, fault.share) } : state;
    case 'error-rate': {
      if (!hitsCalls) return state;
      const errorShare = either(state.errorShare, fault.share);
      return { ...state, errorShare, errorStatus: fault.status ?? state.errorStatus };
    }
  }
};

/**
 * The state of calls from one region to another. An undefined caller is outside every region, as a
 * person's shell is: only what is wrong with the called region touches it.
 */
export const callState = (
  faults: Iterable<Fault>,
  caller: Region,
  called: Region,
  plane: Plane,
): CallState => {
  let state = CLEAR;
  for (const fault of faults) {
    if (fault.plane !== undefined && fault.plane !== plane) continue;
    state = withFault(state, fault, caller, called);
  }
  return state;
};

/** Linux never waits less than this before it sends a lost packet again. */
const RTO_MS_MIN = 200;
const LOSSES_MAX = 8;

/**
 * Delay that lost packets add to a piece of a TCP stream: the retransmission timeout (round trip
 * plus 200 ms, RFC 6298 with Linux' floor), doubled for each further loss of the same packet.
 */
export const lossDelayMs = (loss: number, rttMs: number, random: () => number): number => {
  let delayMs = 0;
  let timeoutMs = rttMs + RTO_MS_MIN;
  for (let losses = 0; losses < LOSSES_MAX && loss > 0 && random() < loss; losses += 1) {
    delayMs += timeoutMs;
    timeoutMs *= 2;
  }
  return delayMs;
};

/** @throws RangeError when a fault's numbers make no sense. */
export const checkFault = (fault: Fault): void => {
  const fail = (what: string): never => {
    throw new RangeError(`fault ${fault.id} (${fault.kind}): ${what}`);
  };
  if ('share' in fault && !(fault.share >= 0 && fault.share <= 1)) {
    fail(`a share of ${fault.share} is not from 0 to 1`);
  }
  if (fault.kind === 'slow' && !(fault.addMs >= 0 && fault.addMs <= 600_000)) {
    fail(`${fault.addMs} added milliseconds are not from 0 to 600000`);
  }
  if (fault.kind === 'error-rate' && fault.status !== undefined) {
    const { status } = fault;
    if (!Number.isInteger(status) || status < 500 || status > 599)
      fail(`status ${status} is no 5xx`);
  }
  if (fault.kind === 'one-way-cut' && 'region' in fault.scope) {
    fail('a one-way cut needs a link { from, to }, not a region');
  }
};
