/** Drills where they were deployed: started as the schedule starts them, followed, and stopped. */
import { type SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { readNight } from '../../aws/nightSchedule.ts';
import {
  drillBucketOf,
  drillMachineArnOf,
  drillScheduleOf,
  drillTableOf,
  functionNameOf,
} from '../../core/deploy/deployed.ts';
import { DrillError } from '../../core/errors.ts';
import { expandMatrix } from '../../core/variants/matrix.ts';
import { CleanUpOutput } from '../../events/drillEnd.ts';
import { DrillStopped } from '../../events/drillStopped.ts';
import { dataFolder } from '../dataFolder.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { type Deployed, withDeployed } from '../where/deployed.ts';
import type { OnAws } from '../where/options.ts';
import {
  type DrillsAt,
  type LeftExecution,
  leftRunning,
  openSfn,
  recordGivenUp,
  startExecution,
} from './executions.ts';
import { progressSince } from './follow.ts';
import { startOfProgress } from './progress.ts';
import { toEnd } from './toEnd.ts';

export type DeployedDrillOptions = {
  readonly profile?: 'quick' | 'nightly';
  readonly resume?: boolean;
  readonly stop?: boolean;
};

/** The history of an execution may be asked for twenty times a second, by everybody together. */
const POLL_MS = 2_000;

const placeOf = ({ place }: Deployed) => ({
  service: place.service,
  accountId: place.account,
  region: place.region,
});

const installationOf = (deployed: Deployed): DrillsAt['installation'] => {
  const at = placeOf(deployed);
  return {
    bucket: drillBucketOf(at),
    table: drillTableOf(at.service),
    machineArn: drillMachineArnOf(at),
  };
};

type Drills = Omit<DrillsAt, 'configKey'>;

const noneRuns = ({ place, options }: Deployed): DrillError =>
  new DrillError(
    'DrillNotFound',
    `no drill of ${place.service} runs on AWS. Start one with: failover drill${options}`,
  );

/** The one that runs, or a new one of what was deployed: the very configuration that each night drills. */
const chosen = async (
  sfn: SFNClient,
  drills: Drills,
  deployed: Deployed,
  { resume, profile }: DeployedDrillOptions,
  output: Output,
): Promise<{ readonly arn: string; readonly configKey: string }> => {
  const { place, options, sdk } = deployed;
  const [running] = await leftRunning(sfn, drills);
  if (resume) {
    if (running === undefined) throw noneRuns(deployed);
    output.note(`  following ${running.name}`);
    return { arn: running.arn, configKey: '' };
  }
  if (running !== undefined) {
    throw new DrillError(
      'InputInvalid',
      `${running.name} runs already. Follow it with: failover drill --resume${options}; stop it with: failover drill --stop${options}`,
    );
  }
  const { configKey } = await readNight(drillScheduleOf(place.service), sdk);
  const arn = await startExecution(sfn, { ...drills, configKey }, place.service, profile);
  output.note(`  started ${arn.split(':').at(-1)}`);
  return { arn, configKey };
};

/** Moves of a rehearsal and of a promotion have to come home by themselves. */
const checkStoppable = async (
  sfn: SFNClient,
  { arn, name }: LeftExecution,
  { options }: Deployed,
): Promise<void> => {
  const { phase } = await progressSince(sfn, arn, startOfProgress(1));
  if (phase !== 'rehearsing') return;
  throw new DrillError(
    'InputInvalid',
    `${name} rehearses the failover, or promotes: it has to end by itself. Follow it with: failover drill --resume${options}`,
  );
};

/** What the machine would have freed at its end is freed by the same function. */
const stop = async (
  sfn: SFNClient,
  drills: Drills,
  deployed: Deployed,
  output: Output,
): Promise<number> => {
  const [running] = await leftRunning(sfn, drills);
  if (running === undefined) throw noneRuns(deployed);
  await checkStoppable(sfn, running, deployed);
  const { arn, name: drillId } = running;
  const cause = 'a person stopped it';
  await sfn.send(new StopExecutionCommand({ executionArn: arn, error: 'Interrupted', cause }));
  const calls = openFunctionCalls(deployed.callSdk);
  try {
    const cleanUp = functionNameOf(deployed.place.service, 'clean-up');
    const { stopped } = await calls.call(cleanUp, { drillId }, CleanUpOutput);
    await recordGivenUp(drills, drillId, `Interrupted: ${cause}`);
    const said = DrillStopped.parse({ place: deployed.place, drillId, tasks: stopped });
    output.result(said, () => [`${drillId} was stopped, and ${stopped} tasks that it had left`]);
  } finally {
    calls.close();
  }
  return EXIT.ok;
};

/** Whoever ends the following ends nothing else. */
const goesOn = ({ options }: Deployed): DrillError =>
  new DrillError(
    'Interrupted',
    `interrupted; the drill goes on without you. Follow it with: failover drill --resume${options}; stop it with: failover drill --stop${options}`,
  );

export const drillOnAws = (
  at: OnAws,
  options: DeployedDrillOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withDeployed(at, output, 'home', async (deployed) => {
    const { config, sdk } = deployed;
    const { image } = config;
    if (image === undefined) {
      throw new DrillError(
        'ConfigInvalid',
        `${at.config}: there is no image, so nothing is drilled`,
      );
    }
    const drills = { sdk, installation: installationOf(deployed) };
    const sfn = openSfn({ ...drills, configKey: '' });
    try {
      if (options.stop) return await stop(sfn, drills, deployed, output);
      const { arn, configKey } = await chosen(sfn, drills, deployed, options, output);
      return await toEnd(
        {
          ...{ sfn, config, executionArn: arn, drills: { ...drills, configKey } },
          variants: expandMatrix(image.matrix, image.exclude).length,
          dataDir: dataFolder(undefined, process.env),
          slack: 'Slack: as notify.slack of what was deployed says',
          pollMs: POLL_MS,
        },
        output,
        signal,
      );
    } catch (error) {
      throw signal.aborted ? goesOn(deployed) : error;
    } finally {
      sfn.destroy();
    }
  });
