// Goal: a person always sees how far a drill is, from the history of its execution alone.
import { describe, expect, it } from 'vitest';
import {
  type HistoryEvent,
  onEvent,
  type Progress,
  plainLines,
  progressLines,
  startOfProgress,
} from '../../../cli/drill/progress.ts';

let id = 0;
const event = (type: string, state: string, atMs: number, data: Partial<HistoryEvent> = {}) => {
  id += 1;
  return { ...{ id, type, state, atMs, input: undefined, output: undefined }, ...data };
};
const entered = (state: string, atMs: number, input?: object) =>
  event('TaskStateEntered', state, atMs, input ? { input: JSON.stringify(input) } : {});
const exited = (state: string, atMs: number, output?: object) =>
  event('TaskStateExited', state, atMs, output ? { output: JSON.stringify(output) } : {});

const progressOf = (events: readonly HistoryEvent[], roundsMax = 8): Progress =>
  events.reduce(onEvent, startOfProgress(roundsMax));

const BUILDS = [
  entered('BuildVariants', 0),
  entered('BuildVariant', 0, { variantId: 'slim' }),
  entered('BuildVariant', 0, { variantId: 'fat' }),
  exited('BuildVariant', 9_000, { variantId: 'slim', status: 'SUCCEEDED' }),
];

const ROUND = [
  entered('PlaceRound', 20_000),
  entered('PlaceTask', 20_000),
  entered('PlaceTask', 20_000),
  exited('AwaitReady', 22_000),
];

const PROBING = [
  exited('AwaitReady', 23_000),
  entered('ProbeRound', 24_000),
  entered('DispatchProbe', 24_000),
  entered('DispatchProbe', 24_000),
  exited('DispatchProbe', 34_000),
];

describe('progress', () => {
  it('begins with preparing', () => {
    expect(progressLines(startOfProgress(8), 0)).toEqual(['  preparing']);
  });

  it('shows each build, done and under way', () => {
    expect(progressLines(progressOf(BUILDS), 12_000)).toEqual([
      '  build    slim ✓ 9.0 s   fat … 12.0 s',
    ]);
  });

  it('shows a build that failed', () => {
    const failed = exited('BuildVariant', 5_000, { variantId: 'fat', status: 'FAILED' });
    expect(progressLines(progressOf([...BUILDS, failed]), 9_000)[0]).toContain('fat ✗ 5.0 s');
  });

  it('shows the round with what it does', () => {
    const [, placing] = progressLines(progressOf([...BUILDS, ...ROUND]), 22_000);
    expect(placing).toBe('  round 1 of 8   ░░░░░░░░░░░░░░░░░░░░  placing, 1 of 2 ready');
    const [, probing] = progressLines(progressOf([...BUILDS, ...ROUND, ...PROBING]), 34_000);
    expect(probing).toBe('  round 1 of 8   ██░░░░░░░░░░░░░░░░░░  probing, 1 of 2 cells done');
  });

  it('estimates what is left once a round is done', () => {
    const two = progressOf([...BUILDS, ...ROUND, ...PROBING, entered('PlaceRound', 50_000)]);
    expect(progressLines(two, 50_000)[1]).toMatch(/round 2 of 8 .* about 3 min 30 s left$/);
  });

  it('ends with ranking, and says what rounds were made up for', () => {
    const nine = Array.from({ length: 9 }, (_, at) => entered('PlaceRound', at * 1_000));
    const end = progressOf([...nine, entered('Rank', 9_000)]);
    expect(end.phase).toBe('ranking');
    expect(progressLines(end, 9_000)[1]).toContain('round 8 of 8 (+1 for lost ones)');
    expect(progressOf([entered('Notify', 0)]).phase).toBe('done');
  });

  it('passes over what it does not know', () => {
    const odd = [event('ExecutionStarted', '', 0), entered('Plan', 0), entered('BuildVariant', 0)];
    const strange = exited('BuildVariant', 1, { variantId: 'nobody', status: 'SUCCEEDED' });
    const { lastId, ...rest } = progressOf([...odd, strange, exited('Plan', 2)]);
    const { lastId: _first, ...start } = startOfProgress(8);
    expect(rest).toEqual(start);
    expect(lastId).toBe(id);
  });
});

describe('plain lines for a log', () => {
  it('tell each change once', () => {
    const states = [startOfProgress(8)];
    const all = [...BUILDS, ...ROUND, ...PROBING, entered('Rank', 60_000)];
    for (const one of all) states.push(onEvent(states.at(-1)!, one));
    const lines = states.slice(1).flatMap((state, at) => plainLines(states[at]!, state));
    expect(lines).toEqual([
      'build slim: started',
      'build fat: started',
      'build slim: done after 9.0 s',
      'round 1 of 8',
      'ranking',
    ]);
  });
});
