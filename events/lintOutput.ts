import * as z from 'zod';
import { SEVERITIES } from '../core/dockerfile/model.ts';

/** What `failover lint --json` prints. */
export const LintOutput = z.strictObject({
  /** What was read: each role of a region, each state machine. */
  stacks: z.array(z.strictObject({ role: z.string(), region: z.string() })),
  machines: z.array(z.string()),
  /** In the order of files and lines. */
  findings: z.array(
    z.strictObject({
      rule: z.string(),
      severity: z.enum(SEVERITIES),
      file: z.string(),
      line: z.int().min(1),
      what: z.string(),
      remedy: z.string(),
    }),
  ),
  failOn: z.enum([...SEVERITIES, 'none']),
  /** How many findings are as severe as that. */
  failed: z.int(),
});
export type LintOutput = z.output<typeof LintOutput>;
