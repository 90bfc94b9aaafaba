import type { Config } from './config.ts';
import type { GateLimits } from './gates.ts';

/** The gates of a configuration, null where it asks for none. */
export const gateLimits = (gates: Config['drill']['gates']): GateLimits => {
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
