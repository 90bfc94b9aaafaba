/** `failover drill`: a whole drill, from sources to a ranking, on this machine or where it was deployed. */
import type { SFNClient } from '@aws-sdk/client-sfn';
import { DrillError } from '../../core/errors.ts';
import { loadConfig } from '../config/load.ts';
import { type CheckedConfig, checkConfig } from '../config/validate.ts';
import { dataFolder } from '../dataFolder.ts';
import { drillOnAws } from '../drill/deployed.ts';
import { giveUp, goOn, leftRunning, openSfn, startExecution } from '../drill/executions.ts';
import { openSession, type Session } from '../drill/session.ts';
import { toEnd } from '../drill/toEnd.ts';
import { slackText, webhookFrom } from '../drill/webhook.ts';
import type { Output } from '../output/output.ts';
import { CONFIG_FILE, onAws, type WhereOptions } from '../where/options.ts';

export type DrillOptions = WhereOptions & {
  readonly profile?: 'quick' | 'nightly';
  readonly install: boolean;
  readonly enforceIam?: boolean;
  readonly resume?: boolean;
  /** Only on AWS, where a drill goes on without whoever follows it. */
  readonly stop?: boolean;
};

const POLL_MS = 300;

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

const heading = ({ config, variants }: CheckedConfig): string =>
  `${config.service} · drill · ${config.regions.primary.name} → ${config.regions.standby.name} · ${variants.length} variants`;

/** @throws Faults and DrillErrors about what a person wrote */
const checkedFor = ({ config }: { readonly config: string }): CheckedConfig => {
  const checked = checkConfig(loadConfig(config));
  if (checked.config.image) return checked;
  throw new DrillError(
    'ConfigInvalid',
    `${config}: there is no image, so there are no variants to drill. Add image with a matrix of targets`,
  );
};

const howToGoOn = ({ config = CONFIG_FILE, data }: DrillOptions): string =>
  `failover drill --resume --config ${config}${data === undefined ? '' : ` --data ${data}`}`;

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
  const { config, variants } = checked;
  const drilled = { sfn, executionArn, drills: session, config, variants: variants.length };
  const slack = slackText(session, dataDir);
  return toEnd({ ...drilled, dataDir, slack, pollMs: POLL_MS }, output, signal);
};

const drillHere = async (
  options: DrillOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const checked = checkedFor({ config: options.config ?? CONFIG_FILE });
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

/** @throws DrillError `InputInvalid` for what only makes sense in the other place. */
const checkPlace = ({ on, stage, stop, enforceIam }: DrillOptions): void => {
  if (on === undefined && (stop || stage !== undefined)) {
    const option = stop ? '--stop' : '--stage';
    throw new DrillError('InputInvalid', `${option} is about a drill on AWS: add --on aws`);
  }
  if (on !== undefined && enforceIam) {
    throw new DrillError(
      'InputInvalid',
      '--enforce-iam is about the embedded cloud: AWS always does',
    );
  }
};

export const drill = async (
  options: DrillOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  checkPlace(options);
  const { on, ...here } = options;
  const at = on === undefined ? null : onAws(options);
  return at === null ? drillHere(here, output, signal) : drillOnAws(at, options, output, signal);
};
