/**
 * URLs that should always answer. An observer that reaches none of them doubts its own network, and
 * abstains.
 */
import type { HealthSettings } from '../../core/health/settings.ts';
import { httpTargetOf } from '../_httpTarget.ts';
import type { Outside } from '../_outside.ts';
import type { SteadyClock } from './probing.ts';

type Needs = {
  readonly probe: Outside['probe'];
  readonly urls: readonly string[];
  readonly settings: HealthSettings;
  readonly clock: SteadyClock;
  readonly signal: AbortSignal;
  readonly heard: () => void;
};

/** Others' servers are asked no more often than this while nothing is in doubt. */
const STEADY_MS = 10_000;

const DOWN_PARTS = 4;

/** Any answer, even a refusal by status, came through the network. */
const CAME_THROUGH: ReadonlySet<string> = new Set(['status', 'redirect', 'header', 'body']);

export const openCanaries = ({ probe, urls, settings, clock, signal, heard }: Needs) => {
  // Asked and answered well within `down`, so that a cut network is known before it is mistaken.
  const troubledMs = settings.downMs / DOWN_PARTS;
  const timeoutMs = Math.min(settings.timeoutMs, troubledMs);
  const targets = urls.map((url) => ({ ...httpTargetOf(url), method: 'HEAD' as const }));
  let answer: boolean | null = null;
  let askedMs = Number.NEGATIVE_INFINITY;
  let asking = false;

  const ask = async (): Promise<void> => {
    askedMs = clock.now();
    asking = true;
    const outcomes = await Promise.all(
      targets.map((target) => probe(target, { timeoutMs, signal })),
    );
    asking = false;
    if (signal.aborted) return;
    const before = answer;
    answer = outcomes.some((outcome) => outcome.ok || CAME_THROUGH.has(outcome.reason));
    if (answer !== before) heard();
  };

  return {
    /** When to ask next. */
    dueMs: (doubt: boolean): number => {
      if (targets.length === 0 || asking) return Number.POSITIVE_INFINITY;
      const troubled = doubt || answer === false;
      return askedMs + (troubled ? troubledMs : Math.max(STEADY_MS, settings.intervalMs));
    },
    ask,
    /** Null while none are configured, or none has been asked. */
    answer: () => answer,
  };
};

export type Canaries = ReturnType<typeof openCanaries>;
