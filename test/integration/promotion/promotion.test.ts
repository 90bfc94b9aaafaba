// Goal: a better image takes the place of the one that runs, first in the standby, then in the primary, and
// nobody who asks the service is ever turned away; a worse one is taken back.
// Method: the machine `promotion` on an embedded cloud with real processes behind real load balancers.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDocuments } from '../../../aws/documents.ts';
import { history as historyCommand } from '../../../cli/commands/history.ts';
import { promote, rollback } from '../../../cli/commands/promote.ts';
import { report as reportCommand } from '../../../cli/commands/report.ts';
import { status as statusCommand } from '../../../cli/commands/status.ts';
import type { Output } from '../../../cli/output/output.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { openControl } from '../../../cli/watch/control.ts';
import { DrillReport } from '../../../events/drillReport.ts';
import { HistoryOutput } from '../../../events/historyOutput.ts';
import { PromotionOrder } from '../../../events/promoteOutput.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { installationOf } from '../../../local/stack/install.ts';
import { ACCOUNT_ID } from '../../../local/wire/types.ts';
import { openWorkshop } from '../../support/drillCommand.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';
import { openOperators } from '../../support/operators.ts';
import { openPromoted } from '../../support/promotedCloud.ts';
import { ask, PRIMARY, SERVED, STANDBY } from '../../support/servedCloud.ts';

const promoted = openPromoted({
  // One region at a time is enough of canaries; the standby gets all of it at once.
  promotion: { steps: ['50%'], hold: '1s', soak: '1s', staging: true },
});
let first = '';
const workshop = openWorkshop('promoted');
const config = path.join(workshop.folder, 'failover.yml');
const operators = openOperators({
  ...{ workshop, config, service: 'tiny', region: STANDBY },
  dataDir: promoted.served.dataDir,
  endpoint: () => promoted.cloud().endpoint,
});

beforeAll(async () => {
  writeFileSync(config, JSON.stringify({ ...SERVED, aws: { account: ACCOUNT_ID } }));
  await promoted.start('one');
  first = await promoted.served.build(promoted.cloud(), 'one');
  await promoted.untilSteady();
});
afterAll(async () => {
  await promoted.close();
  workshop.remove();
});

/** Asks a region without a pause until it is told to stop; answers with what was said. */
const askAllTheTime = (region: string) => {
  const versions = new Set<unknown>();
  const failures: string[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      try {
        const { status, version } = await ask(promoted.url(region));
        if (status === 200) versions.add(version);
        else failures.push(`${status}`);
      } catch (error) {
        failures.push(String(error));
      }
      await sleep(20);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await asking;
      return { versions: [...versions], failures };
    },
  };
};

it('goes from staging over the standby to the primary, and nobody is turned away', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'two');
  const clients = [PRIMARY, STANDBY].map(askAllTheTime);
  expect(await promoted.order(digest, 'canary', 'p-good')).toMatchObject({
    ...{ status: 'started', mode: 'canary', promotionId: 'p-good', digest },
  });
  const record = await promoted.untilOver();
  expect(record, record.why).toMatchObject({
    ...{ outcome: 'PROMOTED', digest, previousDigest: first, by: 'person' },
  });
  expect(record.memory.places).toMatchObject([
    { role: 'staging', stage: 'done' },
    { role: 'standby', region: STANDBY, stage: 'done' },
    { role: 'primary', region: PRIMARY, stage: 'done' },
  ]);
  // Without traffic, half of it, all of it: in both regions. Staging has none.
  expect(record.gates.map(({ role, percent, verdict }) => [role, percent, verdict])).toEqual([
    ['staging', 0, 'holds'],
    ...['standby', 'primary'].flatMap((role) =>
      [0, 50, 100].map((share) => [role, share, 'holds']),
    ),
  ]);
  for (const client of clients) {
    const { versions, failures } = await client.stop();
    expect(failures).toEqual([]);
    expect(versions.sort()).toEqual(['one', 'two']);
  }
  expect((await ask(promoted.url(PRIMARY))).version).toBe('two');
});

it('is asked twice and begun once', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'two');
  const again = await promoted.order(digest, 'canary', 'p-good');
  expect(again.status).toBe('started');
  expect((await promoted.record())?.outcome).toBe('PROMOTED');
});

it('sees a version that does not even start, and its deployment rolled back by ECS', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'broken');
  await promoted.order(digest, 'canary', 'p-broken');
  const record = await promoted.untilOver();
  expect(record).toMatchObject({ outcome: 'ROLLED_BACK' });
  expect(record.why).toContain('the service did not take the new version on');
  expect(record.memory.places[0]).toMatchObject({ role: 'staging', stage: 'reverted' });
  expect((await ask(promoted.url(STANDBY))).version).toBe('two');
});

it('takes a version back at the canary, which fails once it has traffic', async () => {
  const digest = await promoted.served.build(promoted.cloud(), 'weary');
  await promoted.withoutStaging();
  const client = askAllTheTime(STANDBY);
  await promoted.order(digest, 'canary', 'p-weary');
  const record = await promoted.untilOver();
  expect(record, record.why).toMatchObject({ outcome: 'ROLLED_BACK' });
  expect(record.why).toMatch(/requests to the new version failed, 0 of \d+ to the old one/);
  expect(record.gates.map(({ percent, verdict }) => [percent, verdict])).toEqual([
    [0, 'holds'],
    [50, 'fails'],
  ]);
  expect(record.memory.places).toMatchObject([
    { role: 'standby', stage: 'reverted' },
    { role: 'primary', stage: 'waiting' },
  ]);
  const { versions } = await client.stop();
  expect(versions.sort()).toEqual(['two', 'weary']);
  const after = askAllTheTime(STANDBY);
  await sleep(1_000);
  expect(await after.stop()).toEqual({ versions: ['two'], failures: [] });
});

