/** An HTTP request as a Lambda function URL hands it over (payload format 2.0), and its answer. */
import * as z from 'zod';

export const FunctionUrlEvent = z.object({
  /** Names are lower case. */
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
});
export type FunctionUrlEvent = z.output<typeof FunctionUrlEvent>;

export const FunctionUrlAnswer = z.strictObject({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
export type FunctionUrlAnswer = z.output<typeof FunctionUrlAnswer>;
