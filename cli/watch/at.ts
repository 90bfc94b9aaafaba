/** A watch that can be asked and ordered: the one that runs on a data folder, or one that was deployed. */
import type { SdkSettings } from '../../aws/sdk.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { watchTableOf } from '../../core/deploy/deployed.ts';
import { notDeployed } from '../../core/deploy/troubles.ts';
import { DrillError } from '../../core/errors.ts';
import type { SharedLease, WatchPlan } from '../../events/watchPlan.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { blockedBy, type Deployed, withDeployed } from '../where/deployed.ts';
import { regionsByCharge, type Wanted } from '../where/inCharge.ts';
import { onAws, type WhereOptions } from '../where/options.ts';
import type { ControlAnswer } from './control.ts';
import { findWatch } from './controlClient.ts';

export type WatchAt = {
  readonly service: string;
  /** Of the first controller, or the only one. */
  readonly homeRegion: string;
  readonly controllers: SharedLease | null;
  readonly sdkIn: (region: string) => SdkSettings;
  /** Of the region that is asked: the home region, or that of the controller in charge. */
  readonly sdk: SdkSettings;
  /** The same for functions that are waited for. */
  readonly callSdk: SdkSettings;
  /** Where the lease of a move is. */
  readonly leaseTable: string;
  /** Between two looks at a move that is under way. */
  readonly pollMs: number;
  /** DNS servers that are asked for the record; null for the resolvers of its plan. */
  readonly dns: readonly string[] | null;
  /** What only the process that watches knows. */
  look(): Promise<ControlAnswer>;
  /** What a further command needs to reach the same watch; empty for the one that runs here. */
  readonly options: string;
  readonly deployed: Deployed | null;
};

const POLL_MS = { embedded: 250, aws: 1_000 } as const;

const leaseTable = (service: string, controllers: SharedLease | null): string =>
  controllers?.leaseTable ?? watchTableOf(service);

const runningWatch = async (data: string | undefined, wanted: Wanted): Promise<WatchAt> => {
  const { endpoint, homeRegion, controllers, service, dns, ask } = await findWatch(
    dataFolder(data, process.env),
  );
  const sdkIn = (region: string) => ({ endpoint, region, credentials: CREDENTIALS });
  const [region] =
    controllers === null || wanted === 'home'
      ? [homeRegion]
      : await regionsByCharge(service, controllers, sdkIn);
  const sdk = sdkIn(region);
  return {
    ...{ service, homeRegion, controllers, sdkIn, sdk, callSdk: sdk },
    ...{ pollMs: POLL_MS.embedded, dns: [dns] },
    leaseTable: leaseTable(service, controllers),
    ...{ look: () => ask({ do: 'look' }), options: '', deployed: null },
  };
};

/** What was deployed counts, whatever has been written into the file since. */
const tellDrift = (plan: WatchPlan, { config }: Deployed, output: Output): void => {
  const { primary, standby } = config.regions;
  const told = [
    ['record', plan.record, config.record],
    ['primary', plan.primary, primary.name],
    ['standby', plan.standby, standby.name],
  ] as const;
  for (const [what, deployed, written] of told) {
    if (deployed === written) continue;
    output.note(`  deployed is the ${what} ${deployed}; the file says ${written ?? 'none'}`);
  }
};

const deployedWatch = async (deployed: Deployed, output: Output): Promise<WatchAt> => {
  const { config, place, sdkIn, sdk, callSdk, options, deploy } = deployed;
  const { service, region } = place;
  if (config.record === undefined) {
    throw new DrillError(
      'InputInvalid',
      `the configuration has no record, so nothing is watched for ${service}`,
    );
  }
  const table = openWatchTable(watchTableOf(service), sdk);
  let plan: WatchPlan | null;
  try {
    plan = await table.plan(service);
    if (plan === null) {
      const why = 'the table of its watch is there and holds no plan';
      throw blockedBy(notDeployed({ service, region, deploy }, why));
    }
    tellDrift(plan, deployed, output);
  } finally {
    table.close();
  }
  const { controllers = null } = plan;
  return {
    ...{ service, homeRegion: controllers?.first ?? region, controllers, sdkIn, sdk, callSdk },
    ...{ pollMs: POLL_MS.aws, dns: null, options, deployed },
    leaseTable: leaseTable(service, controllers),
    look: async () => ({ faults: [], facts: [] }),
  };
};

/**
 * @throws DrillError `WatchNotRunning` where none runs; `AwsBlocked` or `TransientFailure` where none that
 * was deployed can be reached.
 */
export const withWatch = async <T>(
  options: WhereOptions,
  output: Output,
  wanted: Wanted,
  work: (watch: WatchAt) => Promise<T>,
): Promise<T> => {
  const at = onAws(options);
  if (at === null) return work(await runningWatch(options.data, wanted));
  return withDeployed(at, output, wanted, async (deployed) =>
    work(await deployedWatch(deployed, output)),
  );
};
