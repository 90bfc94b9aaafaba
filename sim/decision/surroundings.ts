/** What a fault trace says of everything but requests: observers, clocks, events, data, calls. */
import type { Facts } from '../../core/failover/view.ts';
import type { Fault, ObserverTrouble, Places } from '../faults/fault.ts';
import type { Stretch, Timeline } from '../faults/timeline.ts';
import { pathIn, type Traffic } from '../faults/traffic.ts';

export const troubleOf = ({ faults }: Stretch, observer: string): ObserverTrouble | null => {
  let trouble: ObserverTrouble | null = null;
  for (const fault of faults) {
    if (fault.kind === 'platform' && fault.observers.includes(observer)) return 'lost';
    if (fault.kind !== 'observer' || fault.observer !== observer) continue;
    if (fault.how === 'lost') return 'lost';
    trouble ??= fault.how;
  }
  return trouble;
};

/** How far a clock is ahead of true time. */
export const aheadMs = ({ faults }: Stretch, who: string): number => {
  let ms = 0;
  for (const fault of faults) if (fault.kind === 'clock' && fault.who === who) ms += fault.aheadMs;
  return ms;
};

export const faultsOf = <Kind extends Fault['kind']>(
  { faults }: Stretch,
  kind: Kind,
): Extract<Fault, { kind: Kind }>[] =>
  faults.filter((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);

/** Whether calls from one region reach the platform's endpoints in another. */
export const reachesPlatform = (stretch: Stretch, from: string, to: string): boolean => {
  const { toPasses, backPasses } = pathIn(stretch, from, to, 'aws');
  return toPasses && backPasses;
};

const HEARTBEAT_MS = 5_000;

const beats = (stretch: Stretch, active: string, other: string): boolean =>
  reachesPlatform(stretch, active, other) &&
  !stretch.faults.some((fault) => fault.kind === 'replication' && fault.how === 'pause');

/** Age of the newest heartbeat that got from one region to the other. */
const dataAgeMs = (timeline: Timeline, sides: Sides, atMs: number): number => {
  const { stretches } = timeline;
  let place = timeline.at(atMs).index;
  let lastMs = atMs;
  for (let stretch = stretches[place]; stretch; stretch = stretches[--place]) {
    if (beats(stretch, sides.active, sides.other)) break;
    lastMs = Math.max(0, stretch.fromMs);
    if (stretch.fromMs <= 0) break;
  }
  const lag = faultsOf(timeline.at(Math.max(0, lastMs - 1)), 'replication').reduce(
    (most, fault) => (fault.how === 'lag' ? Math.max(most, fault.lagMs) : most),
    0,
  );
  return atMs - lastMs + lag + HEARTBEAT_MS / 2;
};

type Sides = { readonly active: string; readonly other: string };

const digestOf = ({ faults }: Stretch, region: string): string =>
  faults
    .filter((fault) => fault.kind === 'deploy' && fault.regions.includes(region))
    .reduce((digest, { id }) => `sha256:${id}-${digest.slice(7)}`, 'sha256:good');

const capacityOf = (stretch: Stretch): { ready: number; wanted: number; scalable: boolean } => {
  const how = faultsOf(stretch, 'capacity')[0]?.how;
  return { ready: how === undefined ? 2 : 1, wanted: 2, scalable: how !== 'refused' };
};

/** Which of the three switch objects cannot be written. */
export const switchesOut = (stretch: Stretch): ReadonlySet<number> =>
  new Set(
    faultsOf(stretch, 'switch').flatMap(({ how, objects }) => (how === 'unseen' ? [] : objects)),
  );

const deploying = (stretch: Stretch, atMs: number): boolean =>
  faultsOf(stretch, 'deploy').some(({ fromMs, underWayMs }) => atMs - fromMs < underWayMs);

/** The facts for the gates as `prepare` would find them; `nowMs` is the time by its clock. */
export const factsAt = (traffic: Traffic, sides: Sides, atMs: number, nowMs: number): Facts => {
  const timeline = traffic.timeline();
  const stretch = timeline.at(atMs);
  const unreadable = faultsOf(stretch, 'replication').some(({ how }) => how === 'unreadable');
  const known = !unreadable;
  const out = switchesOut(stretch).size;
  const preflight = { writable: 3 - out, needed: 2, of: 3 };
  const digests = {
    active: digestOf(stretch, sides.active),
    other: digestOf(stretch, sides.other),
  };
  return {
    replicationMs: known
      ? { value: dataAgeMs(timeline, sides, atMs), source: 'heartbeat', atMs: nowMs }
      : null,
    capacity: { value: capacityOf(stretch), source: 'ECS', atMs: nowMs },
    preflight: { value: preflight, source: 'preflight', atMs: nowMs },
    digests: { value: digests, source: 'ECS', atMs: nowMs },
    deployInProgress: { value: deploying(stretch, atMs), source: 'ECS', atMs: nowMs },
  };
};

export const regionOf = ({ home }: Places, region: string): 0 | 1 => (region === home ? 0 : 1);
