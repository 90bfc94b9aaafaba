// Goal: the report says what moved and how sure, what went wrong, and what to do; the same records, the same words.
import { describe, expect, it } from 'vitest';
import { rankDrill } from '../../../core/drill/rankDrill.ts';
import type { Ranking } from '../../../core/ranking/ranking-types.ts';
import { notMeasuredOf } from '../../../core/report/findings.ts';
import { scoresAndPareto } from '../../../core/report/scores.ts';
import { placementLines, placementSummary } from '../../../core/report/variants.ts';
import {
  effectText,
  headlineOf,
  nextSteps,
  pairOf,
  primaryRanking,
  roundsText,
  surelyFaster,
  tiesText,
} from '../../../core/report/words.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT, MODEL, planOf, SHOP } from '../../support/drillRecords.ts';
import { troubledDrill } from '../../support/troubledDrill.ts';

const rankingsOf = (model = MODEL): Ranking[] =>
  rankDrill(planOf(model), drillRecords(model).bursts, { resamples: 0 });

const RANKINGS = rankingsOf();
const [RANKING] = RANKINGS;
if (!RANKING) throw new Error('the made-up drill did not rank');

const only = (ranking: Partial<Ranking>): Ranking[] =>
  RANKINGS.map((one) => (one === RANKING ? { ...one, ...ranking } : one));

describe('an effect', () => {
  it.each([
    [-8.23, [-9.94, -6.06], '−8.2 % [−9.9, −6.1]'],
    [6.11, null, '+6.1 %'],
    [-0.04, [-0.9, 0.04], '0.0 % [−0.9, 0.0]'],
  ] as const)('%d %j', (pct, ci, text) => expect(effectText(pct, ci)).toBe(text));

  it('seen from the other side is the inverse ratio', () => {
    const straight = pairOf(RANKING, 'distroless', 'fat');
    const turned = pairOf(RANKING, 'fat', 'distroless');
    expect(straight).toMatchObject({ verdict: 'faster', rounds: '8 of 8 rounds' });
    expect(turned).toMatchObject({ verdict: 'slower', rounds: '8 of 8 rounds' });
    const ratio = (text = '') => 1 + Number(text.split(' ')[0]?.replace('−', '-')) / 100;
    expect(ratio(straight?.effect) * ratio(turned?.effect)).toBeCloseTo(1, 2);
    expect(pairOf(RANKING, 'distroless', 'nobody')).toBeUndefined();
  });
});

describe('the headline', () => {
  it('names the best of those surely faster', () => {
    expect(surelyFaster(RANKING, 'slim')).toEqual(['distroless']);
    expect(headlineOf(RANKINGS, 'slim')).toMatch(
      /^distroless is faster than slim \(today\): −10\.4 % \[−.*, −.*\] in 8 of 8 rounds\.$/,
    );
  });

  it('does not trust a drill whose A/A check differs', () => {
    expect(headlineOf(only({ aa: 'differs' }), 'slim')).toMatch(/^Do not trust this drill: slim/);
  });

  it('says what cannot be told apart, and what stays when all can', () => {
    const verdict = (v: 'undecided' | 'same') =>
      only({ pairs: RANKING.pairs.map((pair) => ({ ...pair, verdict: v })) });
    expect(headlineOf(verdict('undecided'), 'slim')).toBe(
      'No variant is surely faster than slim (today); distroless, web, fat cannot be told apart from it yet.',
    );
    expect(headlineOf(verdict('same'), 'slim')).toBe(
      'slim (today) stays: no variant is faster by 3 % or more.',
    );
  });

  it('does not say that today stays when nothing was held against it', () => {
    const rows = RANKING.rows.filter(({ v }) => v === 'slim');
    const excluded = [{ v: 'fat', why: 'gate failed' }];
    expect(headlineOf(only({ rows, pairs: [], excluded }), 'slim')).toBe(
      'Nothing could be compared with slim (today): fat could not be ranked.',
    );
  });

  it('owns up when nothing could be ranked', () => {
    expect(headlineOf([], 'slim')).toContain('Nothing could be ranked');
    expect(headlineOf(only({ rows: [] }), 'slim')).toContain('Nothing could be ranked');
    expect(primaryRanking([])).toBeUndefined();
  });
});

