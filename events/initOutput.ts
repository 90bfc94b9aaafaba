import * as z from 'zod';

/** What `failover init --json` prints. */
export const InitOutput = z.strictObject({
  file: z.string(),
  service: z.string(),
  variants: z.array(z.string()),
});
