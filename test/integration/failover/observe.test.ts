// Goal: an observer sees a real server go down and come back in time, says so at once, abstains
// when its own network is in question, and hands over without a gap. Method: `observe` as it is,
// real HTTP servers on loopback that are switched, the embedded DynamoDB and EventBridge.

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEventBus } from '../../../aws/eventBus.ts';
import type { ObserveOutput } from '../../../events/observation.ts';
import { observe } from '../../../functions/observe/run.ts';
import { eventually } from '../../contract/endpoint.ts';
import { HOME, STANDBY } from '../../support/failovers.ts';
import { SOCKETS } from '../../support/sockets.ts';
import { type PlanOptions, watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

type Answer = (response: ServerResponse) => void;
const well: Answer = (response) => void response.end('ok');
const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code, { location: '/elsewhere' }).end();
const silent: Answer = () => {};

/** A server that answers as it is told, and can be gone. */
const switchable = async () => {
  let answer: Answer = well;
  let server: Server;
  const listen = async (port: number) => {
    server = createServer((_request, response) => answer(response));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    url: `http://127.0.0.1:${port}/health`,
    set: (next: Answer) => {
      answer = next;
    },
    stop,
    start: () => listen(port),
  };
};

let world: WatchWorld;
let primary: Awaited<ReturnType<typeof switchable>>;
let standby: Awaited<ReturnType<typeof switchable>>;
beforeAll(async () => {
  world = await startWatchWorld();
  [primary, standby] = [await switchable(), await switchable()];
});
afterAll(async () => {
  primary.stop();
  standby.stop();
  await world.close();
});

const stops: (() => Promise<ObserveOutput>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  primary.set(well);
});

const base = {
  log: { info: () => {}, warn: () => {}, error: () => {} },
  count: () => {},
};
const realTime = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

/** Interval 200 ms, down 600 ms, up 1 s. */
const QUICK = { interval: '200ms', timeout: '200ms', down: '600ms', up: '1s' };
let plans = 0;
const planned = async (options: PlanOptions = {}) => {
  const plan = watchPlanWith({
    service: `seen${++plans}`,
    observers: [],
    urls: [primary.url, standby.url],
    ...options,
    health: { ...QUICK, ...options.health },
  });
  await world.table.putPlan(plan);
  return plan;
};

let holders = 0;
type Over = { clockOffMs?: number; region?: string; takeOver?: boolean };
const observing = (service: string, over: Over = {}) => {
  const stop = new AbortController();
  const { clockOffMs = 0, region = STANDBY, takeOver = false } = over;
  const run = observe({
    ...base,
    ...SOCKETS,
    clock: { ...realTime, now: () => Date.now() + clockOffMs },
    table: world.table,
    openBus: (heard) => openEventBus(world.sdk, heard),
    otherTables: [],
    region,
    newHolder: () => `holder-${++holders}`,
  });
  const result = run({ service, takeOver }, stop.signal);
  const end = () => {
    stop.abort();
    return result;
  };
  stops.push(end);
  return { result, end };
};

type SentVote = { target: string; vote: string; atMs: number; reason: string | null };
const votesOf = (service: string, target: string): SentVote[] =>
  world.heard
    .filter(({ type, detail }) => type === 'HealthVote' && detail['service'] === service)
    .flatMap(({ detail }) => detail['votes'] as SentVote[])
    .filter((vote) => vote.target === target);
const lastVote = (service: string, target = HOME) => votesOf(service, target).at(-1);
const says = (service: string, vote: string, target = HOME) =>
  eventually(`${target} ${vote}`, () => lastVote(service, target)?.vote === vote);

