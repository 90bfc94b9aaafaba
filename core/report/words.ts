/** The sentences of a report: what moved and how sure, what went wrong, what a person may do next. */
import { MIRRORED } from '../ranking/pairs.ts';
import { promotionOf, verdictAgainst } from '../ranking/promotion.ts';
import type { PairResult, Ranking } from '../ranking/ranking-types.ts';
import { ALL_UP } from '../ranking/scenarios.ts';
import { promoteStep } from './promotedDrill.ts';

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** More than the longest night has, by its default profile. */
const ROUNDS_OF_A_NIGHT = 100;

const moreRounds = (rounds: number): string =>
  rounds === 1 ? 'about one more round' : `about ${rounds} more rounds`;

/** What rounds to zero has no sign. */
const signed = (pct: number): string => {
  const digits = Math.abs(pct).toFixed(1);
  return digits === '0.0' ? digits : `${pct < 0 ? '−' : '+'}${digits}`;
};

/** Intervals that reach this far from their middle say more of the night than of the images. */
const NOISY_PCT = 10;

/** How far the intervals of undecided pairs reach where the night was noisy; undefined where it was not. */
const noiseOf = ({ pairs }: Ranking): string | undefined => {
  const open = pairs.filter(({ verdict }) => verdict === 'undecided');
  const intervals = open.flatMap(({ ciPct }) => (ciPct ? [ciPct] : []));
  if (!intervals.some(([low, high]) => (high - low) / 2 > NOISY_PCT)) return undefined;
  const low = Math.min(...intervals.map(([from]) => from));
  const high = Math.max(...intervals.map(([, to]) => to));
  return `${signed(low)} to ${signed(high)} %`;
};

const PAIRS_NAMED = 4;

/**
 * Which variants could not be told apart, and what would tell them; undefined when all are. More rounds of a night that
 * told a variant from itself would tell nothing, so there none are asked for.
 */
