/** Load balancers that aliases lead to: they are in a zone of Elastic Load Balancing, and no records of ours. */

/** The hosted zone of every embedded load balancer. */
export const BALANCER_ZONE = 'Z00000000000000000000';

/** What an alias to a load balancer is answered with, whatever is asked for. */
export const BALANCER_TTL_S = 60;

/** Address of the load balancer of a name, in lower case and without a dot at its end. */
export type BalancerAddress = (dnsName: string) => string | undefined;

/** As records keep it; consoles write `dualstack.` before it. */
export const balancerName = (stored: string): string =>
  stored.replace(/\.$/, '').replace(/^dualstack\./, '');
