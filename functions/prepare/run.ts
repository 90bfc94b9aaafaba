/**
 * Gathers what the gates ask for, each with where and when it was read. Nothing is asked of the
 * region that may be gone: what must be known of it came to the other one with its heartbeat. What
 * cannot be read is null, never guessed.
 */
import type { EventBus } from '../../aws/eventBus.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { Heartbeat, Heartbeats } from '../../aws/heartbeats.ts';
import type { Services } from '../../aws/services.ts';
import type { TargetGroups } from '../../aws/targetGroups.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { isIdle } from '../../core/failover/charge.ts';
import type { State } from '../../core/failover/states.ts';
import type { Facts } from '../../core/failover/view.ts';
import { formatMs } from '../../core/units.ts';
import { type FailoverNotice, failoverNotice } from '../../events/failoverNotice.ts';
import { PreflightOutput } from '../../events/failoverStep.ts';
import type { PrepareInput } from '../../events/prepareInput.ts';
import { targetOf, type WatchPlan } from '../../events/watchPlan.ts';
import { type Capacity, readCapacity, wantedTasks } from '../_capacity.ts';
import type { Base } from '../_entry.ts';
import { switchLoss } from './switchLoss.ts';

export type Needs = Base & {
  readonly table: Pick<WatchTable, 'loadWithPlan' | 'putFacts'>;
  readonly bus: Pick<EventBus, 'put'>;
  readonly functions: Pick<FunctionCalls, 'call'>;
  readonly acquireLeaseFunction: string;
  readonly flipFunction: string;
  readonly scaleStandbyFunction: string;
  readonly verifyFunction: string;
  readonly servicesIn: (region: string) => Pick<Services, 'state' | 'digests'>;
  readonly targetGroupsIn: (region: string) => Pick<TargetGroups, 'healthy'>;
  readonly heartbeatsIn: (table: string, region: string) => Pick<Heartbeats, 'latest'>;
};

type Sides = { readonly active: string; readonly other: string };

/** A heartbeat older than this tells nothing of what is being deployed. */
const HEARTBEAT_TELLS_MS = 30_000;
/** No single reading may hold the others up. */
const READING_MS = 5_000;

/** Both the lease table and the switch must take a write; the flip says how many of its stores did. */
const preflightOf = async (
  { functions, acquireLeaseFunction, flipFunction, clock }: Needs,
  service: string,
  signal: AbortSignal,
): Promise<Pick<Facts, 'preflight' | 'serving'> & { readonly foreign: boolean }> => {
  const ask = (name: string) =>
    functions.call(name, { service, preflight: true }, PreflightOutput, signal);
  const [lease, flip] = await Promise.all([ask(acquireLeaseFunction), ask(flipFunction)]);
  const { writable, needed, of } = flip;
  const source = lease.ok ? `preflight: ${flip.why}` : `preflight of the lease: ${lease.why}`;
  const read = { source: source.slice(0, 200), atMs: clock.now() };
  return {
    foreign: lease.foreign === true,
    preflight: { value: { writable: lease.ok ? writable : 0, needed, of }, ...read },
    ...(flip.serving ? { serving: { value: flip.serving, ...read } } : {}),
  };
};

const replicationOf = (
  heartbeat: Heartbeat,
  { active, other }: Sides,
  table: string,
  nowMs: number,
): Facts['replicationMs'] => ({
  value: Math.max(0, nowMs - heartbeat.writtenAtMs),
  source: `heartbeat of ${active} in ${table}, read in ${other}`,
  atMs: nowMs,
});

/** A function has to start once; better now than when it is needed. */
const warm = async (
  { functions, log }: Needs,
  name: string,
  service: string,
  signal: AbortSignal,
): Promise<void> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(READING_MS)]);
  await functions
    .call(name, { service, preflight: true }, PreflightOutput, limited)
    .catch((error: unknown) => log.warn('not warmed', { name, cause: String(error) }));
};

/** The function that makes the region big enough, where that is ours to do. */
const warmScaling = async (
  needs: Needs,
  plan: WatchPlan,
  other: string,
  signal: AbortSignal,
): Promise<void> => {
  if (targetOf(plan, other).capacity === null) return;
  await warm(needs, needs.scaleStandbyFunction, plan.service, signal);
};

type Other = {
  readonly service: string;
  readonly found: Capacity;
  readonly reserved: number;
  readonly digests: readonly string[];
  readonly atMs: number;
};

const readOther = async (
  { servicesIn, targetGroupsIn, clock }: Needs,
  plan: WatchPlan,
  { other }: Sides,
  signal: AbortSignal,
): Promise<Other | null> => {
  const place = targetOf(plan, other).capacity;
  if (place === null) return null;
  const services = servicesIn(other);
  const [found, digests] = await Promise.all([
    readCapacity({ services, targetGroups: targetGroupsIn(other) }, place, signal),
    services.digests(place, signal),
  ]);
  const { service, wanted: reserved } = place;
  return { service, found, reserved, digests, atMs: clock.now() };
};

