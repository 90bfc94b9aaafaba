/** Drills as executions of the state machine: started, gone on with, given up. */
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { failureText } from '../../core/drill/failureText.ts';
import { DrillError, ERROR_NAMES } from '../../core/errors.ts';
import type { Session } from './session.ts';

/** Where drills of a service run: in a session of the embedded cloud, or where they were deployed. */
export type DrillsAt = {
  /** Of the home region. */
  readonly sdk: SdkSettings;
  readonly installation: {
    readonly bucket: string;
    readonly table: string;
    readonly machineArn: string;
  };
  readonly configKey: string;
};

export type LeftExecution = { readonly arn: string; readonly name: string };

export const openSfn = ({ sdk }: DrillsAt): SFNClient => new SFNClient(sdk);

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `shop-20261120-183651`: sorts by time, fits an execution name. */
export const drillIdAt = (service: string, now: Date): string => {
  const day = `${now.getUTCFullYear()}${twoDigits(now.getUTCMonth() + 1)}${twoDigits(now.getUTCDate())}`;
  const time = [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds()]
    .map(twoDigits)
    .join('');
  return `${service}-${day}-${time}`;
};

/** Executions that run, newest first: those that an earlier run left, or that others have started. */
export const leftRunning = async (
  sfn: SFNClient,
  { installation }: Pick<DrillsAt, 'installation'>,
): Promise<LeftExecution[]> => {
  const answer = await sfn.send(
    new ListExecutionsCommand({
      stateMachineArn: installation.machineArn,
      statusFilter: 'RUNNING',
    }),
  );
  return (answer.executions ?? []).map(({ executionArn = '', name = '' }) => ({
    arn: executionArn,
    name,
  }));
};

export const startExecution = async (
  sfn: SFNClient,
  { installation, configKey }: DrillsAt,
  service: string,
  profile: string | undefined,
): Promise<string> => {
  const started = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: installation.machineArn,
      name: drillIdAt(service, new Date()),
      input: JSON.stringify({ service, configKey, ...(profile ? { profile } : {}) }),
    }),
  );
  if (started.executionArn) return started.executionArn;
  throw new DrillError('TransientFailure', 'the drill did not start');
};

/** Marks a drill that never ends by itself any more as failed, so that history tells the truth. */
export const recordGivenUp = async (
  { installation, sdk }: Pick<DrillsAt, 'installation' | 'sdk'>,
  drillId: string,
  reason: string,
): Promise<void> => {
  const records = openDrillRecords(installation.table, sdk);
  try {
    const state = (await records.states(HISTORY_MAX)).find((one) => one.drillId === drillId);
    if (state?.status !== 'RUNNING') return;
    const now = Date.now();
    const finishedAt = new Date(now).toISOString();
    await records.putState({ ...state, status: 'FAILED', finishedAt, summary: reason }, now);
  } finally {
    records.close();
  }
};

/** Far above any history: drills are kept 400 days. */
const HISTORY_MAX = 2_000;

/** Ends a drill that was interrupted. What it left running was freed when the cloud started. */
export const giveUp = async (
  sfn: SFNClient,
  session: Session,
  { arn, name }: LeftExecution,
): Promise<void> => {
  const cause = 'it was interrupted, and another drill was started';
  await sfn.send(new StopExecutionCommand({ executionArn: arn, error: 'Interrupted', cause }));
  await recordGivenUp(session, name, `Interrupted: ${cause}`);
};

/** What belongs to a drill: its machine, and those that its rehearsal starts. */
const MACHINES = ['', '-rehearsal', '-failover', '-failback'];

/** Goes on with what an earlier run of this service left. @throws DrillError `DataCorrupt` */
export const goOn = async ({ cloud, installation }: Session): Promise<void> => {
  const own = MACHINES.map((suffix) => installation.machineArn + suffix);
  const [stuck] = await cloud.stepFunctions.resume((arn) => own.includes(arn));
  if (!stuck) return;
  const name = stuck.arn.split(':').at(-1) ?? stuck.arn;
  throw new DrillError(
    'DataCorrupt',
    `${name} cannot go on: ${stuck.reason}. Or start a new drill, which gives this one up: failover drill`,
  );
};

/** Names that a function threw stay; those of the service become one. */
const errorNameOf = (error: string | undefined) =>
  ERROR_NAMES.find((name) => name === error) ?? 'DrillFailed';

/** Why an execution ended without success. */
export const failureOf = async (sfn: SFNClient, executionArn: string): Promise<DrillError> => {
  const { error, cause, status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const what = failureText(cause ?? '');
  const how = status === 'ABORTED' ? 'was stopped' : 'failed';
  return new DrillError(
    errorNameOf(error),
    `the drill ${how}: ${what === '' ? (error ?? status ?? 'no reason given') : what}`,
    { error, status },
  );
};