describe('what to do next', () => {
  it('promotes the best when nothing speaks against it', () => {
    expect(nextSteps(RANKINGS, 'slim', 0)).toEqual([
      'Promote distroless: it is faster, and in no failure scenario slower. failover promote distroless',
    ]);
  });

  it('keeps the reference and says why when a scenario speaks against', () => {
    const turned = RANKINGS.map((one) =>
      one.scenario === 'eu-west-1 lost' && one.q === 0.5
        ? { ...one, pairs: one.pairs.map((pair) => ({ ...pair, verdict: 'slower' as const })) }
        : one,
    );
    expect(nextSteps(turned, 'slim', 2)).toEqual([
      'Keep slim for now. Against distroless: eu-west-1 lost: slower than slim.',
      'Look into the problems listed; each names what to change.',
    ]);
  });

  it('asks for the rounds that are missing', () => {
    const pairs = RANKING.pairs.map((pair) => ({ ...pair, verdict: 'undecided' as const }));
    const [step] = nextSteps(only({ pairs, needMoreRounds: 9 }), 'slim', 0);
    expect(step).toContain('About 9 more rounds');
    const [last] = nextSteps(only({ pairs, needMoreRounds: 1 }), 'slim', 0);
    expect(last).toContain('About one more round would');
    const [equal] = nextSteps(only({ pairs, needMoreRounds: 1_312 }), 'slim', 0);
    expect(equal).toContain('differ too little for one night');
    expect([roundsText(8, 12), roundsText(9, 8)]).toEqual([
      '8 of 12',
      '9, 1 of them for lost ones',
    ]);
    // That they are alike is said only where the night could have shown a difference.
    const wide = pairs.map((pair) => ({ ...pair, ciPct: [-58.9, 128.5] as const }));
    const noisy = only({ pairs: wide, needMoreRounds: 1_312 });
    expect(nextSteps(noisy, 'slim', 0)[0]).toContain('drill again when the machine is quieter');
    expect(noisy.flatMap((ranking) => tiesText(ranking) ?? [])).toEqual([
      'None of the 4 can be told apart yet: the intervals reach from −58.9 to +128.5 %.',
    ]);
  });

  it('is no further round where the A/A check differs', () => {
    const pairs = RANKING.pairs.map((pair) => ({ ...pair, verdict: 'undecided' as const }));
    for (const needMoreRounds of [1, 1_312]) {
      const distrusted = only({ pairs, needMoreRounds, aa: 'differs' });
      expect(distrusted.flatMap((ranking) => tiesText(ranking) ?? [])).toEqual([
        'None of the 4 can be told apart.',
      ]);
      expect(nextSteps(distrusted, 'slim', 0).join(' ')).not.toMatch(/more rounds?/);
    }
  });

  it('is to drill again when the A/A check differs or nothing was ranked', () => {
    expect(nextSteps(only({ aa: 'differs' }), 'slim', 0)[0]).toContain('Drill again');
    expect(nextSteps([], 'slim', 1)[0]).toContain('drill again');
  });

  it('is nothing when all is the same', () => {
    const pairs = RANKING.pairs.map((pair) => ({ ...pair, verdict: 'same' as const }));
    expect(nextSteps(only({ pairs }), 'slim', 0)).toEqual([
      'Keep slim. The next drill compares again.',
    ]);
  });
});

