/** A Dockerfile as plain data; the fields are those of core/dockerfile/model.ts. */
import * as z from 'zod';

const Step = z.strictObject({
  keyword: z.string(),
  args: z.string(),
  flags: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  heredocs: z.array(z.strictObject({ name: z.string(), text: z.string() })),
  line: z.int(),
  endLine: z.int(),
});

export const Dockerfile = z.strictObject({
  file: z.string(),
  globalArgs: z.array(Step),
  stages: z.array(
    z.strictObject({
      index: z.int(),
      name: z
        .string()
        .optional()
        .transform((name) => name),
      from: z.string(),
      line: z.int(),
      steps: z.array(Step),
    }),
  ),
  ignores: z.array(
    z.strictObject({
      rule: z.string(),
      reason: z.string(),
      line: z.int(),
      from: z.int(),
      to: z.int(),
    }),
  ),
});
