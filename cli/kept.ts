/** Where drills, failovers and nights are kept: a data folder, or what was deployed to AWS. */
import type { SdkSettings } from '../aws/sdk.ts';
import { drillTableOf, watchTableOf } from '../core/deploy/deployed.ts';
import { DrillError } from '../core/errors.ts';
import { CREDENTIALS } from '../local/stack/clients.ts';
import { ACCOUNT_ID } from '../local/wire/types.ts';
import { dataFolder } from './dataFolder.ts';
import { keepsAnything, serveData, type Table, tablesOf } from './dataServer.ts';
import type { Output } from './output/output.ts';
import { checkOf, type Deployed, withDeployed } from './where/deployed.ts';
import { sharedLeaseOf } from './where/inCharge.ts';
import { onAws, type WhereOptions } from './where/options.ts';

export type Kept = {
  /** Of drills and of watches, over all services of a data folder; of one service on AWS. */
  readonly tables: readonly Table[];
  readonly accountId: string;
  sdkOf(region: string): SdkSettings;
  /** What is kept in one region; `without` where that does not answer, which is told once, and another one does. */
  reach<T>(region: string, ask: () => Promise<T>, without: T): Promise<T>;
  /** Regions that were gone on without. */
  unread(): readonly string[];
  /** Whoever runs drills is at work, so that one that is said to run does. */
  readonly isHeld: boolean;
  /** What a further command needs to read the same; empty for the user's own data folder. */
  readonly options: string;
  /** Where it is looked for. */
  readonly place: string;
  /** Where else it may be. */
  readonly elsewhere: string;
};

type Work<T> = (kept: Kept) => Promise<T>;

const inFolder = async <T>(dataDir: string, output: Output, work: Work<T>): Promise<T> => {
  const unread: string[] = [];
  const base = {
    ...{ accountId: ACCOUNT_ID, options: '' },
    ...{ place: `in ${dataDir}`, elsewhere: ' (or name another folder with --data)' },
    reach: <U>(_region: string, ask: () => Promise<U>) => ask(),
    unread: () => unread,
  };
  if (!keepsAnything(dataDir)) {
    return work({ ...base, tables: [], isHeld: false, sdkOf: (region) => ({ region }) });
  }
  const { endpoint, held, close } = await serveData(dataDir);
  try {
    const tables = await tablesOf(dataDir, endpoint, (region) => {
      output.note(`  ${region} does not answer: what is kept there is left out`);
      unread.push(region);
    });
    const sdkOf = (region: string) => ({ endpoint, region, credentials: CREDENTIALS });
    return await work({ ...base, tables, isHeld: held, sdkOf });
  } finally {
    await close();
  }
};

/** Two tries in each of two regions: one of them may be lost, and whoever asks waits for it. */
const TRIES = 2;

/** Gives up one region after the other for what AWS says there, but for the last. */
const openReach = (
  { named }: Pick<Deployed, 'named'>,
  regions: readonly string[],
  output: Output,
): Pick<Kept, 'reach' | 'unread'> => {
  const unread = new Set<string>();
  return {
    reach: async (region, ask, without) => {
      if (unread.has(region)) return without;
      try {
        return await ask();
      } catch (cause) {
        const error = named(cause, region);
        const isLast = regions.every((each) => each === region || unread.has(each));
        if (checkOf(error) === undefined || isLast) throw error;
        const why = error instanceof Error ? error.message : String(error);
        if (!unread.has(region)) output.note(`  what is kept in ${region} is left out: ${why}`);
        unread.add(region);
        return without;
      }
    },
    unread: () => [...unread],
  };
};

/** Drills are kept where there is an image, failovers where there is a record: by each controller in its region. */
export const keptOf = (deployed: Deployed, wanted: 'home' | 'kept', output: Output): Kept => {
  const { config, place, sdkIn, options } = deployed;
  const { service, account } = place;
  const home = config.regions.standby.name;
  const shared = wanted === 'home' ? null : sharedLeaseOf(config);
  const regions = shared === null ? [home] : [shared.first, shared.second];
  const tables = [
    ...(config.image === undefined ? [] : [{ name: drillTableOf(service), region: home }]),
    ...(config.record === undefined
      ? []
      : regions.map((region) => ({ name: watchTableOf(service), region }))),
  ];
  const tries = regions.length === 1 ? {} : { maxAttempts: TRIES };
  return {
    ...{ tables, accountId: account, isHeld: true, options },
    sdkOf: (region) => ({ ...sdkIn(region), ...tries }),
    ...openReach(deployed, regions, output),
    ...{ place: `of ${service} on AWS`, elsewhere: '' },
  };
};

/**
 * Opens what is kept for one piece of work: in the home region, or, with `kept`, by each of two controllers.
 * @throws DrillError `DataFolderInUse`, `DataCorrupt`, `AwsBlocked`
 */
export const withKept = <T>(
  options: WhereOptions,
  output: Output,
  wanted: 'home' | 'kept',
  work: Work<T>,
): Promise<T> => {
  const at = onAws(options);
  return at === null
    ? inFolder(dataFolder(options.data, process.env), output, work)
    : withDeployed(at, output, wanted, (deployed) => work(keptOf(deployed, wanted, output)));
};

export type Sought = {
  readonly kind: 'drill' | 'failover' | 'drill, failover or promotion';
  /** Undefined for the newest one, or all. */
  readonly id?: string | undefined;
};

const toGetOne = (kind: Sought['kind'], options: string): string => {
  const drill = `failover drill${options}`;
  if (kind === 'drill') return `Run one with: ${drill}`;
  // On AWS the watch stands with the deployment: whoever asks has it.
  const watch = options === '' ? 'start a watch with: failover watch' : 'its watch keeps failovers';
  return kind === 'failover'
    ? `${watch.slice(0, 1).toUpperCase()}${watch.slice(1)}`
    : `Run a drill with: ${drill}; ${watch}`;
};

/** For who looks where nothing was ever kept. */
export const nothingKept = (
  { place, elsewhere, options, unread }: Pick<Kept, 'place' | 'elsewhere' | 'options' | 'unread'>,
  { kind, id }: Sought,
): DrillError => {
  const found =
    id === undefined
      ? `no ${kind} is kept ${place} yet`
      : `there is no ${kind} ${id}${kind === 'failover' ? ', and no such file' : ''}: nothing is kept ${place} yet`;
  const then = `${toGetOne(kind, options)}${elsewhere}`;
  return new DrillError('DrillNotFound', `${found}${unreadText(unread())}. ${then}`);
};

/** Where something that is not found may be all the same. */
export const unreadText = (regions: readonly string[]): string =>
  regions.length === 0 ? '' : ` (${regions.join(' and ')} could not be read)`;
