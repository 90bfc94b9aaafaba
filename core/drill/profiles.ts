import { minRounds } from '../ranking/rounds.ts';

/** How much a drill measures. */
export type Sampling = {
  /** Rounds at least and at most; the drill may stop at a look in between. */
  readonly rounds: { readonly min: number; readonly max: number };
  /** Probes of one kind in one burst, after the warm-up. */
  readonly samples: number;
  readonly warmup: number;
  readonly ratePerS: number;
};

export type ProfileName = 'quick' | 'nightly';

/** What `drill.profile` may say: a name, or the numbers themselves. */
export type Profile =
  | ProfileName
  | { rounds: { min: number; max: number }; samples: number; rate: number };

/**
 * The numbers behind a profile. `quick` takes the fewest rounds that can decide every pair in one look,
 * so that a newcomer waits minutes; `nightly` looks early and goes on while pairs are undecided.
 */
export const samplingOf = (profile: Profile, variants: number): Sampling => {
  if (profile === 'quick') {
    const rounds = minRounds(variants);
    return { rounds: { min: rounds, max: rounds }, samples: 20, warmup: 4, ratePerS: 32 };
  }
  if (profile === 'nightly') {
    const min = Math.max(12, minRounds(variants, 4));
    return { rounds: { min, max: 3 * min }, samples: 60, warmup: 10, ratePerS: 20 };
  }
  const { rounds, samples, rate } = profile;
  return { rounds, samples, warmup: Math.ceil(samples / 6), ratePerS: rate };
};

/** Share of one burst's time that is spent off the target, for estimates shown before a drill. */
const BURST_OVERHEAD_MS = 250;
const PLACEMENT_ESTIMATE_MS = 3_000;

/** Rough length of a drill's measuring part, for the plan that `check` prints. */
export const estimateMs = (
  sampling: Sampling,
  arms: number,
  armKinds: number,
  cellKinds: number,
): number => {
  const burstMs =
    ((sampling.samples + sampling.warmup) / sampling.ratePerS) * 1_000 + BURST_OVERHEAD_MS;
  return sampling.rounds.min * (burstMs * (arms * armKinds + cellKinds) + PLACEMENT_ESTIMATE_MS);
};

/** A probe function tells that it is alive at least this often, but never inside of a burst. */
export const BEAT_EVERY_MS = 3_000;
/** From the request to a vantage until its first sign: start of the function, and its way there. */
const FIRST_SIGN_MS = 15_000;
/** `TimeoutSeconds` of the state, which a heartbeat must stay below. */
const CELL_SECONDS_MAX = 900;

/** How long a vantage that is alive may be silent: one burst, and what it waits for at its end. */
export const heartbeatSeconds = (
  { samples, warmup, ratePerS }: Sampling,
  probes: readonly { readonly timeoutMs: number }[],
): number => {
  const burstMs = ((samples + warmup) / ratePerS) * 1_000;
  const timeoutMs = Math.max(0, ...probes.map((probe) => probe.timeoutMs));
  const silentMs = BEAT_EVERY_MS + burstMs + timeoutMs;
  return Math.min(CELL_SECONDS_MAX - 1, Math.ceil(Math.max(FIRST_SIGN_MS, silentMs) / 1_000) + 5);
};
