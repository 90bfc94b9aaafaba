/** What the controllers of a watch know: the one there is, or two of which either may be out of reach. */
import type { SdkSettings } from '../../aws/sdk.ts';
import { openWatchTable, type WatchTable } from '../../aws/watchTable.ts';
import { watchTableOf } from '../../core/deploy/deployed.ts';
import type { Lease } from '../../core/failover/lease.ts';
import { isSilent } from '../../core/failover/place.ts';
import type { ControllerStatus, StatusOutput } from '../../events/statusOutput.ts';
import type { SharedLease } from '../../events/watchPlan.ts';
import { PATIENCE_MS, sharedLease } from '../where/inCharge.ts';

export type Controlled = {
  readonly service: string;
  /** Of the first controller, or the only one. */
  readonly homeRegion: string;
  readonly controllers: SharedLease | null;
  readonly sdkIn: (region: string) => SdkSettings;
};

type Known = Awaited<ReturnType<WatchTable['loadWithPlan']>>;

type Seen = Known & { readonly controllers: StatusOutput['controllers'] };

/** The newest vote that it has heard: the one that is not in charge says nothing by itself. */
const heardMs = ({ stored }: Known): number | null =>
  stored === null || stored.votes.length === 0
    ? null
    : Math.max(...stored.votes.map(({ atMs }) => atMs));

type One = { readonly region: string; readonly known: PromiseSettledResult<Known> };

const statusOf = ({ region, known }: One, lease: Lease | null, nowMs: number): ControllerStatus => {
  const isInCharge = lease?.controller === region;
  const heard = known.status === 'fulfilled' ? heardMs(known.value) : null;
  const lastMs = isInCharge ? (lease.renewedAtMs ?? null) : heard;
  return { region, lastMs, silent: isSilent(lastMs, nowMs) };
};

/** Of two, the one in charge if it answers and has judged. */
const readBoth = ([one, other]: readonly [One, One], lease: Lease | null, nowMs: number): Seen => {
  const [wanted, next] = lease?.controller === other.region ? [other, one] : [one, other];
  const has = ({ known }: One) => known.status === 'fulfilled' && known.value.stored !== null;
  const { region, known } = !has(wanted) && has(next) ? next : wanted;
  if (known.status === 'rejected') throw known.reason;
  return {
    ...known.value,
    controllers: {
      ...{ inCharge: lease?.controller ?? null, readIn: region },
      ...{ first: statusOf(one, lease, nowMs), second: statusOf(other, lease, nowMs) },
    },
  };
};

/** Reads anew each time: who is in charge changes while somebody looks on. */
export const openControllers = ({ service, homeRegion, controllers, sdkIn }: Controlled) => {
  const open = (region: string) => openWatchTable(watchTableOf(service), sdkIn(region));
  const home = open(homeRegion);
  const second = controllers === null ? null : open(controllers.second);

  const ask = async (region: string, table: WatchTable): Promise<One> => {
    const asked = table.loadWithPlan(service, AbortSignal.timeout(PATIENCE_MS));
    const [known] = await Promise.allSettled([asked]);
    return { region, known };
  };

  return {
    read: async (nowMs: number): Promise<Seen> => {
      if (controllers === null || second === null) {
        return { ...(await home.loadWithPlan(service)), controllers: null };
      }
      const [lease, ...both] = await Promise.all([
        sharedLease(service, controllers, sdkIn),
        ask(controllers.first, home),
        ask(controllers.second, second),
      ]);
      return readBoth(both, lease, nowMs);
    },
    close: () => {
      home.close();
      second?.close();
    },
  };
};
