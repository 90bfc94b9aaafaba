/** Gates that a variant must pass to be ranked; the fields are those of core/images/gates.ts. */
import * as z from 'zod';
import { share, sizeBytes } from './quantities.ts';
import { ScanSeverity } from './scan.ts';

/** `drill.gates` as a person writes it. */
export const GatesConfig = z.strictObject({
  errors: share()
    .refine((errors) => errors <= 1, 'expected at most 100%')
    .optional(),
  size: sizeBytes().optional(),
  findings: z.enum(['low', 'medium', 'high', 'none']).optional(),
  vulnerabilities: z
    .strictObject({
      file: z.string().min(1).max(500),
      severity: ScanSeverity.default('high'),
      unfixed: z.enum(['count', 'ignore']).default('count'),
    })
    .optional(),
});

/** What the configuration asks for; null where it asks for nothing. */
export const GateLimits = z.strictObject({
  /** Largest share of failed http probes. */
  errors: z.number().nullable(),
  /** Largest compressed size. */
  sizeBytes: z.number().nullable(),
  /** No findings from this severity on. */
  findings: z.enum(['low', 'medium', 'high']).nullable(),
  vulnerabilities: z
    .strictObject({ severity: ScanSeverity, unfixed: z.enum(['count', 'ignore']) })
    .nullable(),
});
export type GateLimits = z.output<typeof GateLimits>;

/** One gate of one variant. One that could not be judged does not gate, and is no pass either. */
export const GateResult = z.strictObject({
  gate: z.enum(['size', 'findings', 'vulnerabilities', 'errors']),
  status: z.enum(['passed', 'failed', 'not judged']),
  found: z.string(),
  limit: z.string(),
});
export type GateResult = z.output<typeof GateResult>;

/** The gates of a configuration, null where it asks for none. */
export const gateLimits = (gates: z.output<typeof GatesConfig> | undefined): GateLimits => {
  const { errors, size, findings, vulnerabilities } = gates ?? {};
  return {
    errors: errors ?? null,
    sizeBytes: size ?? null,
    findings: findings === undefined || findings === 'none' ? null : findings,
    vulnerabilities: vulnerabilities
      ? { severity: vulnerabilities.severity, unfixed: vulnerabilities.unfixed }
      : null,
  };
};
