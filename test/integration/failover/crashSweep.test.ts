// Goal: a watch that is killed at any step of a failover, or of the way home, ends after a restart as one that
// was not killed: one active region, one flip, the epoch of that flip, and never an empty or a mixed answer.
// Method: kill -9 of the real command as soon as a step of the execution stands in its journal, then
// a start on the same folder; DNS is asked over UDP all the while.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatusOutput } from '../../../events/statusOutput.ts';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import {
  answerOf,
  answers,
  ask,
  type Endpoint,
  freePort,
  openEndpoint,
  writeWatch,
} from '../../support/watchCommand.ts';

/** A start with driver `quorum` waits until every health checker has looked. */
const START_MS = 120_000;
const MOVE_MS = 120_000;

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let port: number;
let config: string;
let running: Running[];

/** After each start a region has to be well for so long anew. */
const health = '{ interval: 1s, timeout: 1s, down: 2s, up: 2s }';

const configure = (over: Readonly<Record<string, string>> = {}): void => {
  const failover = '{ mode: auto, failback: manual, cooldown: 0s, perDay: unlimited }';
  config = writeWatch(workshop, {
    ...{ primary: primary.url, standby: standby.url, dnsPort: port },
    over: { failover, health, ...over },
  });
};

beforeEach(async () => {
  workshop = openWorkshop('crash-sweep');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.3'), openEndpoint('127.0.2.3')]);
  port = await freePort();
  configure();
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

type Machine = 'failover' | 'failback';

/** Journals of a machine in the data folder, as text. */
const journals = (machine: Machine): string[] =>
  globSync(
    path.join(workshop.dataDir(), `stepfunctions/*/executions/*-${machine}/*/journal.jsonl`),
  ).flatMap((file) => (existsSync(file) ? [readFileSync(file, 'utf8')] : []));

type Step = { readonly type: string; readonly state: string };

const isIn = ({ type, state }: Step, machine: Machine): boolean =>
  journals(machine)
    .flatMap((text) => text.split('\n').slice(0, -1))
    .flatMap((line) => JSON.parse(line) as { y?: string; d?: { name?: string } }[])
    .some(({ y, d }) => y === type && d?.name === state);

const untilStep = async (step: Step, of: Running, machine: Machine = 'failover'): Promise<void> => {
  const untilMs = performance.now() + START_MS + MOVE_MS;
  while (!isIn(step, machine)) {
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

const bothUp = async (): Promise<Running> => {
  const first = start();
  await first.until(/eu-west-1 UP/, START_MS);
  await first.until(/eu-central-1 UP/, START_MS);
  return first;
};

/** Kills the watch once it is in the step, and starts it again. */
const restartAt = async (step: Step, of: Running, machine: Machine): Promise<Running> => {
  await untilStep(step, of, machine);
  of.child.kill('SIGKILL');
  expect((await of.ended).signal).toBe('SIGKILL');
  return start();
};

const untilPhase = (phase: string) =>
  expect
    .poll(async () => (await status()).phase, { timeout: START_MS + MOVE_MS, interval: 500 })
    .toBe(phase);

/** A step ends in the same write to the journal as the next one begins: a kill between them is one kill. */
const begun = (...states: string[]): Step[] =>
  states.map((state) => ({ type: 'TaskStateEntered', state }));

const ENDED: Step = { type: 'TaskStateExited', state: 'Finish' };

const STEPS = ['AcquireLease', 'Flip', 'Verify', 'Finish'];

describe('a watch that is killed again and again', () => {
  it('at each step of the way home ends at home', async () => {
    configure({ failover: '{ mode: auto, failback: auto, cooldown: 0s, perDay: unlimited }' });
    let watch = await bothUp();
    await primary.stop();
    await watch.until(/completed: done, eu-central-1 serves at epoch 1/, MOVE_MS);
    const recorder = recordAnswers();
    await primary.start();
    const steps = [
      ...begun('AcquireLease', 'FlipShift'),
      { type: 'WaitStateEntered', state: 'WatchShare' },
      ...begun('Verify', 'Finish'),
      ENDED,
    ];
    for (const step of steps) watch = await restartAt(step, watch, 'failback');
    await untilPhase('STEADY');
    const ended = await status();
    expect(ended).toMatchObject({ active: 'eu-west-1', epoch: 2 });
    expect(ended.flips.map(({ to, epoch }) => [to, epoch])).toEqual([
      ['eu-central-1', 1],
      ['eu-west-1', 2],
    ]);
    const seen = await recorder.end();
    // Shares are answered by turns: each answer is one of the two, never both and never none.
    expect(new Set(seen)).toEqual(new Set([standby.host, primary.host]));
    expect(seen.at(-1)).toBe(primary.host);
    expect(await answerOf(port)).toEqual([primary.host]);
  });

  it.each(['record', 'quorum'])(
    'at each step of a failover with the %s switch ends at the standby',
    async (driver) => {
      configure({ dns: `{ listen: "127.0.0.1:${port}", ttl: 1s, driver: ${driver} }` });
      let watch = await bothUp();
      await answers(port, primary.host, START_MS, watch);
      const recorder = recordAnswers();
      await primary.stop();
      for (const step of [...begun(...STEPS), ENDED])
        watch = await restartAt(step, watch, 'failover');
      await untilPhase(UNKILLED.phase);
      const ended = await status();
      expect(endStateOf(ended)).toEqual(UNKILLED);
      expect(ended.epoch).toBe(1);
      // Never empty, never both, and never back once it has moved.
      expect(await recorder.end()).toEqual([primary.host, standby.host]);
    },
  );
});
