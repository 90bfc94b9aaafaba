/** `failover drill`: a whole drill on this machine, from sources to a ranking. */
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { openDocuments } from '../../aws/documents.ts';
import { failureText } from '../../core/drill/failureText.ts';
import { samplingOf } from '../../core/drill/profiles.ts';
import { DrillError } from '../../core/errors.ts';
import { formatMs } from '../../core/units.ts';
import { DrillReport } from '../../events/drillReport.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { loadConfig } from '../config/load.ts';
import { type CheckedConfig, checkConfig } from '../config/validate.ts';
import { dataFolder } from '../dataFolder.ts';
import { follow, openScreen } from '../drill/follow.ts';
import { startOfProgress } from '../drill/progress.ts';
import { openSession, type Session } from '../drill/session.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { reportLines } from '../output/reportText.ts';
import { writeReportPage } from '../report/page.ts';

export type DrillOptions = {
  readonly config: string;
  readonly data?: string;
  readonly profile?: 'quick' | 'nightly';
  readonly install: boolean;
  readonly resume?: boolean;
};

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `shop-20261120-183651`: sorts by time, fits an execution name. */
export const drillIdAt = (service: string, now: Date): string => {
  const day = `${now.getUTCFullYear()}${twoDigits(now.getUTCMonth() + 1)}${twoDigits(now.getUTCDate())}`;
  const time = [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds()]
    .map(twoDigits)
    .join('');
  return `${service}-${day}-${time}`;
};

/** Executions that an earlier run left running. */
const leftRunning = async (
  sfn: SFNClient,
  machineArn: string,
): Promise<{ arn: string; name: string }[]> => {
  const answer = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machineArn, statusFilter: 'RUNNING' }),
  );
  return (answer.executions ?? []).map(({ executionArn = '', name = '' }) => ({
    arn: executionArn,
    name,
  }));
};

const startNew = async (
  sfn: SFNClient,
  { installation, configKey }: Session,
  { config }: CheckedConfig,
  profile: DrillOptions['profile'],
): Promise<string> => {
  const started = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: installation.machineArn,
      name: drillIdAt(config.service, new Date()),
      input: JSON.stringify({
        service: config.service,
        configKey,
        ...(profile ? { profile } : {}),
      }),
    }),
  );
  if (!started.executionArn) throw new DrillError('TransientFailure', 'the drill did not start');
  return started.executionArn;
};

/** The execution to follow: one left to resume, or a new one once those left are stopped. */
const chooseExecution = async (
  sfn: SFNClient,
  session: Session,
  checked: CheckedConfig,
  options: DrillOptions,
  output: Output,
): Promise<string> => {
  const left = await leftRunning(sfn, session.installation.machineArn);
  const [newest] = left;
  if (options.resume) {
    if (!newest) {
      throw new DrillError(
        'DrillNotFound',
        `no drill of ${checked.config.service} was interrupted. Start one with: failover drill`,
      );
    }
    output.note(`  going on with ${newest.name}`);
    await session.cloud.stepFunctions.resume();
    return newest.arn;
  }
  for (const { arn, name } of left) {
    output.note(
      `  giving up ${name}, which was interrupted (failover drill --resume would have gone on)`,
    );
    await sfn.send(
      new StopExecutionCommand({
        executionArn: arn,
        error: 'Interrupted',
        cause: 'another drill was started',
      }),
    );
  }
  return startNew(sfn, session, checked, options.profile);
};

const reportOf = async (session: Session, executionOutput: string): Promise<DrillReport> => {
  const reportKey = /"reportKey":"([^"]+)"/.exec(executionOutput)?.[1] ?? '';
  const { bucket, homeRegion } = session.installation;
  const documents = openDocuments(bucket, {
    endpoint: session.cloud.endpoint,
    region: homeRegion,
    credentials: CREDENTIALS,
  });
  return documents.read(reportKey, DrillReport);
};

const failedWith = async (sfn: SFNClient, executionArn: string): Promise<DrillError> => {
  const { error, cause, status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const what = failureText(cause ?? '');
  return new DrillError(
    'ReferenceFailed',
    `the drill ${status === 'ABORTED' ? 'was stopped' : 'failed'}: ${error ?? status}${what ? `: ${what}` : ''}`,
    { error, status },
  );
};

const heading = ({ config, variants }: CheckedConfig): string =>
  `${config.service} · drill · ${config.regions.primary.name} → ${config.regions.standby.name} · ${variants.length} variants`;

export const drill = async (
  options: DrillOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const startedMs = performance.now();
  const checked = checkConfig(loadConfig(options.config));
  const { config, variants } = checked;
  if (!config.image) {
    throw new DrillError(
      'ConfigInvalid',
      `${options.config}: there is no image, so there are no variants to drill. Add image with a matrix of targets`,
    );
  }
  output.note(heading(checked));
  const dataDir = dataFolder(options.data, process.env);
  const session = await openSession(
    checked,
    { dataDir, port: 0, allowInstall: options.install, scheduled: false },
    output,
  );
  const { endpoint } = session.cloud;
  const sfn = new SFNClient({
    endpoint,
    region: session.installation.homeRegion,
    credentials: CREDENTIALS,
  });
  try {
    const executionArn = await chooseExecution(sfn, session, checked, options, output);
    const sampling = samplingOf(options.profile ?? config.drill.profile, variants.length);
    const ended = await follow(
      sfn,
      executionArn,
      startOfProgress(sampling.rounds.max),
      openScreen(process.stderr),
      signal,
    );
    if (ended.status !== 'SUCCEEDED') throw await failedWith(sfn, executionArn);
    const report = await reportOf(session, ended.output ?? '');
    const page = writeReportPage(dataDir, report);
    output.result(report, (style) => [
      ...reportLines(report, style),
      `Report: ${page}   (${formatMs(performance.now() - startedMs)} in all)`,
    ]);
    return report.problems.length > 0 ? EXIT.marked : EXIT.ok;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new DrillError('Interrupted', 'interrupted. Go on with: failover drill --resume');
  } finally {
    sfn.destroy();
    await session.close();
  }
};
