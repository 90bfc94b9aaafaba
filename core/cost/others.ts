/** What else one could use for a part of it, in a month, and which part that is. */
import { HOURS_A_MONTH, type Item, MINUTES_A_MONTH } from './prices.ts';

export type Other = {
  readonly name: string;
  readonly does: string;
  readonly doesNot: string;
  readonly items: readonly Item[];
};

const SERVING = 2;
/** HTTPS and every 10 s. */
const OPTIONS = 2;

const item = (what: string, price: Item['price'], units: number): Item => ({
  part: 'all',
  what,
  price,
  units,
});

/** Beside a watch from so many regions. */
export const others = (observers: number): Other[] => [
  {
    name: 'Route 53 failover alone',
    does: 'takes an endpoint out of DNS that its checkers find down',
    doesNot: 'no gates, no damping, goes home by itself, tells nobody how it went',
    items: [
      item('a check of each endpoint, outside AWS', 'foreignCheckMonth', SERVING),
      item('HTTPS, every 10 s', 'foreignCheckOptionMonth', SERVING * OPTIONS),
      item('the zone', 'hostedZoneMonth', 1),
    ],
  },
  {
    name: 'ARC routing controls',
    does: 'a switch on five regions that somebody else has to throw',
    doesNot: 'sees nothing, decides nothing',
    items: [item('one cluster', 'routingControlHour', HOURS_A_MONTH)],
  },
  {
    name: 'ARC Region switch',
    does: 'runs a plan of scaling and switching, by hand or by an alarm',
    doesNot: 'no fencing, no proof from outside, alarms are yours',
    items: [item('one plan', 'regionSwitchMonth', 1)],
  },
  {
    name: 'CloudWatch Synthetics',
    does: `probes both regions from ${observers === 1 ? 'one region' : `${observers} regions`} once a minute`,
    doesNot: 'decides and moves nothing',
    items: [item('runs', 'canaryRun', observers * SERVING * MINUTES_A_MONTH)],
  },
];
