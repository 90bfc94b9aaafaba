/** `failover up`: keeps the embedded cloud running, and lets the nightly schedule start drills by itself. */
import type { SFNClient } from '@aws-sdk/client-sfn';
import { DrillError } from '../../core/errors.ts';
import { nextOccurrence } from '../../core/schedule/next.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { loadConfig } from '../config/load.ts';
import { type CheckedConfig, checkConfig } from '../config/validate.ts';
import { dataFolder } from '../dataFolder.ts';
import { goOn, leftRunning, openSfn } from '../drill/executions.ts';
import { openSession, type Session } from '../drill/session.ts';
import { watchExecutions } from '../drill/watch.ts';
import { slackText, webhookFrom } from '../drill/webhook.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { portOf } from '../portOption.ts';

export type UpOptions = {
  readonly config: string;
  readonly data?: string;
  readonly port: string;
  readonly install: boolean;
  readonly enforceIam?: boolean;
};

/** What other AWS clients need to reach the cloud. */
const environmentOf = ({ cloud, installation }: Session): Record<string, string> => ({
  AWS_ENDPOINT_URL: cloud.endpoint,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: installation.homeRegion,
});

const exampleOf = ({ cloud, installation }: Session): string =>
  `aws --endpoint-url ${cloud.endpoint} stepfunctions list-executions --state-machine-arn ${installation.machineArn}`;

const nextDrillOf = ({ config }: CheckedConfig): Date | undefined => {
  const { schedule, timezone } = config.drill;
  const next = schedule && nextOccurrence(schedule, timezone, Date.now(), Date.now());
  return next === undefined || next === '' ? undefined : new Date(next);
};

const nextText = ({ config }: CheckedConfig, next: Date | undefined): string => {
  const { schedule, timezone } = config.drill;
  if (schedule === undefined) return 'no drill.schedule is set: drills start only when asked for';
  return `next drill ${next?.toISOString() ?? 'never'}: ${schedule}, ${timezone}`;
};

const announce = (
  session: Session,
  checked: CheckedConfig,
  dataDir: string,
  output: Output,
): void => {
  const environment = environmentOf(session);
  const next = nextDrillOf(checked);
  const example = exampleOf(session);
  const { machineArn, homeRegion } = session.installation;
  const { endpoint } = session.cloud;
  const facts = { endpoint, homeRegion, machineArn, environment, example };
  output.result({ ...facts, nextDrill: next?.toISOString() ?? null }, (style) => [
    `${style.bold(`${checked.config.service} · up · ${endpoint}`)}`,
    `  ${nextText(checked, next)}`,
    `  ${slackText(session, dataDir)}`,
    '',
    'For AWS clients:',
    ...Object.entries(environment).map(([name, value]) => `  export ${name}=${value}`),
    `  ${example}`,
    '',
    'Ctrl-C ends it; a drill that runs then goes on at the next start.',
  ]);
};

/** Goes on with a drill that the end of an earlier process interrupted. One that cannot go on is told of. */
const goOnWithLeft = async (sfn: SFNClient, session: Session, output: Output): Promise<void> => {
  for (const { name } of await leftRunning(sfn, session)) output.note(`  going on with ${name}`);
  try {
    await goOn(session);
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    output.note(`  ${error.message}`);
  }
};

export const up = async (
  options: UpOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const port = portOf(options.port);
  const checked = checkConfig(loadConfig(options.config));
  if (!checked.config.image) {
    throw new DrillError(
      'ConfigInvalid',
      `${options.config}: there is no image, so there are no variants to drill. Add image with a matrix of targets`,
    );
  }
  const webhook = webhookFrom(process.env);
  const dataDir = dataFolder(options.data, process.env);
  const enforceIam = options.enforceIam ?? false;
  const asked = {
    ...{ dataDir, port, enforceIam, webhook },
    allowInstall: options.install,
    scheduled: true,
  };
  let session: Session;
  try {
    session = await openSession(checked, asked, output, signal);
  } catch (error) {
    if (signal.aborted) return EXIT.ok;
    throw error;
  }
  const sfn = openSfn(session);
  try {
    announce(session, checked, dataDir, output);
    await goOnWithLeft(sfn, session, output);
    session.cloud.lambda.releaseEvents();
    await watchExecutions({ sfn, session, dataDir, output, signal });
    return EXIT.ok;
  } finally {
    sfn.destroy();
    await session.close();
  }
};
