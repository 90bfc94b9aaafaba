import { lookup } from 'node:dns/promises';
import { resolve } from '../../dns/resolve.ts';
import type { DnsZone } from '../../dns/zone.ts';

/**
 * IPv4 addresses of a name as a checker at `sourceAddress` sees them: from the zones held here, or
 * from the machine's own resolver for names outside them.
 */
export const lookUpIn =
  (zones: () => readonly DnsZone[]) =>
  async (name: string, sourceAddress: string): Promise<readonly string[]> => {
    const said = resolve({ name, type: 'A' }, zones(), sourceAddress);
    if (said.authoritative) {
      return said.answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : []));
    }
    return (await lookup(name, { family: 4, all: true })).map(({ address }) => address);
  };
