/**
 * The authoritative servers of a zone, found as any client finds them: through DNS. Route 53's own
 * API would name them too, but it stands in one region, and a proof must not depend on it.
 */
import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { DrillError } from '../../core/errors.ts';

const TIMEOUT_MS = 2_000;
const TRIES = 2;
const DNS_PORT = 53;

const withPort = (address: string): string =>
  isIPv6(address) ? `[${address}]:${DNS_PORT}` : `${address}:${DNS_PORT}`;

/**
 * `ip:port` of every server that the zone is delegated to; asked of `resolvers`, or of those of the
 * system when there are none. @throws DrillError `TransientFailure` when nobody can tell.
 */
export const delegatedServers = async (
  zone: string,
  resolvers: readonly string[],
): Promise<string[]> => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (resolvers.length > 0) resolver.setServers(resolvers);
  try {
    const names = await resolver.resolveNs(zone);
    const found = await Promise.all(
      names.map((name) => resolver.resolve4(name).catch(() => resolver.resolve6(name))),
    );
    return [...new Set(found.flat().map(withPort))].sort();
  } catch (cause) {
    throw new DrillError(
      'TransientFailure',
      `the name servers of ${zone} cannot be found: ${cause instanceof Error ? cause.message : cause}`,
      { zone },
      cause,
    );
  }
};
