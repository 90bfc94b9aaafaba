// Goal: a vantage that never answers is a result, within a bounded time, and the others are ranked.
// Method: the packets of one vantage to the home region are lost; a drill of two vantages runs in this process.
import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../../../cli/config/load.ts';
import { checkConfig } from '../../../cli/config/validate.ts';
import { openSfn, startExecution } from '../../../cli/drill/executions.ts';
import { executionEnd } from '../../../cli/drill/outcome.ts';
import { readReport } from '../../../cli/drill/readReport.ts';
import { openSession } from '../../../cli/drill/session.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { openWorkshop, writeService } from '../../support/drillCommand.ts';

const workshop = openWorkshop('vantage');
const path = process.env['PATH'];
afterAll(() => {
  process.env['PATH'] = path;
  workshop.remove();
});

const SILENT_MS_MAX = 120_000;

const output = {
  json: false,
  style: plainStyle,
  result: () => {},
  note: () => {},
  failure: () => {},
};

const untilEnd = async (sfn: SFNClient, executionArn: string) => {
  for (;;) {
    const seen = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (seen.status !== 'RUNNING') return seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

it('is marked as unreachable, given up after two rounds, and the other vantage is ranked', async () => {
  process.env['PATH'] = `${workshop.folder}/no-builders:${path}`;
  const file = writeService(workshop, { rounds: 2, vantages: ['eu-west-1', 'eu-north-1'] });
  const options = {
    ...{ dataDir: workshop.dataDir(), port: 0, allowInstall: false, scheduled: false },
    webhook: undefined,
  };
  const checked = checkConfig(loadConfig(file));
  const session = await openSession(checked, options, output, new AbortController().signal);
  const sfn = openSfn(session);
  try {
    await session.cloud.network.setFault({
      id: 'silent',
      kind: 'blackhole',
      plane: 'aws',
      scope: { from: 'eu-north-1', to: 'eu-central-1' },
    });
    session.cloud.lambda.releaseEvents();
    const startedMs = performance.now();
    const arn = await startExecution(sfn, session, 'tiny', undefined);
    const ended = await untilEnd(sfn, arn);
    expect(ended.status, ended.cause).toBe('SUCCEEDED');
    expect(performance.now() - startedMs).toBeLessThan(SILENT_MS_MAX);
    const report = await readReport(session, executionEnd(ended.output).reportKey);
    const silent = report.problems.filter(({ kind }) => kind === 'VantageUnreachable');
    expect(silent.map(({ where }) => where).toSorted()).toEqual([
      'eu-central-1 from eu-north-1',
      'eu-west-1 from eu-north-1',
    ]);
    for (const { what } of silent) expect(what).toMatch(/Timeout/);
    const measured = report.cells.filter(({ arms }) => arms.some(({ sent }) => sent > 0));
    expect(measured.map(({ cell }) => cell.vantage)).toEqual(['eu-west-1', 'eu-west-1']);
  } finally {
    sfn.destroy();
    await session.close();
  }
});