const capacityOf = (
  heartbeat: Heartbeat | null,
  read: Other | null,
  { other }: Sides,
): Facts['capacity'] => {
  if (read === null) return null;
  const { found, reserved, service, atMs } = read;
  const wanted = wantedTasks(reserved, heartbeat?.peaks ?? [], atMs);
  const value = { ready: found.ready, wanted, scalable: found.scalable };
  return { value, source: `ECS service ${service} in ${other}`, atMs };
};

const digestsOf = (
  heartbeat: Heartbeat | null,
  other: Other | null,
  sides: Sides,
  nowMs: number,
): Facts['digests'] => {
  const [digest, ...more] = other?.digests ?? [];
  if (!heartbeat?.digest || digest === undefined || more.length > 0) return null;
  const ageMs = Math.max(0, nowMs - heartbeat.writtenAtMs);
  return {
    value: { active: heartbeat.digest, other: digest },
    source: `heartbeat of ${sides.active}, ${formatMs(ageMs)} old, and ECS in ${sides.other}`,
    atMs: nowMs,
  };
};

/** A deployment anywhere counts; of a region that has gone silent nothing is known. */
const deployingOf = (
  heartbeat: Heartbeat | null,
  other: Other | null,
  sides: Sides,
  nowMs: number,
): Facts['deployInProgress'] => {
  if (other === null) return null;
  const ageMs = nowMs - (heartbeat?.writtenAtMs ?? Number.NEGATIVE_INFINITY);
  const told = ageMs <= HEARTBEAT_TELLS_MS ? (heartbeat?.deploying ?? null) : null;
  const of = told === null ? `, nothing known of ${sides.active}` : ` and heartbeat`;
  const source = `ECS in ${sides.other}${of}`;
  return { value: other.found.deploying || told === true, source, atMs: nowMs };
};

/** Not in charge, or not known to be: the switch and its lease are another's to write. */
const isWaiting = (state: State): boolean => isIdle(state) || state.charge === undefined;

const noPlan = (service: string): DrillError =>
  new DrillError('InputInvalid', `there is no watch ${service}: it has no stored plan`);

export const prepare = (needs: Needs) => {
  const { table, clock, log } = needs;

  /** What a reading found; null, and a line in the log, when it could not be read. */
  const read = async <T>(
    what: string,
    reading: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | null> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(READING_MS)]);
    try {
      return await reading(limited);
    } catch (error) {
      log.warn('not read', { what, cause: String(error) });
      return null;
    }
  };

  const tell = async (notice: FailoverNotice, signal: AbortSignal): Promise<void> => {
    await needs.bus.put([failoverNotice(notice)], signal).catch((error: unknown) => {
      log.warn('not told', { notice: notice.notice, why: notice.why, cause: String(error) });
    });
  };

  return async (
    { service, takesOver = false }: PrepareInput,
    signal: AbortSignal,
  ): Promise<Facts> => {
    const { plan, stored, facts: before } = await table.loadWithPlan(service, signal);
    if (plan === null) throw noPlan(service);
    const waits = plan.controllers !== undefined && (stored === null || isWaiting(stored.state));
    if (waits && !takesOver) return before;
    const { active, other } = stored?.state ?? { active: plan.primary, other: plan.standby };
    const sides = { active, other };
    const warmed = warmScaling(needs, plan, other, signal);
    const { dataTable } = plan;
    const [proven, heartbeat, found] = await Promise.all([
      read('preflight', (limited) => preflightOf(needs, service, limited), signal),
      dataTable === null
        ? null
        : read(
            'heartbeat',
            async (limited) => {
              const latest = await needs.heartbeatsIn(dataTable, other).latest(active, limited);
              return latest && { latest, atMs: clock.now() };
            },
            signal,
          ),
      read('capacity', (limited) => readOther(needs, plan, sides, limited), signal),
    ]);
    const heard = heartbeat?.latest ?? null;
    const nowMs = clock.now();
    const facts: Facts = {
      replicationMs:
        heartbeat && replicationOf(heartbeat.latest, sides, dataTable ?? '', heartbeat.atMs),
      capacity: capacityOf(heard, found, sides),
      preflight: proven?.preflight ?? null,
      digests: digestsOf(heard, found, sides, nowMs),
      deployInProgress: deployingOf(heard, found, sides, nowMs),
      ...(proven?.serving ? { serving: proven.serving } : {}),
    };
    await Promise.all([table.putFacts(service, facts, signal), warmed]);
    // Of what another controller is in charge of, that one tells.
    const tells = stored !== null && !takesOver && proven?.foreign !== true;
    const lost = tells && switchLoss(plan, stored.state, before.preflight, facts.preflight);
    if (lost) await tell(lost, signal);
    // The proof comes last, and must not hold up what the decision waits for.
    await warm(needs, needs.verifyFunction, service, signal);
    return facts;
  };
};
