/** The loop of an observer: probe what is due, vote, keep the place, until it is time to go. */
import type { EventBus } from '../../aws/eventBus.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import type { ObserveOutput } from '../../events/observation.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Base } from '../_entry.ts';
import type { Outside } from '../_outside.ts';
import { type Canaries, openCanaries } from './canaries.ts';
import { type Keeping, openKeeping } from './keeping.ts';
import type { Memory, Place } from './place.ts';
import { openProbing, type Probing, type SteadyClock } from './probing.ts';
import { openSkew } from './skew.ts';
import { openVoting, type Voting } from './voting.ts';
import { openWaiting } from './waiting.ts';

export type Watching = {
  readonly base: Base;
  readonly table: WatchTable;
  readonly openBus: (heard: (dateMs: number) => void) => EventBus;
  readonly probe: Outside['probe'];
  readonly plan: WatchPlan;
  readonly observer: string;
  readonly clock: SteadyClock;
  readonly place: Place;
  readonly memory: Memory;
  readonly endsMs: number;
};

type Parts = {
  readonly probings: readonly Probing[];
  readonly canaries: Canaries;
  readonly voting: Voting;
  readonly keeping: Keeping;
};

/** In doubt or with a probe under way, the end is put off; at most by this much. */
const OVERTIME_MS = 15_000;

const memoryOf = (probings: readonly Probing[]): Memory =>
  Object.fromEntries(probings.map((probing) => [probing.region, probing.memory()]));

/** Why it is time to go; null while it is not. */
const endOf = (
  { place, endsMs }: Watching,
  { probings }: Parts,
  nowMs: number,
  signal: AbortSignal,
): ObserveOutput['ended'] | null => {
  if (signal.aborted) return 'stopped';
  if (place.isLost()) return 'replaced';
  if (nowMs < endsMs) return null;
  const quiet = probings.every((probing) => !probing.busy() && !probing.inDoubt());
  return quiet || nowMs >= endsMs + OVERTIME_MS ? 'handed-over' : null;
};

/** Sends every probe that is due. Gives the moment at which the next one will be. */
const probeDue = ({ probings, canaries, keeping }: Parts, nowMs: number): number => {
  const doubted = probings.filter((probing) => probing.inDoubt());
  if (canaries.dueMs(doubted.length > 0) <= nowMs) keeping.keep('canaries', canaries.ask());
  let nextMs = canaries.dueMs(doubted.length > 0);
  for (const probing of probings) {
    const alert = doubted.some((other) => other !== probing);
    const dueMs = Math.max(0, probing.dueMs(alert));
    if (dueMs <= nowMs) keeping.keep(`probing ${probing.region}`, probing.start(dueMs));
    nextMs = Math.min(nextMs, probing.dueMs(alert));
  }
  return nextMs;
};

/** When to write what is known: never while all is well, as the place is held to the end. */
const renewalMs = ({ place, endsMs }: Watching, { probings }: Parts, nowMs: number): number =>
  nowMs >= endsMs || probings.some((probing) => !probing.isWell())
    ? place.renewDueMs()
    : Number.POSITIVE_INFINITY;

/** Probes and votes until it is time to go, then leaves samples and memory behind. */
export const watch = async (watching: Watching, signal: AbortSignal): Promise<ObserveOutput> => {
  const { base, table, probe, plan, observer, clock, place, memory, endsMs } = watching;
  const { service } = plan;
  const stop = new AbortController();
  const waiting = openWaiting(base.clock, signal);
  const common = { probe, settings: plan.health, clock, signal: stop.signal, heard: waiting.wake };
  const probings = plan.targets.map((target) =>
    openProbing({ ...common, target, memory: memory[target.region] }),
  );
  const canaries = openCanaries({ ...common, urls: plan.canaries });
  const keeping = openKeeping({ table, service, observer, probings, log: base.log });
  const skew = openSkew(clock);
  const bus = watching.openBus(skew.heard);
  const voting = openVoting({
    ...{ plan, observer, probings, canaries, bus, clock, keeping },
    clockSkewMs: skew.ms,
  });
  const parts = { probings, canaries, voting, keeping };
  let ended: ObserveOutput['ended'] | null = null;
  while (ended === null) {
    const nowMs = clock.now();
    const probeMs = probeDue(parts, nowMs);
    voting.vote(nowMs);
    const renewMs = () => renewalMs(watching, parts, nowMs);
    if (renewMs() <= nowMs) keeping.keep('renewal', place.renew(memoryOf(probings)));
    const lastMs = nowMs < endsMs ? endsMs : endsMs + OVERTIME_MS;
    const nextMs = Math.min(probeMs, voting.dueMs(nowMs), renewMs(), lastMs);
    await waiting.until(nextMs - clock.now());
    ended = endOf(watching, parts, clock.now(), signal);
  }
  stop.abort();
  waiting.close();
  keeping.flush();
  if (ended !== 'replaced') keeping.keep('handing over', place.leave(memoryOf(probings)));
  await keeping.settled();
  bus.close();
  const probes = probings.reduce((sum, probing) => sum + probing.probes(), 0);
  return { observer, ended, probes, votes: voting.sent() };
};
