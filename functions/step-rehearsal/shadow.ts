/**
 * The two sides of a shadow: the service's own image, placed in both regions for this rehearsal, and
 * a name beside the real one that answers with them. Breaking one of them breaks nothing else.
 */
import { createHash } from 'node:crypto';
import type { DnsRecord } from '../../aws/dnsRecord.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { Tasks } from '../../aws/tasks.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { answerSets } from '../../core/failover/answerSets.ts';
import { initialState } from '../../core/failover/states.ts';
import { epochOf, epochSet, type RecordChange } from '../../core/failover/switchRecord.ts';
import type { RehearsalInput } from '../../events/rehearsal.ts';
import { shadowOf, type WatchPlan, type WatchTarget } from '../../events/watchPlan.ts';
import { restingAt } from '../../events/watchState.ts';
import type { httpProbe } from '../../probes/http.ts';
import type { Base } from '../_entry.ts';
import { starterOf, stopStarted } from '../_starter.ts';
import type { TaskAddress } from '../_taskAddress.ts';

export type ShadowNeeds = Base & {
  readonly table: WatchTable;
  readonly records: DrillRecords;
  readonly tasks: Tasks;
  readonly addressOf: TaskAddress;
  readonly dnsRecord: DnsRecord;
  readonly probe: typeof httpProbe;
};

const POLL_MS = 250;
const PROBE_TIMEOUT_MS = 2_000;
/** A shadow is read by nobody but us, so its answers may change at once. */
const TTL_MS = 1_000;
const MS_PER_S = 1_000;

/** `shop.example.com` has the shadow `shadow-shop.example.com`, in the same zone. */
export const shadowRecord = (record: string): string => `shadow-${record}`;

/** The image again, in one region. The moment makes each placement a new one. */
const place = async (
  { tasks, addressOf, records, clock, probe }: ShadowNeeds,
  { drillId, placements }: RehearsalInput,
  region: string,
  signal: AbortSignal,
): Promise<{ host: string; port: number; health: string }> => {
  const planned = placements.find((each) => each.region === region);
  if (planned === undefined) {
    throw new DrillError('PlacementFailed', `the drill has placed nothing in ${region}`);
  }
  const { run } = await records.plan(drillId, signal);
  const untilMs = clock.now() + run.readyTimeoutMs;
  const token = createHash('sha256').update(`${drillId} ${region} ${clock.now()}`).digest('hex');
  const taskArn = await tasks.run(
    region,
    {
      taskDefinition: planned.taskDefinition,
      startedBy: starterOf(drillId),
      clientToken: token.slice(0, 36),
    },
    signal,
  );
  for (;;) {
    const [task] = await tasks.describe(region, [taskArn], signal);
    if (task?.status === 'STOPPED') {
      throw new DrillError('TaskDied', `${region}: ${task.stoppedReason ?? 'no reason given'}`);
    }
    const isRunning = task?.status === 'RUNNING';
    const host = isRunning ? await addressOf(region, task, signal) : undefined;
    if (host !== undefined) {
      const { port, health } = run;
      const target = { host, port, path: health, expectStatus: 200 };
      const outcome = await probe(target, { timeoutMs: PROBE_TIMEOUT_MS, signal });
      if (outcome.ok) return { host, port, health };
    }
    if (clock.now() >= untilMs) {
      throw new DrillError('NotReady', `the shadow in ${region} did not answer ${run.health}`);
    }
    await clock.sleep(POLL_MS, signal);
  }
};

const targetAt = (
  region: string,
  { host, port, health }: { host: string; port: number; health: string },
): WatchTarget => ({
  region,
  url: `http://${host}:${port}${health}`,
  serverName: null,
  answers: { A: [host] },
  capacity: null,
});

/** The shadow's plan: the real one, but for its name, its sides, and whatever asks a person. */
const shadowPlan = (live: WatchPlan, targets: WatchPlan['targets']): WatchPlan => {
  const service = shadowOf(live.service);
  return {
    ...live,
    service,
    record: shadowRecord(live.record),
    targets,
    switch: { driver: 'record' },
    failover: {
      ...live.failover,
      service,
      mode: 'auto',
      failback: 'manual',
      cooldownMs: 0,
      perDay: null,
      maintenance: [],
      managedCapacity: false,
      driver: 'record',
      ttlMs: TTL_MS,
    },
    fences: [],
    singleWriter: false,
    // The drill tells Slack how it went.
    slackParameter: null,
  };
};

