import { regionNames } from '../../core/regions/regions.ts';
import { RTT_TO } from '../../core/regions/round-trips.ts';

/**
 * Where regions live on loopback: region number n owns 127.n.0.0/16, so the source address of a
 * connection tells which region the caller is in. n is the region's place in the table of round
 * trips plus 10, and younger regions come last, so that addresses stay what they are; the lower blocks
 * stay free for the machine itself.
 */
const FIRST_BLOCK = 10;

/** Host numbers with a fixed use in each region; tasks get the numbers from `task` upwards. */
export const HOSTS = {
  sandbox: 1,
  resolver: 2,
  checker: 16,
  loadBalancer: 128,
  task: 256,
} as const;

const HOST_MAX = 65_534;

const order: readonly string[] = [...new Set<string>([...RTT_TO, ...regionNames])];
const blockOf = new Map<string, number>(order.map((name, n) => [name, n + FIRST_BLOCK]));

/**
 * The loopback address of host number `host` in a region: host 1 of block 12 is 127.12.0.1.
 * @throws RangeError when the region is unknown or the host number is not from 1 to 65534.
 */
export const regionAddress = (region: string, host: number): string => {
  const block = blockOf.get(region);
  if (block === undefined) {
    throw new RangeError(`region '${region}' has no loopback block: it is not in the region table`);
  }
  if (!Number.isInteger(host) || host < 1 || host > HOST_MAX) {
    throw new RangeError(`host number ${host} of ${region} is not a whole number from 1 to 65534`);
  }
  return `127.${block}.${host >> 8}.${host & 255}`;
};

const LOOPBACK = /^(?:::ffff:)?127\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/;

/** Asked twice for every call; few addresses call. */
const KNOWN_MAX = 10_000;
const known = new Map<string, string>();

/** The region that owns an address; undefined for 127.0.0.1 and everything else outside the plan. */
export const regionOfAddress = (address: string): string | undefined => {
  const found = known.get(address);
  if (found !== undefined) return found;
  const block = Number(LOOPBACK.exec(address)?.[1] ?? Number.NaN);
  const region = order[block - FIRST_BLOCK];
  if (known.size >= KNOWN_MAX) known.clear();
  if (region !== undefined) known.set(address, region);
  return region;
};
