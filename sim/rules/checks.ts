/**
 * How the checks of other systems go from results to healthy and back, each as it is documented,
 * quirks kept. A check starts healthy, as all of these do.
 */

/** Takes the results of one checker about one region, in order; gives whether it calls it healthy. */
export type Check = (ok: boolean, atMs: number) => boolean;

/** So many results in a row either way: Route 53, HAProxy, keepalived, Consul. */
export const inARow = (fall: number, rise: number) => (): Check => {
  let healthy = true;
  let row = 0;
  return (ok) => {
    row = ok === healthy ? 0 : row + 1;
    if (row >= (healthy ? fall : rise)) {
      healthy = !healthy;
      row = 0;
    }
    return healthy;
  };
};

/**
 * gdnsd (plugin API of 3.x): failures add up to `down`; single successes between them do not reset
 * the count, `ok` of them in a row do. `up` successes in a row bring it back.
 */
export const accumulating = (up: number, ok: number, down: number) => (): Check => {
  let healthy = true;
  let failures = 0;
  let successes = 0;
  return (good) => {
    if (!good) {
      successes = 0;
      if (healthy && ++failures >= down) {
        healthy = false;
        failures = 0;
      }
      return healthy;
    }
    if (!healthy && ++successes >= up) {
      healthy = true;
      successes = 0;
    } else if (healthy && failures > 0 && ++successes >= ok) {
      failures = 0;
      successes = 0;
    }
    return healthy;
  };
};

const CALM_MS = 120_000;

/**
 * The clause proposed in sveltos #459: `count` failures that last for `forMs`, or in and out of
 * trouble for `unstableMs`. It comes back with as many successes in a row.
 */
export const degradedOrUnstable =
  (count: number, forMs: number, unstableMs: number) => (): Check => {
    let healthy = true;
    let row = 0;
    let firstMs = 0;
    let unstableSinceMs: number | null = null;
    let lastBadMs = Number.NEGATIVE_INFINITY;
    return (ok, atMs) => {
      row = ok === healthy ? 0 : row + 1;
      if (row === 1) firstMs = atMs;
      if (!ok) {
        if (atMs - lastBadMs > CALM_MS) unstableSinceMs = atMs;
        lastBadMs = atMs;
      }
      const unstable = unstableSinceMs !== null && atMs - unstableSinceMs >= unstableMs;
      if (healthy && !ok && ((row >= count && atMs - firstMs >= forMs) || unstable)) {
        healthy = false;
        row = 0;
      } else if (!healthy && ok && row >= count && atMs - lastBadMs > CALM_MS / 2) {
        healthy = true;
        row = 0;
        unstableSinceMs = null;
      }
      return healthy;
    };
  };
