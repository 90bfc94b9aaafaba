// Goal: what to measure, when to stop and what a failure says are decided as the plan of a drill asks for.
import { describe, expect, it } from 'vitest';
import { failureText } from '../../../core/drill/failureText.ts';
import { bytesBeyond, bytesOf, duplicates, runnableArms } from '../../../core/drill/images.ts';
import { inRow, type LookPlan, lookAfterRound } from '../../../core/drill/look.ts';
import { placementDurations } from '../../../core/drill/placement.ts';
import { armsOf, cellsOf, defaultVantages } from '../../../core/drill/plan.ts';
import { estimateMs, samplingOf } from '../../../core/drill/profiles.ts';
import { plannedLooks, rankDrill } from '../../../core/drill/rankDrill.ts';
import { minRounds } from '../../../core/ranking/rounds.ts';
import { drillRecords, MODEL, planOf } from '../../support/drillRecords.ts';

describe('the plan', () => {
  it('measures the reference twice and the others once', () => {
    const variants = ['fat', 'slim'].map((id) => ({ id, target: id, args: {} }));
    expect(armsOf(variants, 'slim')).toEqual([
      { id: 'slim', variantId: 'slim', role: 'reference' },
      { id: 'control', variantId: 'slim', role: 'control' },
      { id: 'fat', variantId: 'fat', role: 'candidate' },
    ]);
  });

  it('has a cell for each pair of a region and a vantage', () => {
    expect(cellsOf(['a', 'b'], ['x', 'y']).map(({ region, vantage }) => region + vantage)).toEqual([
      'ax',
      'ay',
      'bx',
      'by',
    ]);
  });

  it('probes from three vantages when none are named', () => {
    expect(defaultVantages(['a', 'b'], 'w', ['o1', 'o2'])).toEqual(['a', 'b', 'w']);
    expect(defaultVantages(['a', 'b'], undefined, ['a', 'o1', 'o2'])).toEqual(['a', 'b', 'o1']);
    expect(defaultVantages(['a', 'b'], undefined, [])).toEqual(['a', 'b']);
  });
});

describe('profiles', () => {
  it('quick: the fewest rounds that can decide every pair in one look', () => {
    const { rounds } = samplingOf('quick', 4);
    expect(rounds).toEqual({ min: minRounds(4), max: minRounds(4) });
  });

  it('nightly: twelve rounds or more, up to three times as many', () => {
    expect(samplingOf('nightly', 2).rounds).toEqual({ min: 12, max: 36 });
    const many = samplingOf('nightly', 12).rounds;
    expect(many.min).toBe(minRounds(12, 4));
    expect(many.max).toBe(3 * many.min);
  });

  it('own numbers are taken as they are, with a warm-up of a sixth', () => {
    const own = samplingOf({ rounds: { min: 3, max: 9 }, samples: 50, rate: 10 }, 4);
    expect(own).toMatchObject({ rounds: { min: 3, max: 9 }, samples: 50, warmup: 9, ratePerS: 10 });
  });

  it('estimates the time from bursts and placements', () => {
    const sampling = { rounds: { min: 10, max: 30 }, samples: 40, warmup: 10, ratePerS: 25 };
    expect(estimateMs(sampling, 5, 2, 1)).toBe(10 * (2_250 * 11 + 3_000));
  });

  it('looks at the planned rounds only, the last one among them', () => {
    const looks = plannedLooks({ ...planOf(MODEL), sampling: samplingOf('nightly', 4) });
    expect(looks.at(-1)).toBe(samplingOf('nightly', 4).rounds.max);
    expect(looks).toEqual([...looks].sort((a, b) => a - b));
  });
});

const LOOK: LookPlan = {
  round: 4,
  maxRounds: 12,
  looks: [8, 12],
  reference: 'slim',
  placements: [
    { region: 'r', armId: 'slim', taskDefinition: 't1' },
    { region: 'r', armId: 'fat', taskDefinition: 't2' },
  ],
  cells: [
    { region: 'r', vantage: 'a' },
    { region: 'r', vantage: 'b' },
  ],
  trouble: { failuresInRow: new Map(), unreachableInRow: new Map() },
  rank: () => [],
};

