// Goal: whoever has the data folder can list failovers, read one, replay its decision, and check its record,
// whether or not anything runs; and no tampering with a record stays unseen.
// Method: a failover by the real functions in a data folder; the real command as a process of its own.

import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPromotionRecords } from '../../../aws/promotionRecords.ts';
import { type ReportOptions, report } from '../../../cli/commands/report.ts';
import { serveData } from '../../../cli/dataServer.ts';
import { startPromotion } from '../../../core/promotion/states.ts';
import { EvidenceRecord } from '../../../events/evidenceRecord.ts';
import { FailoverReport } from '../../../events/failoverReport.ts';
import { HistoryOutput } from '../../../events/historyOutput.ts';
import { RecordCheck, ReplayOutput } from '../../../events/replayOutput.ts';
import { SimReplay } from '../../../events/simOutput.ts';
import { verify } from '../../../functions/verify/run.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';
import { keepDrills } from '../../support/drillStore.ts';
import { HOME, STANDBY } from '../../support/failovers.ts';
import { keptOutput } from '../../support/keptOutput.ts';
import { createBucket, decidedWatch, flipped } from '../../support/movedWatch.ts';
import { STANDBY_ADDRESS, startProofWorld, virtualTime } from '../../support/proofWorld.ts';
import { SOCKETS } from '../../support/sockets.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { sdkAt, startWatchWorld, WATCH_TABLE } from '../../support/watchWorld.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);
const ID = 'shop-0-1';

