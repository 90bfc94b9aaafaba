/** What `failover fault --json` prints. */
import * as z from 'zod';

export const FaultOutput = z.strictObject({
  /** Every fault that is set in the embedded network, in words. */
  faults: z.array(z.string()),
});
export type FaultOutput = z.output<typeof FaultOutput>;