describe('the score', () => {
  const costs = SHOP.map(({ id, readyMs, bytes }) => ({
    ...{ id, readyMs },
    compressedBytes: bytes ?? null,
  }));
  const weights = { latency: 0.6, ready: 0.2, size: 0.1 };

  it('is the weighted geometric mean of the ratios to the reference', () => {
    const { scorePct } = scoresAndPareto(RANKING, costs, weights, 'slim');
    expect(scorePct.get('slim')).toBeCloseTo(0, 10);
    const level = (id: string) => RANKING.rows.find(({ v }) => v === id)?.effectPct ?? Number.NaN;
    const [slim, , distroless] = costs;
    const log =
      (0.6 * Math.log1p(level('distroless') / 100) +
        0.2 * Math.log((distroless?.readyMs ?? 0) / (slim?.readyMs ?? 1)) +
        0.1 * Math.log((distroless?.compressedBytes ?? 0) / (slim?.compressedBytes ?? 1))) /
      0.9;
    expect(scorePct.get('distroless')).toBeCloseTo(100 * Math.expm1(log), 8);
  });

  it('marks what no other beats in all three', () => {
    const { pareto } = scoresAndPareto(RANKING, costs, weights, 'slim');
    expect([...pareto].sort()).toEqual(['distroless', 'web']);
  });

  it('leaves a metric out that the reference does not have', () => {
    const unsized = costs.map((cost) => ({ ...cost, compressedBytes: null }));
    const without = scoresAndPareto(RANKING, unsized, weights, 'slim').scorePct;
    const unweighted = scoresAndPareto(RANKING, costs, { ...weights, size: 0 }, 'slim').scorePct;
    expect([...without]).toEqual([...unweighted]);
  });

  it('is empty without a ranking', () => {
    expect(scoresAndPareto(undefined, costs, weights, 'slim').scorePct.size).toBe(0);
    expect(scoresAndPareto({ ...RANKING, rows: [] }, costs, weights, 'slim').pareto.size).toBe(0);
  });
});

describe('a drill with trouble', () => {
  const report = reportOfDrill(troubledDrill(), FINISHED_AT);

  it('names each problem once, worst first', () => {
    expect(report.problems.slice(0, 3)).toEqual([
      {
        kind: 'BuildFailed',
        where: 'broken',
        what: 'step 7 of 9 (RUN npm ci) ended with exit code 1',
      },
      {
        kind: 'NotReady',
        where: 'web in eu-west-1',
        what: '/healthz answered 503 for 60 s (round 4)',
      },
      {
        kind: 'VantageUnreachable',
        where: 'eu-west-1 from eu-north-1',
        what: 'no answer within 30 s (round 3)',
      },
    ]);
    expect(report.problems.at(-1)).toMatchObject({
      kind: 'LateSamples',
      where: '2 of 351 bursts',
    });
    const failed = report.problems.filter(({ kind }) => kind === 'ProbesFailed');
    expect(failed.map(({ where }) => where)).toEqual([
      'fat in eu-west-1 from eu-west-1, eu-central-1, eu-north-1',
      'fat in eu-central-1 from eu-west-1, eu-central-1, eu-north-1',
    ]);
    expect(failed[0]?.what).toBe('4 × http.timeout, 2 × http.status, from each');
  });

  it('lists every placement, the failed one too', () => {
    expect(report.placements).toHaveLength(100);
    expect(report.placements.filter(({ error }) => error !== null)).toEqual([
      {
        ...{ round: 4, region: 'eu-west-1', armId: 'web', error: 'NotReady' },
        ...{ scheduleMs: null, pullMs: null, startMs: null, readyMs: null },
      },
    ]);
    const web = report.variants.find(({ id }) => id === 'web')?.placement;
    expect(web).toMatchObject({ placements: 19, failures: 1, pullMs: null });
  });

  it('counts failures beside the quantiles, never in them', () => {
    const cell = report.cells.find(({ cell: { vantage } }) => vantage === 'eu-west-1');
    const fat = cell?.arms.find(({ armId }) => armId === 'fat');
    expect(fat).toMatchObject({ failed: 6, errors: { 'http.timeout': 4, 'http.status': 2 } });
    expect(fat?.metrics['http.total']?.max).toBeLessThan(5_000);
  });

  it('has no value for a round that was late', () => {
    const cell = report.cells.find(
      ({ cell: { region, vantage } }) => region === 'eu-west-1' && vantage === 'eu-west-1',
    );
    const slim = cell?.arms.find(({ armId }) => armId === 'slim');
    expect(slim?.p50ByRoundMs).toHaveLength(10);
    expect(slim?.p50ByRoundMs[6]).toBeNull();
    expect(slim?.p50ByRoundMs[5]).toBeGreaterThan(0);
  });

  it('gives the same report from the same records in any order', () => {
    const drill = troubledDrill();
    const bursts = [...drill.bursts].reverse();
    const other = reportOfDrill({ ...drill, bursts }, FINISHED_AT);
    expect(other.inputsHash).toBe(report.inputsHash);
    expect(other.rankings).toEqual(report.rankings);
  });
});

