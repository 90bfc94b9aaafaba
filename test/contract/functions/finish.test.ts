// Goal: an execution ends as one record that anybody can check and replay, however it went (I7).
// Method: the real evaluate, verify and finish on the embedded table, bus and bucket; real name servers.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Entry, verifyChain } from '../../../core/evidence/chain.ts';
import { reproduces, whatIf } from '../../../core/evidence/replay.ts';
import { EvidenceRecord } from '../../../events/evidenceRecord.ts';
import { decisionOf, reportOfRecord } from '../../../events/failoverRecord.ts';
import { FailoverReport } from '../../../events/failoverReport.ts';
import { FailoverSummary } from '../../../events/failoverSummary.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { verify } from '../../../functions/verify/run.ts';
import { HOME, STANDBY, START_MS } from '../../support/failovers.ts';
import { createBucket, decidedWatch, flipped } from '../../support/movedWatch.ts';
import {
  HOME_ADDRESS,
  type ProofWorld,
  STANDBY_ADDRESS,
  startProofWorld,
  virtualTime,
} from '../../support/proofWorld.ts';
import { SOCKETS } from '../../support/sockets.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const signal = new AbortController().signal;

let world: WatchWorld;
let proofs: ProofWorld;
const time = virtualTime();
beforeAll(async () => {
  world = await startWatchWorld();
  await createBucket(world);
  proofs = await startProofWorld(time, 1);
});
afterAll(async () => {
  await proofs.close();
  await world.close();
});

const planFor = (service: string, over: Partial<WatchPlan> = {}): WatchPlan => ({
  ...watchPlanWith({
    service,
    urls: [`http://${HOME_ADDRESS}:${proofs.port}/`, `http://${STANDBY_ADDRESS}:${proofs.port}/`],
  }),
  dns: { nameServers: proofs.nameServers, resolvers: proofs.resolvers },
  ...over,
});

type Watch = Awaited<ReturnType<typeof decidedWatch>>;

const verified = async (service: string, { run, execution }: Watch): Promise<void> => {
  if (execution === null) throw new Error('nothing was decided');
  time.moveTo(Math.max(time.now(), run.now()));
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const { table } = world;
  const { transitions } = run;
  await verify({ ...SOCKETS, table, transitions, clock: time, log, count: () => {} })(
    { service, execution },
    signal,
  );
  run.setNow(time.now());
};

const recordOf = async (watch: Watch, key: string) => watch.documents.read(key, EvidenceRecord);
const summaryOf = async (service: string) =>
  (await world.table.summaries(service, FailoverSummary, 5))[0];

describe('a failover that went well', () => {
  const service = 'well';
  let watch: Watch;
  let record: Entry[];
  let output: Awaited<ReturnType<Watch['finish']>>;
  beforeAll(async () => {
    watch = await decidedWatch(world, planFor(service));
    await flipped(world, watch);
    proofs.serve({ A: [STANDBY_ADDRESS] });
    await verified(service, watch);
    output = await watch.finish();
    record = await recordOf(watch, output.record);
  });

  it('is a chain whose head the history keeps', async () => {
    expect(output).toMatchObject({ outcome: 'done', active: STANDBY, leftovers: [] });
    const summary = await summaryOf(service);
    expect(summary).toMatchObject({ outcome: 'done', head: output.head, vantage: 'quorum' });
    expect(verifyChain(record, sha256, summary?.head)).toMatchObject({ ok: true });
    expect(record.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['decision', 'flip', 'dns', 'request', 'verification', 'completed']),
    );
    expect(record[0]?.kind).toBe('decision');
    expect(record.at(-1)?.kind).toBe('completed');
  });

  it('holds the parts of its RTO, from the first failed probe on', async () => {
    const timings = (await summaryOf(service))?.timings;
    if (!timings?.rtoMs) throw new Error('no RTO');
    const { detectMs, decideMs, fenceMs, scaleMs, flipMs, authoritativeMs, effectiveMs } = timings;
    expect(
      detectMs +
        decideMs +
        fenceMs +
        scaleMs +
        flipMs +
        (authoritativeMs ?? 0) +
        (effectiveMs ?? 0),
    ).toBe(timings.rtoMs);
    expect(detectMs).toBeGreaterThanOrEqual(2_000);
    expect(detectMs).toBeLessThan(3_500);
    const flip = record.find(({ kind }) => kind === 'flip');
    const decidedMs = record[0]?.atMs ?? 0;
    expect(timings).toMatchObject({ decideMs: 0, fenceMs: 0, scaleMs: 0 });
    expect(flipMs).toBe((flip?.atMs ?? 0) - decidedMs);
  });

  it('tells the bus how it ended', () => {
    const ended = world.heard.filter(({ type, detail }) => {
      return type === 'FailoverCompleted' && detail['service'] === service;
    });
    expect(ended.map(({ detail }) => detail['outcome'])).toEqual(['done']);
  });

  it('is decided again from its record, bit for bit', () => {
    const entry = decisionOf(record);
    if (entry === null) throw new Error('no decision');
    expect(reproduces(entry.input, entry.decision)).toEqual({ same: true, differences: [] });
    expect(entry.observations).toHaveLength(10);
    expect(entry.before.phase).toBe('STEADY');
  });

  it('is relived, as it was and with other settings', () => {
    const entry = decisionOf(record);
    if (entry === null) throw new Error('no decision');
    const asIs = whatIf(entry, []);
    if (!asIs.ok) throw new Error(asIs.why);
    expect(asIs.asSet).toMatchObject({ moved: true, atMs: entry.input.nowMs });
    const later = whatIf(entry, ['down=5s']);
    expect(later.ok && later.lines[0]).toMatch(/^It would have moved (2|3)\.\d s later\.$/);
    const fewer = whatIf(entry, ['quorum=2of5']);
    expect(fewer.ok && fewer.lines[0]).toMatch(/^It would have moved \d+(\.\d)? ms earlier\.$/);
  });

  it('is reported with its timeline, votes, gates, answers and calls', () => {
    const report = FailoverReport.parse(reportOfRecord(record));
    expect(report.timeline.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['fault', 'vote', 'decision', 'flip', 'name servers', 'effective']),
    );
    expect(report.timeline[0]).toMatchObject({ kind: 'fault', atMs: START_MS + 6_000 });
    expect(report.decision?.plan.gates).toHaveLength(10);
    expect(report.calls).toMatchObject([{ operation: 'ChangeResourceRecordSets' }]);
    expect(report.dns.every(({ goodSinceMs }) => goodSinceMs !== null)).toBe(true);
    expect(report.request).toMatchObject({ proof: 'header', region: STANDBY });
  });

  it('ends the same when it is ended again, and lets the lease go', async () => {
    const again = await watch.finish();
    expect(again).toMatchObject({ outcome: 'done', head: output.head });
    expect(await world.table.summaries(service, FailoverSummary, 5)).toHaveLength(1);
  });
});

