import type { CheckConfig } from './config.ts';

/** What the checkers of one endpoint say. */
export type Votes = { readonly healthy: number; readonly total: number };

type Known = {
  readonly configOf: (id: string) => CheckConfig | undefined;
  readonly votesOf: (id: string) => Votes;
};

/** An endpoint is healthy when more than this share of its checkers say so. */
const HEALTHY_SHARE = 0.18;

const rawHealth = (id: string, config: CheckConfig, known: Known): boolean => {
  if (config.type === 'CALCULATED') {
    const healthy = config.children.filter((child) => isHealthy(child, known)).length;
    return healthy >= config.healthThreshold;
  }
  const { healthy, total } = known.votesOf(id);
  return total === 0 || healthy > HEALTHY_SHARE * total;
};

/**
 * Whether a health check reports healthy. A disabled one always does, inverted or not; so does one
 * that is not there any more, as a record without a health check is always taken for healthy.
 */
export const isHealthy = (id: string, known: Known): boolean => {
  const config = known.configOf(id);
  if (!config || config.disabled) return true;
  return rawHealth(id, config, known) !== config.inverted;
};
