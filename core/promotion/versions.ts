/**
 * How one version of a service is asked alone, whatever share of the traffic it has: its load balancer sends a
 * request on to the target group that this header names. The template of role `service` has the rules for it.
 */
export const VERSION_HEADER = 'X-Failover-Drill-Group';

/** The header's value for a target group: the end of its ARN, as `targetgroup/shop-next/73e2d6bc24d8a067`. */
export const versionHeaderOf = (groupArn: string): string => groupArn.split(':').at(-1) ?? groupArn;
