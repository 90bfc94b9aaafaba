/** Tells of every drill that starts and ends in a running cloud, and writes its page. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  ListExecutionsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Output } from '../output/output.ts';
import { writeReportPage } from '../report/page.ts';
import { failureOf } from './executions.ts';
import { executionEnd } from './outcome.ts';
import { readReport } from './readReport.ts';
import type { Session } from './session.ts';

type Watch = {
  readonly sfn: SFNClient;
  readonly session: Session;
  readonly dataDir: string;
  readonly output: Output;
  readonly signal: AbortSignal;
};

const LOOK_EVERY_MS = 1_000;
/** Executions of one look; more than these never start between two looks. */
const NEWEST = 50;

const timeOf = (date: Date | undefined): string => (date ?? new Date()).toISOString();

const endLines = async (watch: Watch, arn: string, name: string): Promise<string[]> => {
  const { sfn, session, dataDir } = watch;
  const ended = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  const at = timeOf(ended.stopDate);
  if (ended.status !== 'SUCCEEDED') {
    return [`${at} ${name}: ${(await failureOf(sfn, arn)).message}`];
  }
  const { reportKey, headline, notify } = executionEnd(ended.output);
  const page = writeReportPage(dataDir, await readReport(session, reportKey));
  const untold = notify.status === 'failed' ? [`  Slack was not told: ${notify.reason}`] : [];
  return [`${at} ${name}: ${headline}`, `  report ${page}`, ...untold];
};

const lookOnce = async (watch: Watch, open: Set<string>, known: Set<string>): Promise<void> => {
  const { sfn, session, output } = watch;
  const { machineArn } = session.installation;
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machineArn, maxResults: NEWEST }),
  );
  for (const one of executions.toReversed()) {
    const { executionArn: arn = '', name = '', status } = one satisfies ExecutionListItem;
    if (!known.has(arn)) {
      known.add(arn);
      open.add(arn);
      output.note(`${timeOf(one.startDate)} ${name}: started`);
    }
    if (status === 'RUNNING' || !open.delete(arn)) continue;
    for (const line of await endLines(watch, arn, name)) output.note(line);
  }
};

/** Watches until the signal comes. Drills that ended before it began are not told of. */
export const watchExecutions = async (watch: Watch): Promise<void> => {
  const { sfn, session, signal } = watch;
  const { machineArn } = session.installation;
  const { executions = [] } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machineArn, maxResults: NEWEST }),
  );
  const known = new Set(executions.map(({ executionArn = '' }) => executionArn));
  const open = new Set(
    executions
      .filter(({ status }) => status === 'RUNNING')
      .map(({ executionArn = '' }) => executionArn),
  );
  while (!signal.aborted) {
    await lookOnce(watch, open, known);
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
};