describe('after a round', () => {
  const [ranking] = rankDrill(planOf(MODEL), drillRecords(MODEL).bursts, { resamples: 0 });
  if (!ranking) throw new Error('the made-up drill did not rank');

  it('goes on without ranking when no look is planned', () => {
    const rank = () => {
      throw new Error('ranked between two looks');
    };
    expect(lookAfterRound({ ...LOOK, rank })).toMatchObject({ decision: 'more' });
  });

  it('stops at a look when every pair is decided, and not before', () => {
    const rank = (decided: boolean) => () => [{ ...ranking, decided }];
    const at8 = { ...LOOK, round: 8 };
    expect(lookAfterRound({ ...at8, rank: rank(true) }).decision).toBe('decided');
    expect(lookAfterRound({ ...at8, rank: rank(false) }).decision).toBe('more');
    expect(lookAfterRound({ ...LOOK, round: 7, rank: rank(true) }).decision).toBe('more');
  });

  it('lets only the median with all regions up decide', () => {
    const rank = () => [
      { ...ranking, decided: false },
      { ...ranking, scenario: 'r lost', decided: true },
      { ...ranking, q: 0.95, decided: true },
    ];
    expect(lookAfterRound({ ...LOOK, round: 8, rank }).decision).toBe('more');
  });

  it('stops at the last round when all rounds count', () => {
    const rank = () => [{ ...ranking, rounds: 12 }];
    expect(lookAfterRound({ ...LOOK, round: 12, rank })).toMatchObject({
      decision: 'max',
      why: 'all 12 rounds are done',
    });
  });

  it('makes up for lost rounds, one for every four planned and no more', () => {
    const rank = () => [{ ...ranking, rounds: 11 }];
    expect(lookAfterRound({ ...LOOK, round: 12, rank })).toMatchObject({
      decision: 'more',
      why: '11 of 12 rounds count so far',
    });
    expect(lookAfterRound({ ...LOOK, round: 15, rank })).toMatchObject({
      decision: 'max',
      why: '11 of 12 rounds count after 15 tries',
    });
  });

  it('gives up on what failed twice in a row, and on no more', () => {
    const failuresInRow = new Map([['r fat', 2]]);
    const unreachableInRow = new Map([
      ['r a', 2],
      ['r b', 1],
    ]);
    const look = lookAfterRound({ ...LOOK, trouble: { failuresInRow, unreachableInRow } });
    expect(look.decision).toBe('more');
    expect(look.placements.map(({ armId }) => armId)).toEqual(['slim']);
    expect(look.cells.map(({ vantage }) => vantage)).toEqual(['b']);
  });

  it('has no hope without the reference, or without any vantage', () => {
    const lostReference = { ...LOOK.trouble, failuresInRow: new Map([['r slim', 2]]) };
    expect(lookAfterRound({ ...LOOK, trouble: lostReference }).why).toContain(
      'the reference slim could not be placed',
    );
    const unreachableInRow = new Map([
      ['r a', 3],
      ['r b', 2],
    ]);
    const look = lookAfterRound({ ...LOOK, trouble: { ...LOOK.trouble, unreachableInRow } });
    expect(look).toMatchObject({ decision: 'hopeless', why: 'no vantage answers any more' });
  });

  it('counts troubles in a row up to this round', () => {
    const troubles = [
      { round: 1, key: 'a' },
      { round: 3, key: 'a' },
      { round: 4, key: 'a' },
      { round: 3, key: 'b' },
    ];
    expect(inRow(4, troubles)).toEqual(
      new Map([
        ['a', 2],
        ['b', 0],
      ]),
    );
  });
});

describe('images', () => {
  const layer = (digest: string, compressedBytes: number) => ({ digest, compressedBytes });
  const base = layer('base', 100);

  it('count a layer once, and what the reference has not at all', () => {
    expect(bytesOf([base, base, layer('app', 20)])).toBe(120);
    expect(bytesBeyond([base, layer('app', 20), layer('app', 20)], [base])).toBe(20);
    expect(bytesBeyond([base], [base])).toBe(0);
  });

  it('that are the same are known by their digest; those without one never are', () => {
    const images = [
      { variantId: 'a', digest: 'x' },
      { variantId: 'b', digest: null },
      { variantId: 'c', digest: 'x' },
      { variantId: 'd', digest: null },
    ];
    expect(duplicates(images)).toEqual(new Map([['c', 'a']]));
  });

  it('that cannot run take their arms with them, the control too', () => {
    const { arms } = planOf(MODEL);
    expect(runnableArms(arms, new Set(['slim', 'web'])).map(({ id }) => id)).toEqual([
      'slim',
      'control',
      'web',
    ]);
  });
});

describe('a placement', () => {
  const at = {
    ...{ createdAtMs: 1_000, pullStartedAtMs: 1_100, pullStoppedAtMs: 1_400 },
    ...{ startedAtMs: 1_500, readyAtMs: 2_000 },
  };

  it('is split where the platform tells of its parts', () => {
    const whole = { scheduleMs: 100, pullMs: 300, startMs: 500, readyMs: 1_000 };
    expect(placementDurations(at)).toEqual(whole);
  });

  it('shows what is not told as such', () => {
    const untold = { ...at, pullStartedAtMs: undefined, pullStoppedAtMs: undefined };
    expect(placementDurations(untold)).toEqual({
      ...{ scheduleMs: 500, pullMs: null, startMs: 500, readyMs: 1_000 },
    });
    expect(placementDurations({ ...untold, createdAtMs: undefined })).toMatchObject({
      scheduleMs: null,
      readyMs: 0,
    });
  });

  it('has no negative part when clocks disagree', () => {
    expect(placementDurations({ ...at, startedAtMs: 2_100 }).startMs).toBe(0);
  });
});

describe('the text of a failure', () => {
  it('is the message inside the JSON that Lambda gives, on one line', () => {
    const cause = JSON.stringify({
      errorType: 'NotReady',
      errorMessage: 'no "200"\nfrom C:\\x after 60 s',
      trace: ['at secret.ts:1'],
    });
    expect(failureText(cause)).toBe('no "200" from C:\\x after 60 s');
  });

  it('is whatever else was said, cut to a length', () => {
    expect(failureText('States.Timeout  \n in  state')).toBe('States.Timeout in state');
    expect(failureText('x'.repeat(5_000))).toHaveLength(400);
    expect(failureText('')).toBe('');
  });
});
