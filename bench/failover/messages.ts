// What the processes of this benchmark say to each other. All times are milliseconds of the machine's
// monotonic clock, which every process of one machine reads alike.

export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * What a backend does: `down` refuses connections, `blackhole` accepts and never answers, `error`
 * answers 500, `slow` answers after two seconds, `errors` fails that share of requests at random,
 * `bursts` fails all requests in bursts of up to one second that together take that share of time,
 * `flapping` is down and up for that long in turn.
 */
export type Mode =
  | { readonly kind: 'up' | 'down' | 'blackhole' | 'error' | 'slow' }
  | { readonly kind: 'errors' | 'bursts'; readonly share: number; readonly seed: number }
  | { readonly kind: 'flapping'; readonly eachMs: number };

export type Address = { readonly host: string; readonly port: number };
export type Side = 'primary' | 'standby';

export type BackendsRequest = {
  readonly id: number;
  readonly switches: { readonly [side in Side]?: Mode };
};
/** When the switch was done, and how many requests each backend has seen so far. */
export type BackendsReply = {
  readonly id: number;
  readonly atMs: number;
  readonly requests: Readonly<Record<Side, number>>;
};

/** Where to see which side is active: in DNS, through a proxy, or in a file. */
export type Watched =
  | { readonly kind: 'dns'; readonly at: Address; readonly name: string }
  | { readonly kind: 'http'; readonly at: Address }
  | { readonly kind: 'file'; readonly file: string };

/** The next pace of polling; 0 pauses it. */
export type PollerRequest = { readonly everyMs: number };
/**
 * A changed answer. `active` is the side that answers, or what stands in place of one: `none` for no
 * address or an error, `silent` for no answer within half a second.
 */
export type Seen = {
  readonly active: Side | 'both' | 'none' | 'silent';
  readonly atMs: number;
  readonly detail: string;
};