describe('parts of a report', () => {
  it('errors of what a cell has in common are told as the cell’s', () => {
    const drill = drillRecords();
    const bursts = drill.bursts.map((burst) =>
      burst.armId === '-' && burst.round === 1 && burst.cell.vantage === 'eu-north-1'
        ? { ...burst, errors: { 'dns.timeout': 1 } }
        : burst,
    );
    const report = reportOfDrill({ ...drill, bursts }, FINISHED_AT);
    expect(report.problems.map(({ where, what }) => [where, what])).toEqual([
      ['the cell in eu-west-1 from eu-north-1', '1 × dns.timeout'],
      ['the cell in eu-central-1 from eu-north-1', '1 × dns.timeout'],
    ]);
    const cell = report.cells.find(({ cell: { vantage } }) => vantage === 'eu-north-1');
    expect(cell?.environmentErrors).toEqual({ 'dns.timeout': 1 });
    expect(cell?.environment['database.write']?.n).toBe(160);
  });

  it('what was not measured is told once', () => {
    const bursts = drillRecords().bursts;
    const images = [{ status: 'built', compressedBytes: null }];
    expect(notMeasuredOf(bursts, images, false).map(({ what }) => what)).toEqual([
      'http.tcp',
      'tcp',
      'image size and layers',
      'pull time',
    ]);
    expect(notMeasuredOf([], [{ status: 'failed', compressedBytes: null }], true)).toEqual([]);
  });

  it('what is not known of an image names the variants and the reason', () => {
    const image = (variantId: string, notRead: string | null, steps: number) => ({
      ...{ variantId, status: 'built', compressedBytes: 1 },
      ...{ content: { notRead }, buildSteps: Array.from({ length: steps }) },
    });
    const images = [
      image('slim', null, 3),
      image('fat', 'HTTP 403', 0),
      image('web', 'HTTP 403', 2),
    ];
    expect(notMeasuredOf([], images, true)).toEqual([
      { what: 'what is in the layers of fat, web', why: 'HTTP 403' },
      {
        what: 'steps of the build of fat',
        why: 'its log is not there, or no builder that is known wrote it',
      },
    ]);
  });

  it('placements of nobody have no medians', () => {
    expect(placementSummary([], 'slim')).toEqual({
      ...{ placements: 0, failures: 0, scheduleMs: null, pullMs: null, startMs: null },
      readyMs: null,
    });
    expect(placementLines([{ round: 1, placement: null, failure: null }])).toEqual([]);
  });

  it('a variant that is the image of another is a problem with its name', () => {
    const drill = drillRecords();
    const images = drill.images.map((image) =>
      image.variantId === 'web'
        ? { ...image, status: 'duplicate' as const, sameAs: 'slim', reason: 'the image of slim' }
        : image,
    );
    expect(reportOfDrill({ ...drill, images }, FINISHED_AT).problems).toEqual([
      { kind: 'SameImage', where: 'web', what: 'the image of slim' },
    ]);
  });
});
