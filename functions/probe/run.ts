/** Probes one cell of one round from this vantage region, keeps a latency record for each arm, and answers home. */
import type { Callbacks } from '../../aws/callbacks.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { openProbeTable, ProbeTable } from '../../aws/probeTable.ts';
import { ARM_KINDS } from '../../core/drill/plan.ts';
import { BEAT_EVERY_MS } from '../../core/drill/profiles.ts';
import { DrillError } from '../../core/errors.ts';
import { orderOfArms } from '../../core/random.ts';
import { cellKey } from '../../core/ranking/input.ts';
import { CELL_ARM_ID } from '../../events/latencyRecord.ts';
import type { ProbeRequest, ProbeResult } from '../../events/probeRequest.ts';
import type { ProbeSpec } from '../../events/probeSpec.ts';
import { heartbeats } from '../../probes/replication.ts';
import { openSelfNoise, type SelfNoise } from '../../probes/selfNoise.ts';
import type { Base } from '../_entry.ts';
import {
  addHeartbeats,
  type BurstRunner,
  burstOnArm,
  burstOnCell,
  type Collected,
  encodedSketches,
  newCollection,
} from './bursts.ts';

type Needs = Base & {
  recordsAt: (region: string) => DrillRecords;
  callbacksAt: (region: string) => Callbacks;
  probeTable: typeof openProbeTable;
  connectPath: 'direct' | 'proxied';
};

type Work = {
  request: ProbeRequest;
  needs: Needs;
  runner: BurstRunner;
  noise: SelfNoise;
  records: DrillRecords;
};

/** Loopback probes before each arm: enough for a median, few enough to cost milliseconds. */
const NOISE_PROBES = 15;

/** A second in each round, little enough not to disturb who measures beside it. */
const HEARTBEATS = { beats: 10, everyMs: 100 } as const;

/** For the last word to the home region, when the time for the work is over. */
const FAREWELL_MS = 400;

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

const keep = async (
  { request, needs, noise, records, runner }: Work,
  arm: { armId: string; order: number; runner: string; startedAt: number },
  collected: Collected,
): Promise<ProbeResult['arms'][number]> => {
  const floor = await noise.measure(NOISE_PROBES, runner.signal);
  const { drillId, round, cell } = request;
  await records.putLatency(
    {
      drillId,
      round,
      cell,
      armId: arm.armId,
      order: arm.order,
      startedAt: arm.startedAt,
      valid: collected.valid,
      sent: collected.sent,
      late: collected.late,
      warmup: collected.warmup,
      timeoutMs: collected.timeoutMs,
      errors: collected.errors,
      counters: collected.counters,
      floorP50Us: floor.p50Us,
      floorP95Us: floor.p95Us,
      runner: arm.runner,
      notAvailable: collected.notAvailable,
      sketches: encodedSketches(collected),
    },
    needs.clock.now(),
    runner.signal,
  );
  return {
    armId: arm.armId,
    sent: totalOf(collected.sent),
    failed: totalOf(collected.errors),
    valid: collected.valid,
  };
};

const probeArms = async (work: Work): Promise<ProbeResult['arms']> => {
  const { request, needs, runner } = work;
  const { seed, round, cell, targets, probes } = request;
  const kinds = probes.filter(({ kind }) => ARM_KINDS.includes(kind));
  const order = orderOfArms(
    seed,
    round,
    cell,
    targets.map(({ armId }) => armId),
  );
  const results: ProbeResult['arms'] = [];
  for (const [index, armId] of order.entries()) {
    const target = targets.find((one) => one.armId === armId);
    if (!target) continue;
    const startedAt = needs.clock.now();
    const collected = newCollection();
    for (const spec of kinds) await burstOnArm(runner, spec, target, collected);
    const arm = { armId, order: index, runner: target.runner, startedAt };
    results.push(await keep(work, arm, collected));
  }
  return results;
};

/** The table in the cell's region, read back there and in the first other serving region. */
const openStore = async ({ request, needs, runner }: Work, table: string) => {
  const { cell, drillId, round, replicaRegions } = request;
  const name = cellKey(cell);
  const open = (region: string): Promise<ProbeTable> =>
    needs.probeTable({ table, region, name }, runner.signal);
  const own = await open(cell.region);
  const [replicaRegion] = replicaRegions;
  const replica = replicaRegion === undefined ? undefined : await open(replicaRegion);
  return {
    run: `${drillId}/${round}/${name}`,
    tokens: { write: own.write, read: own.read, ...(replica ? { readReplica: replica.read } : {}) },
    close: () => {
      own.close();
      replica?.close();
    },
  };
};