export const tiesText = (ranking: Ranking): string | undefined => {
  const { pairs, rows, needMoreRounds, aa } = ranking;
  const open = pairs.filter(({ verdict }) => verdict === 'undecided');
  if (open.length === 0) return undefined;
  const named = open.slice(0, PAIRS_NAMED).map(({ i, j }) => `${i} and ${j}`);
  const rest = open.length - named.length;
  const all = open.length === pairs.length && rows.length > 2;
  const yet = aa === 'differs' ? '' : ' yet';
  const what = all
    ? `None of the ${rows.length} can be told apart${yet}`
    : `Cannot be told apart${yet}: ${named.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
  if (needMoreRounds === undefined || aa === 'differs') return `${what}.`;
  if (needMoreRounds <= ROUNDS_OF_A_NIGHT) {
    return `${what}. ${sentence(moreRounds(needMoreRounds))} would tell.`;
  }
  const noise = noiseOf(ranking);
  return noise === undefined
    ? `${what}. They differ too little for the rounds of one night.`
    : `${what}: the intervals reach from ${noise}.`;
};

/** How many rounds there were; some stand for rounds that were lost. */
export const roundsText = (done: number, planned: number): string =>
  done > planned ? `${done}, ${done - planned} of them for lost ones` : `${done} of ${planned}`;

/** The table that decides: the median, with every region up. */
export const primaryRanking = (rankings: readonly Ranking[]): Ranking | undefined =>
  rankings.find(({ scenario, q }) => scenario === ALL_UP && q === 0.5);

/** `−8.2 % [−9.9, −6.1]` */
export const effectText = (pct: number, ci: readonly [number, number] | null): string =>
  `${signed(pct)} %${ci ? ` [${signed(ci[0])}, ${signed(ci[1])}]` : ''}`;

type Oriented = { verdict: PairResult['verdict']; effect: string; rounds: string };

/** The pair of two arms as seen from the first. */
export const pairOf = (ranking: Ranking, one: string, other: string): Oriented | undefined => {
  const straight = ranking.pairs.find(({ i, j }) => i === one && j === other);
  const turned = ranking.pairs.find(({ i, j }) => i === other && j === one);
  const pair = straight ?? turned;
  if (!pair) return undefined;
  const inverse = (pct: number): number => 100 * (1 / (1 + pct / 100) - 1);
  const ci = pair.ciPct;
  const effectPct = straight ? pair.effectPct : inverse(pair.effectPct);
  const range: [number, number] | null =
    ci && (straight ? [ci[0], ci[1]] : [inverse(ci[1]), inverse(ci[0])]);
  const wins = straight ? pair.wins : pair.losses;
  return {
    verdict: straight ? pair.verdict : MIRRORED[pair.verdict],
    effect: effectText(effectPct, range),
    rounds: `${Math.max(wins, pair.rounds - wins)} of ${pair.rounds} rounds`,
  };
};

const challengers = (ranking: Ranking, reference: string): string[] =>
  ranking.rows.map(({ v }) => v).filter((v) => v !== reference);

/** Candidates that are surely faster than the reference, best first. */
export const surelyFaster = (ranking: Ranking, reference: string): string[] =>
  challengers(ranking, reference).filter(
    (v) => verdictAgainst(ranking.pairs, v, reference) === 'faster',
  );

/** One sentence: what moved, and how sure. */
export const headlineOf = (rankings: readonly Ranking[], reference: string): string => {
  const ranking = primaryRanking(rankings);
  if (!ranking || ranking.rows.length === 0)
    return 'Nothing could be ranked: no round was measured whole.';
  if (ranking.aa === 'differs') {
    return `Do not trust this drill: ${reference} differed from itself (${ranking.aaPair?.words ?? 'A/A check'}).`;
  }
  if (challengers(ranking, reference).length === 0 && ranking.excluded.length > 0) {
    const others = ranking.excluded.map(({ v }) => v).join(', ');
    return `Nothing could be compared with ${reference} (today): ${others} could not be ranked.`;
  }
  const [best] = surelyFaster(ranking, reference);
  if (best !== undefined) {
    const pair = pairOf(ranking, best, reference);
    return `${best} is faster than ${reference} (today): ${pair?.effect} in ${pair?.rounds}.`;
  }
  const open = challengers(ranking, reference).filter(
    (v) => verdictAgainst(ranking.pairs, v, reference) === 'undecided',
  );
  if (open.length > 0) {
    return `No variant is surely faster than ${reference} (today); ${open.join(', ')} cannot be told apart from it yet.`;
  }
  return `${reference} (today) stays: no variant is faster by ${ranking.deltaPct.toFixed(0)} % or more.`;
};

/** What a person may do next, most useful first. */
export const nextSteps = (
  rankings: readonly Ranking[],
  reference: string,
  problems: number,
  failedGates: Readonly<Record<string, readonly string[]>> = {},
): string[] => {
  const ranking = primaryRanking(rankings);
  if (!ranking || ranking.rows.length === 0) {
    return ['See the problems above, then drill again. What was built stays cached.'];
  }
  if (ranking.aa === 'differs') {
    return [
      'The same image measured twice gave two answers, so tonight the environment moved more than the images. Drill again when the machine is quiet.',
    ];
  }
  const steps: string[] = [];
  const [best] = surelyFaster(ranking, reference);
  const medians = rankings.filter(({ q }) => q === 0.5);
  const views = best === undefined ? [] : promotionOf(medians, reference, failedGates);
  const against = views.find(({ v }) => v === best)?.against ?? [];
  if (best !== undefined && against.length === 0) {
    steps.push(promoteStep(best));
  } else if (best !== undefined) {
    steps.push(`Keep ${reference} for now. Against ${best}: ${against.join('; ')}.`);
  }
  if (ranking.needMoreRounds !== undefined && ranking.needMoreRounds > ROUNDS_OF_A_NIGHT) {
    steps.push(
      noiseOf(ranking) === undefined
        ? 'The undecided pairs differ too little for one night to tell: choose by size or start, or take them as equal.'
        : 'The times varied too much to tell the undecided pairs apart: drill again when the machine is quieter, or for more rounds with --profile nightly.',
    );
  } else if (ranking.needMoreRounds !== undefined) {
    steps.push(
      `${sentence(moreRounds(ranking.needMoreRounds))} would tell the undecided pairs apart: failover drill --profile nightly`,
    );
  }
  if (problems > 0) steps.push('Look into the problems listed; each names what to change.');
  if (steps.length === 0) steps.push(`Keep ${reference}. The next drill compares again.`);
  return steps;
};
