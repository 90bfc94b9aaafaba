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
  readonly table: WatchTable;
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

export const observe =
  (needs: Needs) =>
  async ({ service, takeOver }: ObserveInput, signal: AbortSignal): Promise<ObserveOutput> => {
    const clock = steadyClock(needs);
    const endsMs = clock.now() + SLOT_MS;
    const { table, openBus, probe } = needs;
    const found = await table.occupant(service, needs.region, signal);
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