type Ended = { code: number; stdout: string; stderr: string };
const failover = async (...args: string[]): Promise<Ended> => {
  const program = [path.join(ROOT, 'cli/main.ts'), ...args];
  try {
    return { code: 0, ...(await run(process.execPath, program, { cwd: ROOT })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
};

let dataDir: string;
beforeAll(async () => {
  const world = await startWatchWorld();
  dataDir = world.dataDir;
  await createBucket(world);
  const time = virtualTime();
  const proofs = await startProofWorld(time, 1);
  const plan = {
    ...watchPlanWith({
      urls: [`http://127.0.1.1:${proofs.port}/`, `http://${STANDBY_ADDRESS}:${proofs.port}/`],
    }),
    dns: { nameServers: proofs.nameServers, resolvers: proofs.resolvers },
  };
  const watch = await decidedWatch(world, plan);
  const execution = await flipped(world, watch);
  proofs.serve({ A: [STANDBY_ADDRESS] });
  time.moveTo(watch.run.now());
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const { transitions } = watch.run;
  const verifies = verify({
    ...SOCKETS,
    table: world.table,
    transitions,
    clock: time,
    log,
    count: () => {},
  });
  await verifies({ service: 'shop', execution }, new AbortController().signal);
  watch.run.setNow(time.now());
  await watch.finish();
  await proofs.close();
  await world.stop();
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const data = () => ['--data', dataDir];
const file = (name: string) => path.join(dataDir, name);
const saved = async (): Promise<string> => {
  const record = file('record.json');
  await failover('report', ID, ...data(), '--save', record);
  return record;
};

describe('history', () => {
  it('lists failovers beside drills', async () => {
    const { code, stdout } = await failover('history', ...data(), '--json');
    expect(code).toBe(0);
    const { drills, failovers } = HistoryOutput.parse(JSON.parse(stdout));
    expect(drills).toEqual([]);
    expect(failovers).toMatchObject([{ execution: ID, outcome: 'done', from: HOME, to: STANDBY }]);
    const lines = (await failover('history', ...data())).stdout.split('\n');
    expect(lines[1]).toMatch(/^shop-0-1 .* done .* eu-west-1 → eu-central-1 +eu-west-1 was down$/);
  });
});

describe('report', () => {
  it('shows the newest failover where no drill is kept, and that one by its id', async () => {
    const newest = await failover('report', ...data());
    const named = await failover('report', ID, ...data());
    expect(newest).toEqual(named);
    expect(named.code).toBe(0);
    for (const part of ['Timeline', 'Votes', 'Gates', 'DNS answers', 'RTO ', 'Record: ']) {
      expect(named.stdout).toContain(part);
    }
    expect(Math.max(...named.stdout.split('\n').map((line) => line.length))).toBeLessThan(160);
  });

  it('gives JSON by its schema, a page, and the record itself', async () => {
    const page = file('page.html');
    const record = file('again.json');
    const { stdout } = await failover(
      ...['report', ID, ...data(), '--json', '--html', page, '--save', record],
    );
    const report = FailoverReport.parse(JSON.parse(stdout));
    expect(report.result.execution).toBe(ID);
    const html = readFileSync(page, 'utf8');
    for (const id of ['rto', 'timeline', 'probes', 'votes', 'gates', 'dns', 'calls', 'record']) {
      expect(html).toContain(`<section id="${id}"`);
    }
    expect(EvidenceRecord.parse(JSON.parse(readFileSync(record, 'utf8'))).at(-1)?.hash).toBe(
      report.record.head,
    );
  });

  it('says when there is none, with what was meant', async () => {
    const { code, stderr } = await failover('report', 'shop-0-2', ...data());
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean shop-0-1?');
  });
});

describe('replay', () => {
  it('decides again, bit for bit, and with other settings', async () => {
    const args = ['--set', 'quorum=2of5', '--set', 'down=5s', '--json'];
    const { code, stdout } = await failover('replay', ID, ...data(), ...args);
    expect(code).toBe(0);
    const replay = ReplayOutput.parse(JSON.parse(stdout));
    expect(replay).toMatchObject({ same: true, differences: [] });
    expect(replay.whatIf?.lines[0]).toMatch(/^It would have moved \d\.\d s later\.$/);
  });

  it('needs no data folder for a record in a file', async () => {
    const record = await saved();
    const { code, stdout } = await failover('replay', record, '--data', file('nowhere'));
    expect(code).toBe(0);
    expect(stdout).toContain('bit for bit the same');
  });

  it('of all probes that are kept says when it would have moved, under other settings too', async () => {
    const told = async (...args: string[]) => {
      const { code, stdout } = await failover('sim', '--replay', dataDir, ...args, '--json');
      expect(code).toBe(0);
      return SimReplay.parse(JSON.parse(stdout)).watches[0]!;
    };
    const slow = await told('--set', 'down=5s');
    const moves = { as: slow.asSet.moves, slow: slow.asAsked.moves };
    expect(moves).toMatchObject({ as: [{ from: HOME, to: STANDBY, cause: 'down' }], slow: [{}] });
    expect(moves.slow[0]!.atMs - moves.as[0]!.atMs).toBeGreaterThan(2_000);
    expect((await told('--set', 'down=30s')).asAsked.moves).toEqual([]);
  });

  it('notices a decision that was altered, and refuses settings that are none', async () => {
    const record = await saved();
    const text = readFileSync(record, 'utf8').replace('"needed":3', '"needed":2');
    writeFileSync(file('altered.json'), text);
    const altered = await failover('replay', file('altered.json'));
    expect(altered.code).toBe(1);
    expect(altered.stderr).toContain('the record cannot be trusted: entry 0 has been changed');
    expect(altered.stdout).toContain('votes needed: 2 -> 3');
    const typo = await failover('replay', record, '--set', 'quorom=2of5');
    expect(typo.code).toBe(2);
    expect(typo.stderr).toContain('did you mean "quorum"?');
  });
});

describe('verify', () => {
  const checked = async (name: string, entries: unknown, ...more: string[]) => {
    writeFileSync(file(name), JSON.stringify(entries));
    const { code, stdout } = await failover('verify', file(name), '--json', ...more);
    return { code, check: RecordCheck.parse(JSON.parse(stdout)) };
  };
  const entries = async () => EvidenceRecord.parse(JSON.parse(readFileSync(await saved(), 'utf8')));

  it('finds a record whole, and compares its end with the hash that was kept', async () => {
    const whole = await entries();
    const head = whole.at(-1)?.hash ?? '';
    expect(await checked('whole.json', whole, '--head', head)).toMatchObject({
      code: 0,
      check: { ok: true, head, headChecked: true, entries: whole.length },
    });
  });

  it('finds one changed byte', async () => {
    const whole = await entries();
    const changed = JSON.parse(JSON.stringify(whole).replace('refused', 'refuseD'));
    expect(await checked('changed.json', changed)).toMatchObject({
      code: 1,
      check: { ok: false, index: 0, why: 'entry 0 has been changed' },
    });
  });

  it('finds a dropped entry', async () => {
    const whole = await entries();
    expect(await checked('dropped.json', whole.toSpliced(2, 1))).toMatchObject({
      code: 1,
      check: { ok: false, index: 2 },
    });
  });

  it('finds a cut end, given the head', async () => {
    const whole = await entries();
    const head = whole.at(-1)?.hash ?? '';
    const cut = whole.slice(0, -1);
    expect(await checked('cut.json', cut)).toMatchObject({
      code: 0,
      check: { headChecked: false },
    });
    expect(await checked('cut.json', cut, '--head', head)).toMatchObject({
      code: 1,
      check: { ok: false, index: cut.length - 1 },
    });
  });

  it('says of a file that is none what is wrong with it', async () => {
    writeFileSync(file('text.json'), 'no record');
    const text = await failover('verify', file('text.json'));
    expect(text.code).toBe(2);
    expect(text.stderr).toContain('is not JSON');
    expect((await failover('verify', file('missing.json'))).stderr).toContain('cannot be read');
    expect((await failover('verify', file('text.json'), '--head', 'abc')).code).toBe(2);
  });
});

describe('beside a drill and a promotion', () => {
  const PROMOTION = 'shop-p-1';
  const lastMs = Date.parse(FINISHED_AT) + 60_000;

  beforeAll(async () => {
    await keepDrills(dataDir, [{ drill: drillRecords(), status: 'SUCCEEDED' }]);
    const digest = `sha256:${'1'.repeat(64)}`;
    const { endpoint, close } = await serveData(dataDir);
    const records = openPromotionRecords(WATCH_TABLE, sdkAt(endpoint));
    await records.put({
      ...{ service: 'shop', promotionId: PROMOTION, execution: `${PROMOTION}-1`, digest },
      ...{ variant: 'slim', previousDigest: null, by: 'person', evidence: null, gates: [] },
      ...{ outcome: 'PROMOTED', why: 'it is no worse', startedAtMs: lastMs, finishedAtMs: lastMs },
      memory: {
        ...startPromotion({ mode: 'canary', digest }, [], lastMs),
        ...{ places: [], measured: [] },
      },
    });
    records.close();
    await close();
  });

  const shown = async (options: Partial<ReportOptions>, id?: string) => {
    const { output, kept } = keptOutput();
    await report(id, { data: dataDir, ...options }, output);
    return kept;
  };

  it('a report is of what ended last, and says what else it could have been of', async () => {
    const { text, notes } = await shown({});
    expect(text).toContain(`promotion ${PROMOTION}`);
    expect(notes).toEqual([
      `This is promotion ${PROMOTION}, which is later than drill shop-20261121-010000 and failover ${ID}. See all with: failover history`,
    ]);
  });

  it('of what has what is asked for: a page, a record', async () => {
    expect((await shown({ html: file('latest.html') })).text).toContain('drill shop-20261121');
    expect((await shown({ save: file('latest.json') })).text).toContain(ID);
    await expect(shown({ html: file('none.html') }, PROMOTION)).rejects.toThrow(
      `--html: ${PROMOTION} is a promotion`,
    );
  });
});
