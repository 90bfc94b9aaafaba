/** Votes on their way from observers to the evaluator: a bus that delivers at least once, mostly. */
import { rttMs } from '../../core/regions/regions.ts';
import type { Traffic } from '../faults/traffic.ts';
import type { Agenda } from './agenda.ts';
import type { Check } from './checks/check.ts';
import type { Controller } from './controller.ts';
import type { Observer } from './observer.ts';
import { faultsOf, reachesPlatform } from './surroundings.ts';
import type { Votes } from './voting.ts';

type Needs = {
  readonly agenda: Agenda;
  readonly traffic: Traffic;
  readonly observers: readonly Observer[];
  readonly controller: Controller;
  readonly checks: readonly Check[];
};

/** The bus and the start of the function that it calls. */
const BUS_MS = 40;

export const openPosts = ({ agenda, traffic, observers, controller, checks }: Needs) => {
  const { places, noise } = traffic;
  const ways = observers.map(({ name }) => BUS_MS + Math.round(rttMs(name, places.standby) / 2));

  const deliver = (votes: Votes, atMs: number): void =>
    agenda.put(atMs, 'votes', (ms) => controller.judge(votes, ms));

  const send = (index: number, votes: Votes, atMs: number): void => {
    const observer = observers[index];
    const stretch = traffic.timeline().at(atMs);
    if (observer === undefined || !reachesPlatform(stretch, observer.name, places.standby)) return;
    observer.answered(atMs);
    let arrivesMs = atMs + (ways[index] ?? 0);
    let times = 1;
    for (const [place, fault] of faultsOf(stretch, 'events').entries()) {
      if (noise(300 + index, atMs, place) >= fault.share) continue;
      const lateMs = Math.floor(fault.delayMs * noise(400 + index, atMs, place));
      if (fault.how === 'lost') times = 0;
      else if (fault.how === 'duplicated') times++;
      // A vote that waits lets a later one pass: late and out of order are the same fault.
      else arrivesMs += lateMs;
    }
    for (let copy = 0; copy < times; copy++) deliver(votes, arrivesMs + copy * 700);
  };

  return {
    /** Lets an observer do what is due, and sends what it says. */
    step: (index: number, atMs: number): void => {
      const observer = observers[index];
      const votes = observer?.step(atMs) ?? null;
      if (observer === undefined || votes === null) return;
      if (observer.trouble() === null) {
        for (const check of checks) check.voted?.(index, votes, atMs);
      }
      send(index, votes, atMs);
    },
  };
};
