/** `failover drill`: a whole drill on this machine, from sources to a ranking. */
import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { samplingOf } from '../../core/drill/profiles.ts';
import { DrillError } from '../../core/errors.ts';
import { toTell } from '../../core/report/nights.ts';
import { formatMs } from '../../core/units.ts';
import { loadConfig } from '../config/load.ts';
import { type CheckedConfig, checkConfig } from '../config/validate.ts';
import { dataFolder, shownPath } from '../dataFolder.ts';
import {
  failureOf,
  giveUp,
  goOn,
  leftRunning,
  openSfn,
  startExecution,
} from '../drill/executions.ts';
import { follow, openScreen } from '../drill/follow.ts';
import { executionEnd, type NotifyEnd } from '../drill/outcome.ts';
import { startOfProgress } from '../drill/progress.ts';
import { readReport } from '../drill/readReport.ts';
import { openSession, type Session } from '../drill/session.ts';
import { slackText, webhookFrom } from '../drill/webhook.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { reportLines } from '../output/reportText.ts';
import { writeReportPage } from '../report/page.ts';

export type DrillOptions = {
  readonly config: string;
  readonly data?: string;
  readonly profile?: 'quick' | 'nightly';
  readonly install: boolean;
  readonly enforceIam?: boolean;
  readonly resume?: boolean;
};

/** The execution to follow: one left to resume, or a new one once those left are given up. */
const chooseExecution = async (
  sfn: SFNClient,
  session: Session,
  { config }: CheckedConfig,
  options: DrillOptions,
  output: Output,
): Promise<string> => {
  const left = await leftRunning(sfn, session);
  const [newest, ...older] = left;
  if (options.resume && !newest) {
    throw new DrillError(
      'DrillNotFound',
      `no drill of ${config.service} was interrupted. Start one with: failover drill`,
    );
  }
  for (const one of options.resume ? older : left) {
    output.note(
      `  giving up ${one.name}, which was interrupted (--resume goes on with the newest one)`,
    );
    await giveUp(sfn, session, one);
  }
  if (!options.resume || !newest) {
    return startExecution(sfn, session, config.service, options.profile);
  }
  output.note(`  going on with ${newest.name}`);
  await goOn(session);
  return newest.arn;
};

/** What an execution was asked for may differ from what this call asks for, when it is gone on with. */
const profileOf = async (sfn: SFNClient, executionArn: string): Promise<string | undefined> => {
  const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return /"profile":"(quick|nightly)"/.exec(input ?? '')?.[1];
};

const heading = ({ config, variants }: CheckedConfig): string =>
  `${config.service} · drill · ${config.regions.primary.name} → ${config.regions.standby.name} · ${variants.length} variants`;

/** @throws Faults and DrillErrors about what a person wrote */
const checkedFor = (options: DrillOptions): CheckedConfig => {
  const checked = checkConfig(loadConfig(options.config));
  if (checked.config.image) return checked;
  throw new DrillError(
    'ConfigInvalid',
    `${options.config}: there is no image, so there are no variants to drill. Add image with a matrix of targets`,
  );
};

const howToGoOn = ({ config, data }: DrillOptions): string =>
  `failover drill --resume --config ${config}${data === undefined ? '' : ` --data ${data}`}`;

const notifyLine = (notify: NotifyEnd, where: string): string =>
  notify.status === 'failed' ? `Slack was not told: ${notify.reason ?? 'no reason given'}` : where;

type Work = {
  readonly options: DrillOptions;
  readonly checked: CheckedConfig;
  readonly dataDir: string;
  readonly output: Output;
  readonly signal: AbortSignal;
};

const runDrill = async (
  { options, checked, dataDir, output, signal }: Work,
  session: Session,
  sfn: SFNClient,
): Promise<number> => {
  const executionArn = await chooseExecution(sfn, session, checked, options, output);
  session.cloud.lambda.releaseEvents();
  const profile = (await profileOf(sfn, executionArn)) ?? checked.config.drill.profile;
  const sampling = samplingOf(
    profile === 'quick' || profile === 'nightly' ? profile : checked.config.drill.profile,
    checked.variants.length,
  );
  const progress = startOfProgress(sampling.rounds.max);
  const ended = await follow(sfn, executionArn, progress, openScreen(process.stderr), signal);
  if (ended.status !== 'SUCCEEDED') throw await failureOf(sfn, executionArn);
  const { reportKey, notify, anomalies } = executionEnd(ended.output);
  const report = await readReport(session, reportKey);
  const page = writeReportPage(dataDir, report);
  output.result(report, (style) => [
    ...reportLines(report, style),
    // Counted from the start of the process: what a person waited.
    `Report: ${shownPath(page)}   (${formatMs(performance.now())} in all)`,
    notifyLine(notify, slackText(session, dataDir)),
  ]);
  const unjudged = anomalies?.status === 'failed';
  if (unjudged) output.note(`  the nights could not be judged: ${anomalies?.reason ?? 'unknown'}`);
  const told = report.nights ? toTell(report.nights).told.length : 0;
  const marked = report.problems.length > 0 || told > 0 || unjudged || notify.status === 'failed';
  return marked ? EXIT.marked : EXIT.ok;
};

export const drill = async (
  options: DrillOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const checked = checkedFor(options);
  const webhook = webhookFrom(process.env);
  output.note(heading(checked));
  const dataDir = dataFolder(options.data, process.env);
  const sessionOptions = {
    ...{ dataDir, port: 0, scheduled: false },
    allowInstall: options.install,
    enforceIam: options.enforceIam ?? false,
  };
  try {
    const session = await openSession(checked, { ...sessionOptions, webhook }, output, signal);
    const sfn = openSfn(session);
    try {
      return await runDrill({ options, checked, dataDir, output, signal }, session, sfn);
    } finally {
      sfn.destroy();
      await session.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new DrillError('Interrupted', `interrupted. Go on with: ${howToGoOn(options)}`);
  }
};
