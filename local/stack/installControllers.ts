/** What every controller of a watch has in its own region: its stack, the plan, and the key of the switch. */
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { isAwsError, type SdkSettings } from '../../aws/sdk.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { controllerRegions, planAt, type WatchPlan } from '../../events/watchPlan.ts';
import { storedParameter } from './parameters.ts';

type At = (region: string) => SdkSettings;

/** Objects of the switch are signed alike by both: the second gets the key that the first one has. */
export const shareSwitchKey = async (plan: WatchPlan, at: At): Promise<void> => {
  const { controllers, switch: own } = plan;
  if (controllers === undefined || own.driver !== 'quorum' || own.signingParameter === null) return;
  const name = own.signingParameter;
  const [first, second] = [controllers.first, controllers.second].map(
    (region) => new SSMClient(at(region)),
  );
  if (first === undefined || second === undefined) return;
  try {
    const [key, known] = await Promise.all([
      storedParameter(first, name),
      storedParameter(second, name),
    ]);
    if (key === undefined) throw new Error(`the key ${name} is not in ${controllers.first}`);
    if (key === known) return;
    await second.send(
      new PutParameterCommand({ Name: name, Value: key, Type: 'SecureString', Overwrite: true }),
    );
  } finally {
    first.destroy();
    second.destroy();
  }
};

/** Tells every controller what is watched. The first one's comes last: it is what others look for. */
export const putPlans = async (plan: WatchPlan, table: string, at: At): Promise<void> => {
  for (const region of controllerRegions(plan).reverse()) {
    const plans = openWatchTable(table, at(region));
    try {
      await plans.putPlan(planAt(plan, region));
    } finally {
      plans.close();
    }
  }
};

/**
 * Ends the work of a second controller that a new plan has no more, before the first one leaves the lease that both
 * share: silence would put the second in charge. @throws DrillError `InputInvalid` while it is.
 */
export const retireSecond = async (
  former: WatchPlan | null,
  second: string | undefined,
  { table, at, signal }: { table: string; at: At; signal: AbortSignal },
): Promise<void> => {
  if (former?.controllers === undefined) return;
  const { service, controllers } = former;
  const { first, second: retired } = controllers;
  if (retired === second) return;
  const watch = openWatchTable(table, at(retired));
  try {
    const stored = await watch.state(service, signal);
    if (stored?.state.charge?.held === true) {
      throw new DrillError(
        'InputInvalid',
        `the controller in ${retired} is in charge of ${service}, and the configuration has it no more. ` +
          `Put ${first} in charge first, by the configuration as it was: failover hand-over`,
      );
    }
    await watch.forgetPlan(service, signal);
  } catch (error) {
    // Its stack is gone already, with the table.
    if (!isAwsError(error, 'ResourceNotFoundException')) throw error;
  } finally {
    watch.close();
  }
};

/** The lease's table where two share one, then the stacks of the controllers, then what they watch. */
export const installControllers = async (
  plan: WatchPlan,
  table: string,
  { at, deployRole }: { at: At; deployRole: (role: string, region: string) => Promise<void> },
): Promise<void> => {
  if (plan.controllers !== undefined) await deployRole('lease', plan.controllers.first);
  await Promise.all(controllerRegions(plan).map((region) => deployRole('failover', region)));
  await shareSwitchKey(plan, at);
  await putPlans(plan, table, at);
};
