/** What every controller of a watch has in its own region: its stack, the plan, and the key of the switch. */
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { isAwsError, type SdkSettings } from '../../aws/sdk.ts';
import { openWatchTable, type WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { mayBeAlone } from '../../core/failover/charge.ts';
import {
  controllerRegions,
  planAt,
  type SharedLease,
  type WatchPlan,
} from '../../events/watchPlan.ts';
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

/** What a controller's table knows of a watch; nothing where there is no table yet, or no more. */
export const formerOf = async (table: WatchTable, service: string) => {
  try {
    const [plan, stored] = await Promise.all([table.plan(service), table.state(service)]);
    return { plan, state: stored?.state ?? null };
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return { plan: null, state: null };
    throw error;
  }
};

type Former = Awaited<ReturnType<typeof formerOf>>;

/** @throws DrillError `InputInvalid` where the second is in charge, or the first does not know where clients are sent */
const checkRetirement = (
  { service, first, second }: SharedLease & { readonly service: string },
  [one, other]: readonly [Former, Former],
): void => {
  if (other.state?.charge?.held === true) {
    throw new DrillError(
      'InputInvalid',
      `the controller in ${second} is in charge of ${service}, and the configuration has it no more. ` +
        `Put ${first} in charge first, by the configuration as it was: failover hand-over`,
    );
  }
  if (mayBeAlone(one.state, other.state)) return;
  throw new DrillError(
    'InputInvalid',
    `the controller in ${first} is to go on with ${service} alone, and has not taken charge yet: it does within a ` +
      'minute. The same command again, then',
  );
};

/**
 * Ends the work of a second controller that a new plan has no more. Then the first one leaves the lease that both
 * shared, and is alone: in the other order silence would put the second in charge.
 * @throws DrillError `InputInvalid` while the second is in charge, or nobody is yet
 */
export const retireSecond = async (
  former: WatchPlan | null,
  wanted: string | undefined,
  { table, at, signal }: { table: string; at: At; signal: AbortSignal },
): Promise<void> => {
  if (former?.controllers === undefined || former.controllers.second === wanted) return;
  const { controllers, ...alone } = former;
  const { service } = former;
  const one = openWatchTable(table, at(controllers.first));
  const other = openWatchTable(table, at(controllers.second));
  try {
    const found = await Promise.all([formerOf(one, service), formerOf(other, service)]);
    checkRetirement({ ...controllers, service }, found);
    if (found[1].plan !== null) await other.forgetPlan(service, signal);
    await one.putPlan(planAt(alone, controllers.first));
  } finally {
    one.close();
    other.close();
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
