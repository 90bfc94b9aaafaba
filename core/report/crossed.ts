import type { Ranking } from '../ranking/ranking-types.ts';
import { formatMs } from '../units.ts';

/** Variants whose level, as it is shown, lies on the other side of the reference's than their effect says. */
const crossedVariants = ({ rows }: Ranking, reference: string): string[] => {
  const own = rows.find(({ v }) => v === reference);
  if (own === undefined) return [];
  return rows
    .filter(({ levelMs, effectPct }) => {
      if (effectPct === null || Math.abs(effectPct).toFixed(1) === '0.0') return false;
      if (formatMs(levelMs) === formatMs(own.levelMs)) return false;
      return levelMs < own.levelMs !== effectPct < 0;
    })
    .map(({ v }) => v);
};

/** Why a level and an effect in one row contradict each other; undefined where none do. */
export const crossedText = (ranking: Ranking, reference: string): string | undefined => {
  const crossed = crossedVariants(ranking, reference);
  if (crossed.length === 0) return undefined;
  const level = `p${ranking.q * 100}`;
  return `${crossed.join(', ')}: ${level} points the other way than the effect. ${level} is over all rounds, the effect compares round by round, and ranks go by it.`;
};
