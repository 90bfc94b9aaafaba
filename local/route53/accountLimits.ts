import type { Clock } from '../clock.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';

/** What is wrong with the control plane, for tests and drills; nothing when all are left out. */
export type Route53Faults = {
  /** Share of requests that are throttled whatever their rate, from 0 to 1. */
  readonly throttledShare?: number;
  /** Changes are refused because a prior one is not complete. */
  readonly busy?: boolean;
  /** Changes are accepted and lost: `GetChange` does not know them, and no record changes. */
  readonly losesChanges?: boolean;
  /**
   * Accepted changes become INSYNC and never reach these name servers: numbers from 1, and 0 for
   * every other address of the DNS server.
   */
  readonly unseenBy?: readonly number[];
};

/** Five requests a second for the whole account, as Route 53 has it. */
export const REQUESTS_PER_S = 5;

type Needs = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly requestsPerS: number;
  readonly faults: () => Route53Faults;
  /** Awaited before each operation. */
  readonly before: () => Promise<unknown>;
};

/** The operations behind the account's request limit. */
export const limited = (operations: Operations, needs: Needs): Operations => {
  const { clock, random, requestsPerS, faults, before } = needs;
  let left = requestsPerS;
  let seenMs = clock.monotonicMs();
  const admit = (): void => {
    const nowMs = clock.monotonicMs();
    if (Number.isFinite(requestsPerS)) {
      left = Math.min(requestsPerS, left + ((nowMs - seenMs) / 1_000) * requestsPerS);
    }
    seenMs = nowMs;
    const unlucky = random() < (faults().throttledShare ?? 0);
    if (left < 1 || unlucky) throw new AwsError('Throttling', 'Rate exceeded', {}, 400);
    left -= 1;
  };
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      async (input: unknown, call: CallContext) => {
        admit();
        await before();
        return run(input, call);
      },
    ]),
  );
};
