// Goal: a watch that is killed at any step of a failover ends, after a restart, as one that was not
// killed: one active region, one flip, the epoch of that flip, and never an empty or a mixed answer.
// Method: kill -9 of the real command as soon as a step of the execution stands in its journal, then
// a start on the same folder; DNS is asked over UDP all the while.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusOutput } from '../../../events/statusOutput.ts';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import {
  answers,
  ask,
  type Endpoint,
  freePort,
  openEndpoint,
  writeWatch,
} from '../../support/watchCommand.ts';

const START_MS = 30_000;
const MOVE_MS = 40_000;

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let port: number;
let config: string;
let running: Running[];

beforeEach(async () => {
  workshop = openWorkshop('crash-sweep');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.3'), openEndpoint('127.0.2.3')]);
  port = await freePort();
  config = writeWatch(workshop, {
    ...{ primary: primary.url, standby: standby.url, dnsPort: port },
    over: { failover: '{ mode: auto, failback: manual, cooldown: 0s, perDay: unlimited }' },
  });
  running = [];
});
afterEach(async () => {
  for (const one of running) one.child.kill('SIGKILL');
  await Promise.all(running.map((one) => one.ended));
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const start = (): Running => {
  const one = workshop.start(['watch', '--config', config, '--data', workshop.dataDir()]);
  running.push(one);
  return one;
};

const status = async (): Promise<StatusOutput> => {
  const { stdout } = await workshop.run(['status', '--json', '--data', workshop.dataDir()]);
  return StatusOutput.parse(JSON.parse(stdout));
};

/** Every change of the answer, silence left out: a killed server says nothing. */
const recordAnswers = () => {
  const seen: string[] = [];
  const stop = new AbortController();
  const asking = (async () => {
    while (!stop.signal.aborted) {
      const answer = (await ask(port))?.join(' ');
      if (answer !== undefined && answer !== seen.at(-1)) seen.push(answer);
      await sleep(10);
    }
  })();
  return {
    end: async (): Promise<readonly string[]> => {
      stop.abort();
      await asking;
      return seen;
    },
  };
};

/** Journals of failovers in the data folder, as text. */
const journals = (): string[] =>
  globSync(
    path.join(workshop.dataDir(), 'stepfunctions/*/executions/*-failover/*/journal.jsonl'),
  ).flatMap((file) => (existsSync(file) ? [readFileSync(file, 'utf8')] : []));

type Step = { readonly type: string; readonly state: string };

const isIn = ({ type, state }: Step): boolean =>
  journals()
    .flatMap((text) => text.split('\n').slice(0, -1))
    .flatMap((line) => JSON.parse(line) as { y?: string; d?: { name?: string } }[])
    .some(({ y, d }) => y === type && d?.name === state);

const untilStep = async (step: Step, of: Running): Promise<void> => {
  const untilMs = performance.now() + MOVE_MS;
  while (!isIn(step)) {
    if (performance.now() > untilMs) throw new Error(`no ${JSON.stringify(step)}: ${of.said()}`);
    await sleep(1);
  }
};

/** What must be the same wherever it was killed. */
const endStateOf = ({ active, phase, flips }: StatusOutput) => ({
  active,
  phase,
  flips: flips.map(({ to }) => to),
});

const UNKILLED = { active: 'eu-central-1', phase: 'STABILIZE', flips: ['eu-central-1'] };

/** Runs a failover that is killed at the step, and gives how it ended. */
const failoverKilledAt = async (step: Step) => {
  const recorder = recordAnswers();
  const first = start();
  await first.until(/eu-west-1 UP/, START_MS);
  await first.until(/eu-central-1 UP/, START_MS);
  await primary.stop();
  await untilStep(step, first);
  first.child.kill('SIGKILL');
  expect((await first.ended).signal).toBe('SIGKILL');
  const second = start();
  await answers(port, standby.host, START_MS + MOVE_MS, second);
  await expect
    .poll(async () => (await status()).phase, { timeout: MOVE_MS, interval: 500 })
    .toBe(UNKILLED.phase);
  const ended = await status();
  return { ended, seen: await recorder.end() };
};

const STEPS: readonly Step[] = [
  { type: 'TaskStateEntered', state: 'AcquireLease' },
  { type: 'TaskStateExited', state: 'AcquireLease' },
  { type: 'TaskStateEntered', state: 'Flip' },
  { type: 'TaskStateExited', state: 'Flip' },
  { type: 'TaskStateEntered', state: 'Verify' },
  { type: 'TaskStateExited', state: 'Verify' },
  { type: 'TaskStateEntered', state: 'Finish' },
  { type: 'TaskStateExited', state: 'Finish' },
];

describe('a watch that is killed during a failover', () => {
  it.each(STEPS)(
    'at $type $state ends as one that is not',
    async (step) => {
      const { ended, seen } = await failoverKilledAt(step);
      expect(endStateOf(ended)).toEqual(UNKILLED);
      expect(ended.epoch).toBe(ended.flips[0]?.epoch);
      // Never empty, never both, and never back once it has moved.
      expect(seen).toEqual([primary.host, standby.host]);
    },
    150_000,
  );
});
