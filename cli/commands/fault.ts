/** `failover fault`: breaks something in the embedded network of the watch that runs, or mends it. */
import { openWatchTable } from '../../aws/watchTable.ts';
import { watchTableOf } from '../../core/deploy/deployed.ts';
import { DrillError } from '../../core/errors.ts';
import { FaultOutput } from '../../events/faultOutput.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { findWatch, type RunningWatch } from '../watch/controlClient.ts';
import { faultFrom, faultText, regionOf } from '../watch/faultWords.ts';

export type FaultOptions = {
  readonly data?: string;
  readonly plane?: 'service' | 'aws' | 'both';
};

const planOf = async ({ endpoint, homeRegion, service }: RunningWatch): Promise<WatchPlan> => {
  const sdk = { endpoint, region: homeRegion, credentials: CREDENTIALS };
  const table = openWatchTable(watchTableOf(service), sdk);
  try {
    const plan = await table.plan(service);
    if (plan !== null) return plan;
    throw new DrillError('WatchNotRunning', `the watch of ${service} is still starting. Try again`);
  } finally {
    table.close();
  }
};

/** An endpoint that somebody else runs is reached directly, past the embedded network. */
const checkOurs = (plan: WatchPlan, region: string): void => {
  const target = plan.targets.find((one) => one.region === region);
  if (target === undefined || target.capacity !== null) return;
  const { hostname, port, protocol } = new URL(target.url);
  const at = `${hostname} port ${port || (protocol === 'https:' ? 443 : 80)}`;
  throw new DrillError(
    'InputInvalid',
    `${target.url} is not run by this tool, so it cannot break it. Break it where it runs: stop the process that listens on ${at}, or drop its packets with: iptables -I INPUT -d ${hostname} -p tcp --dport ${port || (protocol === 'https:' ? 443 : 80)} -j DROP`,
  );
};

/**
 * A whole region that fails takes its AWS endpoints along. In the home region those are the watch's
 * own, so that only what serves there fails unless more is asked for.
 */
const planeOf = (
  kind: string,
  region: string,
  plan: WatchPlan,
  asked: FaultOptions['plane'],
): 'service' | 'aws' | undefined => {
  if (asked !== undefined) return asked === 'both' ? undefined : asked;
  return kind === 'down' && region !== plan.homeRegion ? undefined : 'service';
};

export const fault = async (
  words: { readonly where: string; readonly kind: string; readonly amount: string | undefined },
  { data, plane }: FaultOptions,
  output: Output,
): Promise<void> => {
  const watch = await findWatch(dataFolder(data, process.env));
  const plan = await planOf(watch);
  const { where, kind, amount } = words;
  const region = regionOf(where, plan);
  if (kind === 'clear') {
    const { faults } = await watch.ask({ do: 'clear-faults', region });
    const left = faults.map(faultText);
    output.result(FaultOutput.parse({ faults: left }), () => [
      `${region}: every fault is cleared`,
      ...left.map((text) => `  still set: ${text}`),
    ]);
    return;
  }
  const set = faultFrom({ region, kind, amount, plane: planeOf(kind, region, plan, plane) });
  checkOurs(plan, region);
  const { faults } = await watch.ask({ do: 'set-fault', fault: set });
  output.result(FaultOutput.parse({ faults: faults.map(faultText) }), () => [
    `set: ${faultText(set)}`,
    `Mend it with: failover fault ${where} clear`,
  ]);
};
