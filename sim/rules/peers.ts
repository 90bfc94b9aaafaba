/**
 * The rules that ours is measured against. What several places see is spread over the same five
 * places for every rule, so that a trace treats all alike.
 */
import { accumulating, degradedOrUnstable, inARow } from './checks.ts';
import { all, majority, type Rule } from './rule.ts';

const ONE = [0] as const;
/** Sixteen checkers over five places. */
const SIXTEEN = Array.from({ length: 16 }, (_, index) => index % 5);
/** Three data centres in each of five regions. */
const FIFTEEN = Array.from({ length: 15 }, (_, index) => Math.floor(index / 3));

const plain = {
  responseMs: null,
  pace: 'start-to-start',
  fastMs: null,
  retries: 0,
  isUp: all,
  publishMs: 0,
  ttlMs: 60_000,
  bothDown: 'home',
} as const satisfies Partial<Rule>;

/** Route 53 calls an endpoint healthy while more than 18 % of its checkers do. */
const overEighteenPercent = (healthy: readonly boolean[]): boolean =>
  healthy.filter(Boolean).length > 0.18 * healthy.length;

/** A region is healthy by most of its data centres, the origin by most of its regions. */
const majorityOfMajorities = (healthy: readonly boolean[]): boolean =>
  majority([0, 3, 6, 9, 12].map((from) => majority(healthy.slice(from, from + 3))));

const route53 = (seconds: number): Rule => ({
  ...plain,
  name: `Route 53, ${seconds} s x 3`,
  source: 'developer guide: more than 18 % of checkers, connect 4 s, response 2 s',
  places: SIXTEEN,
  intervalMs: seconds * 1_000,
  timeoutMs: 4_000,
  responseMs: 2_000,
  check: inARow(3, 3),
  isUp: overEighteenPercent,
});

const gdnsd = (name: string, seconds: number, thresholds: [number, number, number]): Rule => ({
  ...plain,
  name: `gdnsd ${name}`,
  source: 'gdnsd 3.8: up, ok, down thresholds; timeout half the interval; publishes a second later',
  places: ONE,
  intervalMs: seconds * 1_000,
  timeoutMs: seconds * 500,
  check: accumulating(...thresholds),
  publishMs: 1_000,
});

const powerdns = (seconds: number): Rule => ({
  ...plain,
  name: `PowerDNS ifurlup, ${seconds} s`,
  source: 'pdns 4.7: one failure is down, one success is up',
  places: ONE,
  intervalMs: seconds * 1_000,
  timeoutMs: Math.min(2_000, seconds * 1_000),
  check: inARow(1, 1),
});

const haproxy = (name: string, interMs: number, fastMs: number | null): Rule => ({
  ...plain,
  name: `HAProxy ${name}`,
  source: 'HAProxy 2.6: fall 3, rise 2; the interval starts when a check has ended',
  places: ONE,
  intervalMs: interMs,
  timeoutMs: Math.min(interMs, 2_000),
  pace: 'end-to-start',
  fastMs,
  check: inARow(3, 2),
  ttlMs: 0,
});

const cloudflare = (seconds: number): Rule => ({
  ...plain,
  name: `Cloudflare, ${seconds} s`,
  source:
    'load balancing docs: 3 data centres a region, majority of majorities, 2 retries, proxied',
  places: FIFTEEN,
  intervalMs: seconds * 1_000,
  timeoutMs: 5_000,
  retries: 2,
  check: inARow(1, 1),
  isUp: majorityOfMajorities,
  ttlMs: 0,
});

export const PEERS: readonly Rule[] = [
  route53(10),
  route53(30),
  gdnsd('defaults (10 s, 20/10/10)', 10, [20, 10, 10]),
  gdnsd('2 s, 20/10/10', 2, [20, 10, 10]),
  gdnsd('2 s, up 2 ok 1 down 3', 2, [2, 1, 3]),
  gdnsd('2 s, 1/1/1', 2, [1, 1, 1]),
  powerdns(5),
  powerdns(1),
  haproxy('2 s, 3/2 (defaults)', 2_000, null),
  haproxy('1 s, 3/2', 1_000, null),
  haproxy('1 s, 3/2, fastinter 100 ms', 1_000, 100),
  cloudflare(60),
  cloudflare(10),
  {
    ...plain,
    name: 'NS1, 60 s, quorum of 3',
    source: 'monitoring jobs: policy quorum, rapid_recheck',
    places: [0, 1, 2],
    intervalMs: 60_000,
    timeoutMs: 2_000,
    retries: 1,
    check: inARow(1, 1),
    isUp: majority,
  },
  {
    ...plain,
    name: 'k8gb',
    source: 'reconciles every 30 s by readiness inside the region, TTL 30 s',
    places: [null],
    intervalMs: 30_000,
    timeoutMs: 2_000,
    check: inARow(1, 1),
    ttlMs: 30_000,
  },
  {
    ...plain,
    name: 'sveltos clause, 10 s',
    source: 'issue 459: 3 failures for 30 s, or unstable for 10 min',
    places: ONE,
    intervalMs: 10_000,
    timeoutMs: 2_000,
    check: degradedOrUnstable(3, 20_000, 600_000),
  },
];