/** What a command prints with --json, and its exit code. */
const said = async (
  command: (output: Output) => Promise<number> | Promise<void>,
): Promise<{ code: number | undefined; printed: unknown; text: string }> => {
  let printed: unknown;
  let text = '';
  const code = await command({
    ...{ json: true, style: plainStyle, note: () => {}, failure: () => {} },
    result: (value, lines) => {
      printed = value;
      text = lines(plainStyle).join('\n');
    },
  });
  return { code: code ?? undefined, printed, text };
};

/** As on AWS: from another process, by what is deployed and under the rights that docs/aws.md lists. */
const takenBackFromAfar = async (digest: string): Promise<void> => {
  const { run, unused } = operators;
  const plan = await run(['promote', digest, '--dry-run', '--json']);
  expect(plan.code, plan.stderr).toBe(0);
  expect(PromotionOrder.parse(JSON.parse(plan.stdout))).toMatchObject({
    ...{ status: 'would-start', place: { account: ACCOUNT_ID, region: STANDBY, stage: 'prod' } },
  });
  const unasked = await run(['rollback']);
  expect(unasked.stderr).toContain('Roll night-promote back (tiny on AWS · stage prod');
  const back = await run(['rollback', '--yes', '--json']);
  expect(back.code, back.stderr).toBe(0);
  expect(PromotionOrder.parse(JSON.parse(back.stdout))).toMatchObject({
    ...{ mode: 'rollback', status: 'started', promotionId: 'night-promote' },
    record: { outcome: 'ROLLED_BACK' },
  });
  expect(unused('rollback')).toEqual([]);
};

it('is begun by a drill on what it found, and told and taken back by commands', async () => {
  const { served, cloud, sdk } = promoted;
  const { version: before } = await ask(promoted.url(PRIMARY));
  const digest = await served.build(cloud(), 'three');
  const found = reportOfDrill(drillRecords(), FINISHED_AT);
  const variants = found.variants.map((variant) =>
    variant.id === 'distroless' && variant.image
      ? { ...variant, image: { ...variant.image, digest } }
      : variant,
  );
  const documents = openDocuments(installationOf(served.config).bucket, sdk());
  const reportKey = 'reports/tiny/night.json';
  await documents.write(reportKey, { ...found, service: 'tiny', variants });
  expect(await promoted.fromDrill('night', reportKey, 'bluegreen')).toMatchObject({
    ...{ status: 'started', promotionId: 'night-promote', variant: 'distroless', digest },
  });
  const { promotion, next } = await documents.read(reportKey, DrillReport);
  expect(promotion).toMatchObject({ status: 'started' });
  expect(next[0]).toContain('failover rollback');
  const record = await promoted.untilOver();
  expect(record, record.why).toMatchObject({
    ...{ outcome: 'PROMOTED', by: 'drill', variant: 'distroless' },
    evidence: { drillId: found.drillId, against: [] },
  });

  const control = await openControl({
    ...{ dataDir: served.dataDir, service: 'tiny', homeRegion: STANDBY, dns: '127.0.0.1:1' },
    ...{ controllers: null, network: cloud().network, facts: () => [] },
  });
  const data = served.dataDir;
  const signal = AbortSignal.timeout(140_000);
  try {
    const history = await said((output) => historyCommand({ data, limit: '9' }, output));
    expect(HistoryOutput.parse(history.printed).promotions[0]).toMatchObject({
      ...{ promotionId: 'night-promote', outcome: 'PROMOTED', digest },
    });
    expect(history.text).toMatch(/night-promote .* promoted .* the drill .* in \d+ of \d+ rounds/);
    const report = await said((output) => reportCommand('night-promote', { data }, output));
    expect(report.text).toContain('primary eu-west-1 at 100 %  holds: no worse in');
    const status = await said((output) => statusCommand({ data }, output));
    expect(status.text).toContain('promotion night-promote: distroless');
    const dry = await said((output) =>
      rollback({ data, dryRun: true, wait: true }, output, signal),
    );
    expect(dry.text).toContain('primary eu-west-1: back to what ran before');
    await takenBackFromAfar(digest);
    const again = await said((output) => rollback({ data, yes: true, wait: true }, output, signal));
    expect(again.code).toBe(3);
    const plan = await said((output) =>
      promote(digest, { data, mode: 'manual', wait: true }, output, signal),
    );
    expect(plan.text).toContain(`Do it with: failover promote ${digest} --mode canary`);
    await promoted.withoutVariants();
    const theirs = await promoted.fromDrill('late', reportKey, 'canary');
    expect(theirs).toMatchObject({ status: 'refused', variant: 'distroless' });
    expect(theirs.why).toContain('from a repository of their own');
  } finally {
    await control.close();
  }
  for (const region of [PRIMARY, STANDBY]) {
    expect((await ask(promoted.url(region))).version).toBe(before);
  }
  expect(served.faults).toEqual([]);
});
