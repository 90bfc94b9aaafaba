/** Where drills, failovers and nights are kept: a data folder, or what was deployed to AWS. */
import type { SdkSettings } from '../aws/sdk.ts';
import { drillTableOf, watchTableOf } from '../core/deploy/deployed.ts';
import { DrillError } from '../core/errors.ts';
import { CREDENTIALS } from '../local/stack/clients.ts';
import { ACCOUNT_ID } from '../local/wire/types.ts';
import { dataFolder } from './dataFolder.ts';
import { keepsAnything, serveData, type Table, tablesOf } from './dataServer.ts';
import type { Output } from './output/output.ts';
import { type Deployed, withDeployed } from './where/deployed.ts';
import { onAws, type WhereOptions } from './where/options.ts';

export type Kept = {
  /** Of drills and of watches, over all services of a data folder; of one service on AWS. */
  readonly tables: readonly Table[];
  readonly accountId: string;
  sdkOf(region: string): SdkSettings;
  /** Whoever runs drills is at work, so that one that is said to run does. */
  readonly isHeld: boolean;
  /** What a further command needs to read the same; empty for the user's own data folder. */
  readonly options: string;
  /** Where nothing is, and how that changes. */
  readonly nothing: string;
};

type Work<T> = (kept: Kept) => Promise<T>;

const inFolder = async <T>(dataDir: string, work: Work<T>): Promise<T> => {
  const nothing = `in ${dataDir} yet. Run one with: failover drill (or name another folder with --data)`;
  const base = { accountId: ACCOUNT_ID, options: '', nothing };
  if (!keepsAnything(dataDir)) {
    return work({ ...base, tables: [], isHeld: false, sdkOf: (region) => ({ region }) });
  }
  const { endpoint, held, close } = await serveData(dataDir);
  try {
    const tables = await tablesOf(dataDir, endpoint);
    const sdkOf = (region: string) => ({ endpoint, region, credentials: CREDENTIALS });
    return await work({ ...base, tables, isHeld: held, sdkOf });
  } finally {
    await close();
  }
};

/** Drills are kept where there is an image, failovers and promotions where there is a record. */
export const keptOf = ({ config, place, sdk, options }: Deployed): Kept => {
  const { service, region, account } = place;
  const names = [
    ...(config.image === undefined ? [] : [drillTableOf(service)]),
    ...(config.record === undefined ? [] : [watchTableOf(service)]),
  ];
  return {
    tables: names.map((name) => ({ name, region })),
    accountId: account,
    sdkOf: (of) => ({ ...sdk, region: of }),
    isHeld: true,
    options,
    nothing: `of ${service} on AWS yet. Run one with: failover drill${options}`,
  };
};

/** Opens what is kept for one piece of work. @throws DrillError `DataFolderInUse`, `DataCorrupt`, `AwsBlocked` */
export const withKept = <T>(options: WhereOptions, output: Output, work: Work<T>): Promise<T> => {
  const at = onAws(options);
  return at === null
    ? inFolder(dataFolder(options.data, process.env), work)
    : withDeployed(at, output, 'home', (deployed) => work(keptOf(deployed)));
};

export const nothingKept = ({ nothing }: Kept): DrillError =>
  new DrillError('DrillNotFound', `no drill is kept ${nothing}`);
