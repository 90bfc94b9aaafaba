/**
 * Makes the new region big enough, and waits until it really is: tasks that run, that their load
 * balancer finds healthy, and that answer in time. Anything less holds the failover.
 */
import * as z from 'zod';
import type { Heartbeats } from '../../aws/heartbeats.ts';
import type { Services } from '../../aws/services.ts';
import type { TargetGroups } from '../../aws/targetGroups.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { formatMs } from '../../core/units.ts';
import type {
  PreflightInput,
  PreflightOutput,
  StepInput,
  StepOutput,
} from '../../events/failoverStep.ts';
import { targetOf, type WatchPlan, type WatchTarget } from '../../events/watchPlan.ts';
import { openCalls } from '../_calls.ts';
import { type Capacity, readCapacity, wantedTasks } from '../_capacity.ts';
import type { Base } from '../_entry.ts';
import type { Transitions } from '../_transition.ts';
import { type Answering, asksHealth, type ProbeHealth } from './answering.ts';

export type Needs = Base & {
  readonly table: Pick<WatchTable, 'putEvidence'>;
  readonly transitions: Pick<Transitions, 'planOf' | 'situationOf' | 'apply'>;
  readonly servicesIn: (region: string) => Pick<Services, 'state' | 'scaleTo'>;
  readonly targetGroupsIn: (region: string) => Pick<TargetGroups, 'healthy'>;
  readonly heartbeatsIn: (table: string, region: string) => Pick<Heartbeats, 'latest'>;
  readonly probe: ProbeHealth;
};

/** Share of the wanted tasks that must be ready. */
const READY_SHARE = 0.9;
const LOOK_EVERY_MS = 500;
/** Below the time limit of the state and of the function, so that the result is still told. */
const READY_WITHIN_MS = 600_000;

type Region = {
  readonly place: NonNullable<WatchTarget['capacity']>;
  readonly target: WatchTarget;
  readonly plan: WatchPlan;
};

type Outcome = {
  readonly enough: boolean;
  readonly why: string;
  readonly after: Capacity | null;
  readonly answering: Answering | null;
};

const counts = (capacity: Capacity | null) =>
  capacity && {
    desired: capacity.desired,
    running: capacity.running,
    pending: capacity.pending,
    healthy: [...capacity.healthy],
    ready: capacity.ready,
    lastEvent: capacity.lastEvent,
  };

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** What the other region carried within a day, read where it was replicated to before. */
const wantedIn = async (
  { heartbeatsIn, clock, log }: Needs,
  { plan, place, target }: Region,
  from: string,
  signal: AbortSignal,
): Promise<number> => {
  if (plan.dataTable === null) return place.wanted;
  const heartbeat = await heartbeatsIn(plan.dataTable, target.region)
    .latest(from, signal)
    .catch((error: unknown) => {
      log.warn('peaks not read', { region: from, cause: messageOf(error) });
      return null;
    });
  return wantedTasks(place.wanted, heartbeat?.peaks ?? [], clock.now());
};

