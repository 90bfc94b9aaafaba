// Goal: `failover up` starts the nightly drill by itself, answers any AWS client, and ends cleanly.
// Method: a schedule of one minute on a service of plain processes, watched from outside.
import { existsSync } from 'node:fs';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterAll, expect, it } from 'vitest';
import { openWorkshop, writeService } from '../../support/drillCommand.ts';
import { untilNothing } from '../../support/leftovers.ts';
import { sfnAt } from '../../support/runningDrill.ts';

const workshop = openWorkshop('up');
const data = workshop.dataDir();
afterAll(() => workshop.remove());

const READY_MS = 120_000;
const DRILL_MS = 180_000;

it('fires the schedule of the configuration, tells what came of it, and ends on SIGTERM', async () => {
  const config = writeService(workshop, { drill: ['schedule: rate(1 minute)'] });
  const args = ['up', '--no-install', '--config', config, '--data', data, '--port', '0'];
  const up = workshop.start(args);
  await up.until('For AWS clients:', READY_MS);
  await up.until('Ctrl-C ends it', READY_MS);
  const endpoint = /export AWS_ENDPOINT_URL=(\S+)/.exec(up.said())?.[1] ?? '';
  const machine = /--state-machine-arn (\S+)/.exec(up.said())?.[1] ?? '';
  expect(up.said()).toContain(
    `aws --endpoint-url ${endpoint} stepfunctions list-executions --state-machine-arn ${machine}`,
  );

  await up.until(/: (plain|slow|No variant|Nothing could be ranked)[^\n]*\n +report /, DRILL_MS);
  const page = /^ +report (\S+)$/m.exec(up.said())?.[1] ?? '';
  expect(existsSync(page)).toBe(true);
  const sfn = sfnAt(endpoint);
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machine, statusFilter: 'SUCCEEDED' }),
  );
  sfn.destroy();
  expect(executions.length).toBeGreaterThanOrEqual(1);

  up.child.kill('SIGTERM');
  const ended = await up.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(await untilNothing([data])).toEqual([]);
});
