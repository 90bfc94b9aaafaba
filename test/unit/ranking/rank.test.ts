// Goal: a drill is ranked as its rounds deserve: sure differences, ties, and what was left out.
import { describe, expect, it } from 'vitest';
import { rankAll } from '../../../core/ranking/rank.ts';
import type { Ranking } from '../../../core/ranking/ranking-types.ts';
import { CONTROL, inputOf, PLAIN, REFERENCE } from './drills.ts';

const allUp = (...args: Parameters<typeof inputOf>): Ranking => rankAll(inputOf(...args), 0.5)[0]!;

const rowOf = (ranking: Ranking, v: string) => ranking.rows.find((row) => row.v === v)!;

const pairOf = (ranking: Ranking, i: string, j: string) =>
  ranking.pairs.find((pair) => pair.i === i && pair.j === j)!;

describe('a drill with clear differences and a tie', () => {
  const ranking = allUp(PLAIN);

  it('orders the rows by effect and shows the tie as a tie', () => {
    expect(ranking.rows.map(({ v, rank }) => [v, rank])).toEqual([
      ['fast', '1'],
      expect.arrayContaining(['2-3']),
      expect.arrayContaining(['2-3']),
      ['slow', '4'],
    ]);
    expect(ranking.decided).toBe(true);
    expect(ranking).not.toHaveProperty('needMoreRounds');
  });

  it('measures effects against the reference, in percent', () => {
    expect(rowOf(ranking, REFERENCE)).toMatchObject({ effectPct: 0, ciPct: [0, 0] });
    expect(rowOf(ranking, 'fast').effectPct).toBeCloseTo(100 * Math.expm1(-0.1), 0);
    const [low, high] = rowOf(ranking, 'slow').ciPct!;
    expect(low).toBeLessThan(100 * Math.expm1(0.1));
    expect(high).toBeGreaterThan(100 * Math.expm1(0.1));
  });

  it('turns a pair around when the reference stands first in it', () => {
    const pair = pairOf(ranking, 'fast', REFERENCE);
    expect(rowOf(ranking, 'fast').ciPct).toEqual(pair.ciPct);
    const turned = pairOf(ranking, 'slow', REFERENCE);
    expect(rowOf(ranking, 'slow').effectPct).toBeCloseTo(turned.effectPct, 10);
    const twin = pairOf(ranking, REFERENCE, 'twin');
    expect(rowOf(ranking, 'twin').effectPct).toBeCloseTo(
      100 * (100 / (100 + twin.effectPct) - 1),
      8,
    );
    expect(rowOf(ranking, 'twin').ciPct![0]).toBeCloseTo(
      100 * (100 / (100 + twin.ciPct![1]) - 1),
      8,
    );
  });

  it('keeps the control out of the variants and compares it with the reference', () => {
    expect(ranking.rows.map(({ v }) => v)).not.toContain(CONTROL);
    expect(ranking.pairs).toHaveLength(6);
    expect(ranking.aa).toBe('clean');
    expect(ranking.aaPair).toMatchObject({ i: CONTROL, j: REFERENCE });
  });

  it('explains every pair', () => {
    expect(pairOf(ranking, 'fast', 'slow').words).toMatch(
      /^faster in 12 of 12 rounds, 18 % \[1[78], 1[89]\]$/,
    );
    expect(pairOf(ranking, 'slow', REFERENCE).words).toMatch(/^slower in 12 of 12 rounds, 1\d %/);
    expect(pairOf(ranking, REFERENCE, 'twin').words).toMatch(/^same within 3 %: (fast|slow)er in /);
  });
});

describe('the A/A check', () => {
  it('differs when the same image measures differently', () => {
    const input = inputOf(PLAIN);
    const observations = input.observations.map((seen) =>
      seen.armId === CONTROL ? { ...seen, valueMs: seen.valueMs * 1.1 } : seen,
    );
    expect(rankAll({ ...input, observations }, 0.5)[0]).toMatchObject({
      aa: 'differs',
      aaPair: { verdict: 'slower' },
    });
  });

  it('says when there was no control', () => {
    const input = inputOf(PLAIN);
    const arms = input.arms.filter(({ role }) => role !== 'control');
    const observations = input.observations.filter(({ armId }) => armId !== CONTROL);
    expect(rankAll({ ...input, arms, observations }, 0.5)[0]).toMatchObject({
      aa: 'not measured',
      aaPair: null,
    });
  });
});

describe('small differences', () => {
  const quiet = { ...PLAIN, noise: 0.001, shifts: { near: 0.028, far: 0.032, equal: 0.001 } };

  it('below the margin are equivalent, or negligible when equivalence is not shown', () => {
    const ranking = allUp(quiet);
    expect(pairOf(ranking, 'equal', REFERENCE).verdict).toBe('same');
    expect(pairOf(ranking, 'far', REFERENCE).verdict).toBe('slower');
    const wide = allUp({ ...quiet, noise: 0.02, shifts: { near: 0.028 } });
    expect(pairOf(wide, 'near', REFERENCE)).toMatchObject({ verdict: 'negligible' });
    expect(pairOf(wide, 'near', REFERENCE).words).toMatch(
      /^differs, too small to matter: slower in/,
    );
    expect(rowOf(wide, 'near').rank).toBe('1-2');
  });

  it('below the self-noise are ties, however steady', () => {
    const ranking = allUp(quiet, { floorMs: 4 });
    expect(ranking.deltaPct).toBeCloseTo(10, 0);
    expect(ranking.pairs.map(({ verdict }) => verdict)).not.toContain('slower');
  });
});

