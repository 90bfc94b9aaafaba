import type { PairResult } from './ranking-types.ts';

/** `8`, `0.4`, `-1.2`: one decimal below ten, none above. */
const shortNumber = (value: number): string => {
  const digits = Math.abs(value) < 9.95 ? 1 : 0;
  return String(Number(value.toFixed(digits)) + 0);
};

/**
 * Why a pair got its verdict, from the side of the first: `faster in 12 of 12 rounds, 8 % [6, 10]`. The
 * percentage and its interval count in the named direction.
 */
export const explainPair = (
  pair: Omit<PairResult, 'words'>,
  rule: { readonly deltaPct: number; readonly minRounds: number },
): string => {
  const faster = pair.theta < 0;
  const sign = faster ? -1 : 1;
  const rounds = `${faster ? pair.wins : pair.losses} of ${pair.rounds} rounds`;
  const ends = pair.ciPct?.map((end) => sign * end).sort((a, b) => a - b);
  const interval = ends ? ` [${ends.map(shortNumber).join(', ')}]` : '';
  const size = `${shortNumber(sign * pair.effectPct)} %${interval}`;
  const found = `${faster ? 'faster' : 'slower'} in ${rounds}, ${size}`;
  switch (pair.verdict) {
    case 'faster':
    case 'slower':
      return found;
    case 'same':
      return `same within ${shortNumber(rule.deltaPct)} %: ${found}`;
    case 'negligible':
      return `differs, too small to matter: ${found}`;
    case 'undecided': {
      const short = pair.rounds < rule.minRounds;
      return `undecided: ${found}${short ? `; need at least ${rule.minRounds} rounds` : ''}`;
    }
  }
};

/** A rank interval for people: `1`, or `2-3` for a tie. */
export const rankLabel = (lo: number, hi: number): string => (lo === hi ? `${lo}` : `${lo}-${hi}`);
