// Goal: a failover of a whole watch leaves a record that is whole, is decided again bit for bit while the
// watch runs and after, and Slack has heard of each fact once.
// Method: the real command as a process, real endpoints on loopback; then the commands that read what is kept.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EvidenceRecord } from '../../../events/evidenceRecord.ts';
import { FailoverReport } from '../../../events/failoverReport.ts';
import { HistoryOutput } from '../../../events/historyOutput.ts';
import { RecordCheck, ReplayOutput } from '../../../events/replayOutput.ts';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import { type Endpoint, freePort, openEndpoint, writeWatch } from '../../support/watchCommand.ts';

const START_MS = 120_000;
const MOVE_MS = 120_000;

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let watch: Running | undefined;

beforeEach(async () => {
  workshop = openWorkshop('evidence');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.1'), openEndpoint('127.0.2.1')]);
});
afterEach(async () => {
  watch?.child.kill('SIGKILL');
  await watch?.ended;
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const said = async <T extends z.ZodType>(shape: T, ...args: string[]): Promise<z.output<T>> => {
  const { stdout, code } = await workshop.run([...args, '--json']);
  expect(code).toBe(0);
  return shape.parse(JSON.parse(stdout));
};

const Sent = z.object({ payload: z.object({ text: z.string() }) });

describe('a failover of a whole watch', () => {
  it('can be read, checked and replayed, whether or not it still runs', async () => {
    const data = ['--data', workshop.dataDir()];
    const urls = { primary: primary.url, standby: standby.url, dnsPort: await freePort() };
    const failover = '{ mode: auto, failback: manual, cooldown: 0s, perDay: unlimited }';
    const notify = '{ reports: "https://reports.example.test/{id}.html" }';
    const config = writeWatch(workshop, { ...urls, over: { failover, notify } });
    watch = workshop.start(['watch', '--config', config, ...data]);
    await watch.until(/eu-west-1 UP/, START_MS);
    await watch.until(/eu-central-1 UP/, START_MS);
    await primary.stop();
    await watch.until(/completed: done/, MOVE_MS);

    const { failovers } = await said(HistoryOutput, 'history', ...data);
    expect(failovers).toMatchObject([{ execution: 'web-0-1', vantage: 'single' }]);
    const record = path.join(workshop.folder, 'record.json');
    const report = await said(FailoverReport, 'report', 'web-0-1', ...data, '--save', record);
    expect(report.verification).toMatchObject({ ok: true, authoritative: { good: 4, of: 4 } });
    // The endpoint names no region: its address is the proof, and the record says so.
    expect(report.request).toMatchObject({ proof: 'address', address: standby.host });
    expect(report.result.timings?.rtoMs).toBeGreaterThan(2_000);

    const head = failovers[0]?.head ?? '';
    const whole = await said(RecordCheck, 'verify', record, '--head', head);
    expect(whole).toMatchObject({ ok: true, headChecked: true });
    expect(await said(ReplayOutput, 'replay', 'web-0-1', ...data)).toMatchObject({ same: true });
    const longer = await said(ReplayOutput, 'replay', 'web-0-1', ...data, '--set', 'down=3s');
    expect(longer.whatIf?.asSet.moved).toBe(true);

    watch.child.kill('SIGTERM');
    await watch.ended;
    const after = await said(ReplayOutput, 'replay', 'web-0-1', ...data);
    expect(after).toMatchObject({ same: true, differences: [] });
    const entries = EvidenceRecord.parse(JSON.parse(readFileSync(record, 'utf8')));
    expect(entries.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['decision', 'lease', 'flip', 'dns', 'verification', 'completed']),
    );
    const log = path.join(workshop.dataDir(), 'slack', 'messages.jsonl');
    expect(readFileSync(log, 'utf8')).toMatch(/RTO \d\.\d s \(detect \d\.\d s, /);
    const told = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Sent.parse(JSON.parse(line)).payload.text.replace(/ \(.*/s, ''));
    expect(told.toSorted()).toEqual([
      'web: DNS answers with eu-central-1',
      'web: eu-central-1 serves, verified from outside',
      'web: eu-west-1 is in doubt',
      'web: moving to eu-central-1',
    ]);
    // All but the suspicion, which may come to nothing, link the report.
    const links = readFileSync(log, 'utf8').match(
      /<https:[^|]*\/web-0-1\.html\|Report of web-0-1>/g,
    );
    expect(links).toHaveLength(3);
  });
});