const probeStore = async (work: Work, spec: ProbeSpec, collected: Collected): Promise<void> => {
  if (spec.kind !== 'database') return burstOnCell(work.runner, spec, undefined, collected);
  let store: Awaited<ReturnType<typeof openStore>>;
  try {
    store = await openStore(work, spec.table);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    collected.notAvailable['database'] = `table ${spec.table} could not be described: ${why}`;
    return;
  }
  try {
    await burstOnCell(work.runner, spec, store, collected);
  } finally {
    store.close();
  }
  await probeReplication(work, spec, collected);
};

/** From the cell's region to the vantage's, where both serve: written there, read here. */
const probeReplication = async (
  { request, needs, runner }: Work,
  { table, timeoutMs }: ProbeSpec & { kind: 'database' },
  collected: Collected,
): Promise<void> => {
  const { cell, drillId, round, replicaRegions } = request;
  if (!replicaRegions.includes(cell.vantage)) return;
  await runner.beat();
  const name = `${cellKey(cell)} heartbeat`;
  const open = (region: string): Promise<ProbeTable> =>
    needs.probeTable({ table, region, name }, runner.signal);
  let opened: ProbeTable[] = [];
  try {
    opened = await Promise.all([open(cell.region), open(cell.vantage)]);
    const [there, here] = opened;
    if (!there || !here) return;
    const plan = { run: `${drillId}/${round}/${name}`, ...HEARTBEATS, timeoutMs };
    const link = { write: there.write, read: here.read };
    addHeartbeats(collected, await heartbeats(link, plan, needs.clock, runner.signal), timeoutMs);
  } finally {
    for (const one of opened) one.close();
  }
};

const probeCell = async (work: Work): Promise<void> => {
  const { request, needs } = work;
  const kinds = request.probes.filter(({ kind }) => !ARM_KINDS.includes(kind));
  if (kinds.length === 0) return;
  const startedAt = needs.clock.now();
  const collected = newCollection();
  for (const spec of kinds) await probeStore(work, spec, collected);
  const arm = { armId: CELL_ARM_ID, order: request.targets.length, runner: '', startedAt };
  await keep(work, arm, collected);
};

/** A heartbeat now and then. Throws when the drill waits no longer: whatever is measured then disturbs others. */
const heart = (
  { taskToken, cell }: ProbeRequest,
  { clock }: Needs,
  callbacks: Callbacks,
  signal: AbortSignal,
): (() => Promise<void>) => {
  let beatMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - beatMs < BEAT_EVERY_MS) return;
    beatMs = nowMs;
    if (await callbacks.heartbeat(taskToken, signal)) return;
    throw new DrillError(
      'VantageUnreachable',
      `the drill does not wait for ${cellKey(cell)} any more`,
    );
  };
};

export const probe =
  (needs: Needs) =>
  async (request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> => {
    const callbacks = needs.callbacksAt(request.homeRegion);
    const noise = await openSelfNoise();
    const work: Work = {
      request,
      needs,
      runner: {
        sampling: request.sampling,
        connectPath: needs.connectPath,
        beat: heart(request, needs, callbacks, signal),
        signal,
      },
      noise,
      records: needs.recordsAt(request.homeRegion),
    };
    try {
      await work.runner.beat();
      const arms = await probeArms(work);
      await probeCell(work);
      const result: ProbeResult = { cell: request.cell, status: 'measured', reason: null, arms };
      const heard = await callbacks.succeed(request.taskToken, result, signal);
      if (!heard) needs.log.warn('nobody waited for the answer', { cell: request.cell });
      return result;
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      const cause = error instanceof Error ? error.message : String(error);
      // Told to the state machine, which decides what follows; thrown, Lambda would run the cell again.
      needs.log.error('cell not measured', { cell: request.cell, name, cause });
      await callbacks.fail(request.taskToken, name, cause, AbortSignal.timeout(FAREWELL_MS));
      return {
        cell: request.cell,
        status: 'unreachable',
        reason: `${name}: ${cause}`,
        arms: [],
      };
    } finally {
      noise.close();
    }
  };
