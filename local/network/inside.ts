/** The way to services for those inside their region: past the relays, which stand for distance. */
import type { Listener, Network } from './network.ts';
import type { RelaySpec } from './relay.ts';

type Place = { readonly host: string; readonly port: number };

/** Remembers what is behind each advertised address. */
export const openInside = (network: Pick<Network, 'listen'>) => {
  const behind = new Map<string, Place>();
  const keyOf = (host: string, port: number): string => `${host}:${port}`;
  return {
    async listen(spec: RelaySpec): Promise<Listener> {
      const listener = await network.listen(spec);
      const key = keyOf(spec.host, listener.port);
      behind.set(key, spec.target);
      return {
        ...listener,
        close: () => {
          behind.delete(key);
          return listener.close();
        },
      };
    },
    /** Where an address really is; itself when nothing is known of it. */
    reach: (host: string, port: number): Place => behind.get(keyOf(host, port)) ?? { host, port },
  };
};