describe('a failover that stopped', () => {
  it('in the middle is brought to rest, and its record says what was caught', async () => {
    const service = 'stopped';
    const watch = await decidedWatch(world, planFor(service));
    const { execution, run } = watch;
    if (execution === null) throw new Error('nothing was decided');
    const told = { nowMs: run.now(), execution: execution.name };
    await watch.apply({ kind: 'lease', won: true, ...told });
    const Cause = '{"errorMessage":"the function ran out of time","trace":["at secret"]}';
    const output = await watch.finish({ Error: 'Sandbox.Timedout', Cause });
    expect(output).toMatchObject({ outcome: 'failed', active: HOME });
    expect(output.reason).toBe('Sandbox.Timedout: the function ran out of time');
    expect((await run.stored()).state).toMatchObject({ phase: 'HOLD', execution: null });
    const record = await recordOf(watch, output.record);
    expect(verifyChain(record, sha256, output.head)).toMatchObject({ ok: true });
    const entry = decisionOf(record);
    expect(entry && reproduces(entry.input, entry.decision).same).toBe(true);
    expect(reportOfRecord(record).result).toMatchObject({ outcome: 'failed', timings: null });
    expect(run.notices()).toEqual(expect.arrayContaining(['page', 'failed']));
  });

  it('and was rolled back says so, with the region that serves', async () => {
    const service = 'back';
    const watch = await decidedWatch(world, planFor(service));
    const execution = await flipped(world, watch);
    const told = { nowMs: watch.run.now() + 5, execution: execution.name };
    const why = 'no request was answered';
    await watch.apply({ kind: 'verified', ok: false, oldSideNoWorse: true, why, ...told });
    await watch.apply({ kind: 'rolledBack', done: true, why, ...told });
    const output = await watch.finish();
    expect(output).toMatchObject({ outcome: 'rolled-back', active: HOME, reason: why });
    expect((await summaryOf(service))?.timings).toMatchObject({ rtoMs: null });
  });

  it('by losing the lease leaves the suspicion to go on', async () => {
    const service = 'lost';
    const watch = await decidedWatch(world, planFor(service));
    const { execution, run } = watch;
    if (execution === null) throw new Error('nothing was decided');
    const told = { nowMs: run.now(), execution: execution.name };
    await watch.apply({ kind: 'lease', won: false, ...told });
    expect(await watch.finish()).toMatchObject({ outcome: 'failed', active: HOME });
    expect((await run.stored()).state.phase).toBe('SUSPECT');
  });
});

describe('a single vantage', () => {
  it('is said to be one in the record', async () => {
    const service = 'alone';
    const watch = await decidedWatch(world, planFor(service, { observers: [] }));
    await flipped(world, watch);
    await verified(service, watch);
    await watch.finish();
    expect(await summaryOf(service)).toMatchObject({ outcome: 'done', vantage: 'single' });
  });
});
