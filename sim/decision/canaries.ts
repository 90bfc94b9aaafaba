/** Canaries of one observer, by its own clock: they answer wherever it has a network at all. */
import type { HealthSettings } from '../../core/health/settings.ts';

const STEADY_MS = 10_000;
const TAKES_MS = 20;
const DOWN_PARTS = 4;
const NEVER_MS = Number.POSITIVE_INFINITY;

export const openCanaries = ({ downMs, intervalMs, timeoutMs }: HealthSettings) => {
  const troubledMs = Math.round(downMs / DOWN_PARTS);
  const limitMs = Math.min(timeoutMs, troubledMs);
  let answer: boolean | null = null;
  let askedMs = Number.NEGATIVE_INFINITY;
  let coming: { answer: boolean; atMs: number } | null = null;

  const dueMs = (doubt: boolean): number => {
    if (coming !== null) return NEVER_MS;
    const troubled = doubt || answer === false;
    return askedMs + (troubled ? troubledMs : Math.max(STEADY_MS, intervalMs));
  };

  return {
    answer: () => answer,
    isQuiet: () => answer !== false && (coming === null || coming.answer),
    dueMs,
    ask: (nowMs: number, blind: boolean): void => {
      askedMs = nowMs;
      coming = { answer: !blind, atMs: nowMs + (blind ? limitMs : TAKES_MS) };
    },
    nextEndMs: (): number => coming?.atMs ?? NEVER_MS,
    /** Whether an answer has come that says something else. */
    hear: (nowMs: number): boolean => {
      if (coming === null || coming.atMs > nowMs) return false;
      const before = answer;
      answer = coming.answer;
      coming = null;
      return answer !== before;
    },
    begin: (): void => {
      answer = null;
      askedMs = Number.NEGATIVE_INFINITY;
      coming = null;
    },
    shift: (byMs: number): void => {
      askedMs += byMs;
      if (coming !== null) coming = { ...coming, atMs: coming.atMs + byMs };
    },
  };
};
