/** What `failover status --json` prints: a watch as it is now. */
import * as z from 'zod';
import { GateShape } from './failoverDecided.ts';
import { NoticeShape } from './failoverNotice.ts';
import { StateShape } from './failoverState.ts';
import { VoteShape } from './healthVote.ts';
import { OperatedPlace } from './operatedPlace.ts';
import { PromotionLine } from './promotion.ts';
import { EpochMs, Ms, Region } from './region.ts';

/** One thing a watch told a person. */
export const WatchFact = z.strictObject({
  atMs: EpochMs,
  service: z.string(),
  kind: z.enum(['verdict', ...NoticeShape.options, 'page', 'completed', 'promotion']),
  text: z.string(),
});
export type WatchFact = z.output<typeof WatchFact>;

const RegionStatus = z.strictObject({
  region: Region,
  role: z.enum(['primary', 'standby']),
  /** Whether the record answers with it. */
  active: z.boolean(),
  state: z.enum(['UP', 'DEGRADED', 'DOWN', 'UNKNOWN']),
  sinceMs: EpochMs.nullable(),
  /** Since when a quorum has doubted it; null while none does. */
  doubtSinceMs: EpochMs.nullable(),
  needed: z.int(),
  eligible: z.int(),
  votes: z.array(VoteShape),
  why: z.string(),
});
export type RegionStatus = z.output<typeof RegionStatus>;

/** One of two controllers. */
const ControllerStatus = z.strictObject({
  region: Region,
  /** When it last said that it is in charge; of the other one, its newest vote. Null where its region does not answer. */
  lastMs: EpochMs.nullable(),
  /** For three minutes: whoever is in charge loses its place then. */
  silent: z.boolean(),
});
export type ControllerStatus = z.output<typeof ControllerStatus>;

const aged = <T extends z.ZodType>(value: T) =>
  z.strictObject({ value, ageMs: z.number() }).nullable();

export const StatusOutput = z.strictObject({
  /** When it was read; ages count from here. */
  atMs: EpochMs,
  /** Null for the embedded cloud. */
  place: OperatedPlace.nullable(),
  service: z.string(),
  record: z.string(),
  /** What the record answers, and which DNS server said so; null where none did. */
  answer: z.strictObject({ server: z.string(), addresses: z.array(z.string()) }).nullable(),
  /** Null where there is one controller. */
  controllers: z
    .strictObject({
      /** Null before anybody has taken charge, and where no copy of the lease can be read. */
      inCharge: Region.nullable(),
      /** Whose state this is: that of the one in charge, if it answers. */
      readIn: Region,
      first: ControllerStatus,
      second: ControllerStatus,
    })
    .nullable(),
  mode: z.enum(['auto', 'approve', 'manual']),
  phase: StateShape.shape.phase,
  phaseSinceMs: EpochMs,
  home: Region,
  active: Region,
  /** A rehearsal has left traffic away from home: it goes back by itself as soon as it may. */
  leftAway: z.boolean(),
  epoch: z.int(),
  vantage: z.enum(['quorum', 'single']),
  regions: z.array(RegionStatus).length(2),
  /** What each gate says of the move under way, or would of an order now; an order gathers facts anew first. */
  gates: z.array(GateShape),
  /** Age of the newest data of the active region in the other one, and the most that may be lost. */
  replicationMs: aged(Ms),
  rpoMs: Ms,
  capacity: aged(z.strictObject({ ready: z.int(), wanted: z.int(), scalable: z.boolean() })),
  approval: StateShape.shape.approval,
  execution: StateShape.shape.execution,
  /** Kind and gates of a plan that does not move; null while nothing is held. */
  held: z.string().nullable(),
  flips: StateShape.shape.flips,
  /** The last one, whose image runs unless it was taken back; null where nothing was promoted. */
  promotion: PromotionLine.nullable(),
  /** Faults set in the embedded network, in words. */
  faults: z.array(z.string()),
  /** What was told since the watch started, oldest first. */
  facts: z.array(WatchFact),
});
export type StatusOutput = z.output<typeof StatusOutput>;