/** Waits until the region carries what is wanted of it, or says what is missing. */
const awaitReady = async (
  needs: Needs,
  { place, target, plan }: Region,
  wanted: number,
  signal: AbortSignal,
): Promise<Outcome> => {
  const { clock, servicesIn, targetGroupsIn, probe } = needs;
  const { region } = target;
  const reading = { services: servicesIn(region), targetGroups: targetGroupsIn(region) };
  const least = Math.max(1, Math.ceil(wanted * READY_SHARE));
  const untilMs = clock.monotonicMs() + READY_WITHIN_MS;
  for (;;) {
    const after = await readCapacity(reading, place, signal);
    const answering =
      after.ready >= least ? await asksHealth({ clock, probe }, target, plan.health, signal) : null;
    if (answering?.ok) {
      const why = `${after.ready} of ${wanted} tasks are ready in ${region}; ${answering.why}`;
      return { enough: true, why, after, answering };
    }
    if (clock.monotonicMs() >= untilMs) {
      const found = answering
        ? `${after.ready} of ${wanted} tasks are ready, but ${answering.why}`
        : `${after.ready} of ${wanted} tasks are ready (${after.running} run)`;
      const said = after.lastEvent === null ? '' : `; ECS: ${after.lastEvent}`;
      const why = `${region} is not big enough after ${formatMs(READY_WITHIN_MS)}: ${found}${said}`;
      return { enough: false, why, after, answering };
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
};

type Order = Needs & Region & { readonly order: StepInput; readonly startedAtMs: number };

/** Writes down how it went, and tells the machine. */
const tell = async (
  { table, transitions, clock, order, target, startedAtMs }: Omit<Order, 'place'>,
  { enough, why }: Pick<Outcome, 'enough' | 'why'>,
  body: object,
  signal: AbortSignal,
): Promise<StepOutput> => {
  const { service, execution } = order;
  const nowMs = clock.now();
  const kept = JSON.stringify({ why, enough, region: target.region, startedAtMs, ...body });
  const evidence = { kind: 'scale', atMs: nowMs, body: z.json().parse(JSON.parse(kept)) };
  await Promise.all([
    table.putEvidence(execution.name, evidence, signal),
    transitions.apply(
      service,
      { kind: 'scaled', nowMs, execution: execution.name, enough, why },
      signal,
    ),
  ]);
  return { ok: enough, why };
};

const scale = async (order: Order, signal: AbortSignal): Promise<StepOutput> => {
  const { servicesIn, targetGroupsIn, clock, place, target } = order;
  const { region } = target;
  const calls = openCalls(clock);
  const reading = { services: servicesIn(region), targetGroups: targetGroupsIn(region) };
  const [wanted, before] = await Promise.all([
    wantedIn(order, order, order.order.execution.from, signal),
    readCapacity(reading, place, signal),
  ]);
  const told = { wanted, before: counts(before) };
  try {
    await calls.timed(
      { service: 'ecs', operation: 'UpdateService', region, attempt: 1 },
      () => servicesIn(region).scaleTo(place, wanted, signal),
      (scaled) => ({ requestId: null, result: `${scaled.before} to ${scaled.now} tasks` }),
    );
  } catch (error) {
    const why = `${region} refused ${wanted} tasks: ${messageOf(error)}`;
    const body = { ...told, after: null, calls: calls.made };
    return tell(order, { enough: false, why }, body, signal);
  }
  const { after, answering, ...outcome } = await awaitReady(order, order, wanted, signal);
  const body = { ...told, after: counts(after), answering, calls: calls.made };
  return tell(order, outcome, body, signal);
};

/** Looks at the region that would take over, so that the clients are there when it does. */
const preflight = async (
  { transitions, servicesIn, targetGroupsIn }: Needs,
  plan: WatchPlan,
  signal: AbortSignal,
): Promise<PreflightOutput> => {
  const { stored } = await transitions.situationOf(plan.service, signal);
  const { region, capacity } = targetOf(plan, stored?.state.other ?? plan.standby);
  const numbers = { writable: 1, needed: 1, of: 1 };
  if (capacity === null) return { ok: true, why: `${region} is not in our hands`, ...numbers };
  const reading = { services: servicesIn(region), targetGroups: targetGroupsIn(region) };
  const { ready } = await readCapacity(reading, capacity, signal);
  return { ok: true, why: `${region} has ${ready} tasks ready`, ...numbers };
};

export const scaleStandby =
  (needs: Needs) =>
  async (
    input: StepInput | PreflightInput,
    signal: AbortSignal,
  ): Promise<StepOutput | PreflightOutput> => {
    const { transitions, clock } = needs;
    const plan = await transitions.planOf(input.service, signal);
    if ('preflight' in input) return preflight(needs, plan, signal);
    const target = targetOf(plan, input.execution.to);
    const own = { ...needs, order: input, plan, target, startedAtMs: clock.now() };
    if (target.capacity !== null) return scale({ ...own, place: target.capacity }, signal);
    const why = `the capacity of ${target.region} is not in our hands`;
    return tell(own, { enough: true, why }, {}, signal);
  };