describe('too few rounds', () => {
  const short = { ...PLAIN, rounds: 5 };

  it('decides nothing and says how many rounds are needed', () => {
    const ranking = allUp(short);
    expect(ranking.rows.every(({ rank }) => rank === '1-4')).toBe(true);
    expect(ranking.minRounds).toBe(8);
    expect(ranking.needMoreRounds).toBeGreaterThanOrEqual(3);
    expect(pairOf(ranking, 'fast', 'slow')).toMatchObject({ verdict: 'undecided', ciPct: null });
    expect(pairOf(ranking, 'fast', 'slow').words).toBe(
      `undecided: faster in 5 of 5 rounds, 18 %; need at least 8 rounds`,
    );
  });

  it('asks for more when looks were planned', () => {
    expect(allUp(short, { looks: 4 }).minRounds).toBe(10);
  });

  it('asks for about as many rounds as then decide', () => {
    const noisy = { ...PLAIN, noise: 0.25, shifts: { fast: -0.1 } };
    const asked = Array.from({ length: 30 }, (_, drill) => ({ ...noisy, seed: `${drill}` }))
      .map((model) => ({ model, more: allUp(model).needMoreRounds ?? 0 }))
      .filter(({ more }) => more > 0);
    const decided = asked.filter(
      ({ model, more }) => allUp({ ...model, rounds: PLAIN.rounds + 2 * more }).decided,
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(decided.length / asked.length).toBeGreaterThan(0.6);
  });
});

describe('what was not measured', () => {
  const input = inputOf(PLAIN);
  const without = (drop: (seen: (typeof input.observations)[number]) => boolean): Ranking =>
    rankAll({ ...input, observations: input.observations.filter((seen) => !drop(seen)) }, 0.5)[0]!;

  it('takes a cell away from all arms, and a round when too much is gone', () => {
    const one = (seen: (typeof input.observations)[number]) =>
      seen.armId === 'slow' && seen.round === 3 && seen.vantage === 'us-east-1';
    expect(without((seen) => one(seen) && seen.region === 'eu-west-1').droppedRounds).toEqual([]);
    const dropped = without(one);
    expect(dropped.droppedRounds).toEqual([3]);
    expect(dropped.rounds).toBe(11);
    expect(pairOf(dropped, 'fast', REFERENCE).rounds).toBe(11);
  });

  it('leaves out an arm that failed in most rounds, by name, and ranks the others', () => {
    const ranking = without((seen) => seen.armId === 'slow' && seen.round > 4);
    expect(ranking.excluded).toEqual([{ v: 'slow', why: 'measured in 4 of 12 rounds' }]);
    expect(ranking.rounds).toBe(12);
    expect(ranking.rows.map(({ v }) => v)).toHaveLength(3);
    expect(ranking.minRounds).toBe(7);
  });

  it('ranks without the reference by level, with no effects', () => {
    const ranking = without((seen) => seen.armId === REFERENCE);
    expect(ranking.rows.map(({ v, effectPct }) => [v, effectPct])).toEqual([
      ['fast', null],
      ['twin', null],
      ['slow', null],
    ]);
    expect(ranking.aa).toBe('not measured');
  });

  it('ranks nobody when no round has every variant', () => {
    const ranking = without((seen) => (seen.round % 2 === 0) === (seen.armId === 'fast'));
    expect(ranking.rows).toEqual([]);
    expect(ranking.decided).toBe(false);
    expect(ranking.excluded).toContainEqual({
      v: 'fast',
      why: 'no round in which every variant was measured',
    });
  });

  it('averages the rounds of one placement into one block', () => {
    const ranking = rankAll({ ...input, roundsPerPlacement: 3 }, 0.5)[0]!;
    expect(ranking.rounds).toBe(4);
    expect(ranking.pairs.every(({ verdict }) => verdict !== 'faster')).toBe(true);
  });
});

describe('what makes no sense is refused by name', () => {
  const input = inputOf(PLAIN);
  const first = input.observations[0]!;
  const withOne = (more: object) => () =>
    rankAll({ ...input, observations: [...input.observations, { ...first, ...more }] }, 0.5);

  it.each([
    [{ round: 99, valueMs: -1 }, '-1 ms is not a latency'],
    [{ round: 99, valueMs: Number.NaN }, 'NaN ms is not a latency'],
    [{ round: 1.5 }, 'rounds are whole numbers from 1'],
    [{ armId: 'ghost' }, "arm 'ghost', cell eu-central-1<eu-central-1, round 1: the arm is not in"],
    [{}, 'two values for quantile 0.5'],
  ])('%j', (more, message) => {
    expect(withOne(more)).toThrow(message);
  });

  it('nothing to rank', () => {
    expect(() => rankAll(input, 0.95)).toThrow('no observation of quantile 0.95 to rank');
  });
});