describe('an observer', () => {
  it.each<[string, Answer | 'gone', string]>([
    ['is gone', 'gone', 'refused'],
    ['answers 500', status(500), 'status'],
    ['answers with a redirect', status(302), 'redirect'],
    ['does not answer', silent, 'timeout'],
  ])(
    'sees that a server %s after `down`, and that it is back after `up`',
    async (_what, fault, failure) => {
      const { service } = await planned();
      observing(service);
      await says(service, 'UP');
      const brokenMs = Date.now();
      if (fault === 'gone') primary.stop();
      else primary.set(fault);
      await says(service, 'DOWN');
      const down = votesOf(service, HOME).find(({ vote }) => vote === 'DOWN');
      expect(down).toMatchObject({ lastFailure: failure, observer: 'local' });
      expect(down!.atMs - brokenMs).toBeGreaterThanOrEqual(500);
      expect(down!.atMs - brokenMs).toBeLessThanOrEqual(1_500);
      expect(lastVote(service, STANDBY)?.vote).toBe('UP');
      const mendedMs = Date.now();
      if (fault === 'gone') await primary.start();
      else primary.set(well);
      await says(service, 'UP');
      expect(Date.now() - mendedMs).toBeGreaterThanOrEqual(900);
      // What led to it is kept, with both turns.
      const chunks = await world.table.samples(service, { fromMs: 0, toMs: Date.now() });
      const failures = chunks.flatMap(({ samples }) => samples.map((sample) => sample.failure));
      expect(failures).toContain(failure);
      expect(failures).toContain(null);
    },
  );

  it('says what it thinks every two intervals, about both regions at once', async () => {
    const { service } = await planned();
    observing(service);
    await eventually('six votes', () => votesOf(service, HOME).length >= 6);
    const events = world.heard.filter(
      ({ type, detail }) => type === 'HealthVote' && detail['service'] === service,
    );
    for (const { detail } of events) expect(detail['votes']).toHaveLength(2);
    const times = votesOf(service, HOME).map(({ atMs }) => atMs);
    const gaps = times.slice(2).map((ms, index) => ms - times[index + 1]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(600);
    expect(gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeGreaterThanOrEqual(390);
  });

  it('that reaches no canary abstains instead of calling regions down', async () => {
    const canary = await switchable();
    const health = { ...QUICK, canaries: [canary.url] };
    const { service } = await planned({ health });
    observing(service);
    await says(service, 'UP');
    // Its network goes: all of it.
    canary.stop();
    primary.set(silent);
    standby.set(silent);
    await says(service, 'ABSTAIN');
    expect(lastVote(service)).toMatchObject({ reason: 'canary-failed' });
    standby.set(well);
    expect(votesOf(service, HOME).some(({ vote }) => vote === 'DOWN')).toBe(false);
  });

  it('that stands in a region says nothing of it', async () => {
    const observers = [HOME, 'us-east-2', 'sa-east-1', 'ap-northeast-1'];
    const { service } = await planned({ observers });
    observing(service, { region: HOME });
    await says(service, 'UP', STANDBY);
    expect(lastVote(service)).toMatchObject({ vote: 'ABSTAIN', reason: 'inside-target' });
  });

  it('scenario 14: whose clock is five minutes off abstains once it has heard the time', async () => {
    const { service } = await planned();
    observing(service, { clockOffMs: 300_000 });
    await eventually('clock skew', () => lastVote(service)?.reason === 'clock-skew');
    expect(lastVote(service, STANDBY)?.reason).toBe('clock-skew');
  });
});

describe('handing over', () => {
  it('lets nobody observe twice, and the next one go on with what is known', async () => {
    const { service } = await planned();
    const beganMs = Date.now();
    const first = observing(service);
    await says(service, 'UP');
    // The same minute came twice, however long it took to hear of the first one.
    const sameMinute = { clockOffMs: beganMs - Date.now() };
    const second = observing(service, sameMinute);
    expect(await second.result).toMatchObject({ ended: 'not-needed', probes: 0 });
    primary.stop();
    await says(service, 'DOWN');
    expect(await first.end()).toMatchObject({ ended: 'stopped', observer: 'local' });
    const left = await world.table.observer(service, 'local');
    expect(left?.memory[HOME]?.filter.hard.state).toBe('DOWN');
    const before = votesOf(service, HOME).length;
    observing(service);
    await eventually('a vote', () => votesOf(service, HOME).length > before);
    // It knows at once: nothing has to be found out again.
    expect(votesOf(service, HOME)[before]).toMatchObject({ vote: 'DOWN' });
    await primary.start();
  });

  it.each([
    ['gave it up', 300],
    ['held it, as soon as nothing has come from there for too long', 69_900],
  ])('leaves the place of one that died and %s', async (_how, untilMs) => {
    const { service } = await planned();
    const nowMs = Date.now();
    // It began 5.1 s ago. Votes are stale after 0.6 s here, and five seconds more are granted.
    const endsMs = nowMs + 64_900;
    const dead = { holder: 'dead', endsMs, untilMs: nowMs + untilMs, memory: {} };
    await world.table.holdObserver(service, 'local', dead, { nowMs });
    observing(service);
    await says(service, 'UP');
    expect(Date.now() - nowMs).toBeGreaterThanOrEqual(Math.min(untilMs, 450));
  });

  it('hears that it was relieved while a region is unwell to it, and leaves', async () => {
    const { service } = await planned();
    primary.stop();
    const first = observing(service);
    await says(service, 'DOWN');
    const second = observing(service, { takeOver: true });
    expect(await first.result).toMatchObject({ ended: 'replaced' });
    await primary.start();
    await second.end();
  });

  it('is told of a watch that does not exist', async () => {
    stops.length = 0;
    const { result } = observing('nobody');
    stops.length = 0;
    await expect(result).rejects.toMatchObject({
      name: 'InputInvalid',
      message: 'there is no watch nobody: it has no stored plan',
    });
  });
});