/** The shadow's name answers with its home, at an epoch that no earlier rehearsal has used. */
const resetRecord = async (
  { dnsRecord, table, clock }: ShadowNeeds,
  plan: WatchPlan,
  home: WatchTarget,
  signal: AbortSignal,
): Promise<void> => {
  const { zoneId, record, service } = plan;
  const found = await dnsRecord.read({ zoneId, record }, signal);
  const stored = await table.state(service, signal);
  const epoch = Math.max(epochOf(found.epoch) ?? 0, stored?.state.epoch ?? 0) + 1;
  const remove = [...found.sets, ...(found.epoch === null ? [] : [found.epoch])];
  const name = { record, ttlS: Math.round(plan.failover.ttlMs / MS_PER_S) };
  const batch: RecordChange[] = [
    ...remove.map((set) => ({ action: 'DELETE' as const, set })),
    ...answerSets(name, home.answers).map((set) => ({ action: 'CREATE' as const, set })),
    { action: 'CREATE', set: epochSet(record, epoch) },
  ];
  const comment = `rehearsal of ${service}, epoch ${epoch}`;
  const change = await dnsRecord.submit({ zoneId, record }, { batch, comment }, signal);
  if (change.answer !== 'accepted') {
    throw new DrillError('TransientFailure', `${record}: ${change.answer} ${change.message}`);
  }
  const nowMs = clock.now();
  const state = { ...initialState(plan.primary, plan.standby, nowMs), epoch };
  const next = restingAt(state, (stored?.version ?? 0) + 1, nowMs);
  const saved = await table.saveState(service, next, signal);
  if (!saved) throw new DrillError('TransientFailure', `the state of ${service} changed meanwhile`);
};

/** How much a fault hit, and when. */
type Hit = { readonly targets: number; readonly atMs: number };

/** Begins the reason that tasks are stopped for, by which they are known again. */
const BREAKS = 'rehearsal of';

export const openShadow = (needs: ShadowNeeds) => {
  const { table, tasks, clock } = needs;

  /** What a step that was killed has stopped before: it is not stopped again, and was the fault. */
  const stoppedBefore = async (
    drillId: string,
    region: string,
    signal: AbortSignal,
  ): Promise<Hit> => {
    const found = await tasks.stoppedOf(region, starterOf(drillId), signal);
    const hit = found.filter(({ stoppedReason }) => stoppedReason === `${BREAKS} ${drillId}`);
    const moments = hit.flatMap(({ stoppingAtMs }) => stoppingAtMs ?? []);
    return { targets: hit.length, atMs: Math.min(clock.now(), ...moments) };
  };

  /** How many tasks there were is how much the fault hit. */
  const stopAll = async (
    { drillId }: RehearsalInput,
    region: string,
    signal: AbortSignal,
  ): Promise<Hit> => {
    const atMs = clock.now();
    const targets = await stopStarted(tasks, { drillId, region, why: BREAKS }, signal);
    return targets > 0 ? { targets, atMs } : stoppedBefore(drillId, region, signal);
  };

  /** Places both sides and points the shadow's name at its home. */
  const setUp = async (
    live: WatchPlan,
    input: RehearsalInput,
    signal: AbortSignal,
  ): Promise<void> => {
    const [home, other] = await Promise.all(
      [live.primary, live.standby].map(async (region) =>
        targetAt(region, await place(needs, input, region, signal)),
      ),
    );
    if (home === undefined || other === undefined) return;
    const plan = shadowPlan(live, [home, other]);
    await table.putPlan(plan);
    await resetRecord(needs, plan, home, signal);
  };

  /** A fresh home, at a new address that is written into the plan. */
  const mend = async (
    live: WatchPlan,
    input: RehearsalInput,
    signal: AbortSignal,
  ): Promise<void> => {
    const plan = await table.plan(shadowOf(live.service), signal);
    if (plan === null) return;
    const home = targetAt(live.primary, await place(needs, input, live.primary, signal));
    const other = plan.targets.find(({ region }) => region !== live.primary) ?? plan.targets[1];
    await table.putPlan({ ...plan, targets: [home, other] });
  };

  return { setUp, mend, stopAll };
};
