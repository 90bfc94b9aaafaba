/**
 * Watches both regions from here for a minute and a little, then hands what it knows to the next
 * invocation.
 */
import type { EventBus } from '../../aws/eventBus.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { staleAfterMs } from '../../core/health/settings.ts';
import { LOCAL_OBSERVER } from '../../core/health/verdict.ts';
import type { ObserveInput, ObserveOutput } from '../../events/observation.ts';
import type { Base } from '../_entry.ts';
import type { Outside } from '../_outside.ts';
import { openPlace } from './place.ts';
import type { SteadyClock } from './probing.ts';
import { watch } from './watch.ts';

export type Needs = Base & {
  /** Of the first controller: where an observer keeps its place, what it has seen and what it knows. */
  readonly table: WatchTable;
  /** Of the other controllers, for when that one does not answer. */
  readonly otherTables: readonly WatchTable[];
  /** `heard` is told the time of the home region with each answer. */
  readonly openBus: (heard: (dateMs: number) => void) => EventBus;
  readonly region: string;
  readonly newHolder: () => string;
  readonly probe: Outside['probe'];
};

/** The schedule comes once a minute and may be this late: until then nobody else observes. */
const SLOT_MS = 60_000 + 10_000;
const RENEW_MS_MIN = 3_000;
const RENEW_INTERVALS = 2;

/** Wall time at the start and what has passed since: a clock that is set meanwhile does no harm. */
const steadyClock = ({ clock }: Base): SteadyClock => {
  const offsetMs = clock.now() - clock.monotonicMs();
  // Tenths are finer than any timer, and short in what is stored.
  return { now: () => Math.round((clock.monotonicMs() + offsetMs) * 10) / 10 };
};

/** So long the first table may take to answer where there is another. */
const ANSWER_MS = 3_000;

/** The first table that answers, and what it says. */
const readFirst = async (
  { table, otherTables, region, log }: Needs,
  service: string,
  signal: AbortSignal,
) => {
  const tables = [table, ...otherTables];
  for (const each of tables.slice(0, -1)) {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    try {
      return { table: each, found: await each.occupant(service, region, limited) };
    } catch (error) {
      log.warn('a table does not answer: the next one is used', { service, cause: String(error) });
    }
  }
  const last = tables.at(-1) ?? table;
  return { table: last, found: await last.occupant(service, region, signal) };
};

export const observe =
  (needs: Needs) =>
  async ({ service, takeOver }: ObserveInput, signal: AbortSignal): Promise<ObserveOutput> => {
    const clock = steadyClock(needs);
    const endsMs = clock.now() + SLOT_MS;
    const { openBus, probe } = needs;
    const { table, found } = await readFirst(needs, service, signal);
    const { plan } = found;
    if (plan === null) {
      throw new DrillError('InputInvalid', `there is no watch ${service}: it has no stored plan`);
    }
    const alone = plan.observers.length === 0;
    const observer = alone ? LOCAL_OBSERVER : needs.region;
    const renewMs = Math.max(RENEW_MS_MIN, RENEW_INTERVALS * plan.health.intervalMs);
    const place = openPlace({
      ...{ service, observer, endsMs, renewMs, clock, table },
      ...{ slotMs: SLOT_MS, staleMs: staleAfterMs(plan.health), holder: needs.newHolder() },
      sleep: needs.clock.sleep,
    });
    const first = alone ? await table.occupant(service, observer, signal) : found;
    const memory = await place.take(first, takeOver, signal);
    if (memory === null) return { observer, ended: 'not-needed', probes: 0, votes: 0 };
    const seen = { plan, observer, clock, place, memory, endsMs };
    return watch({ base: needs, table, openBus, probe, ...seen }, signal);
  };
