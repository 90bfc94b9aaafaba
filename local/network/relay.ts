import net, { type Socket } from 'node:net';
import { regionOfAddress } from './addresses.ts';
import { type Connection, relayConnection } from './connection.ts';
import { callState, type Fault } from './faults.ts';
import { createScheduler } from './scheduler.ts';

/** A service of a region at its advertised address, and where it really listens. */
export type RelaySpec = {
  readonly region: string;
  readonly host: string;
  readonly port: number;
  readonly target: { readonly host: string; readonly port: number };
  /** The service speaks HTTP/1.1, so that error-rate faults can answer in its place. */
  readonly httpFaults?: boolean;
};

export type RelayHost = {
  /** Resolves with the port once the relay accepts connections. Rejects when the port is taken. */
  listen(id: number, spec: RelaySpec): Promise<number>;
  close(id: number): void;
  setFaults(faults: readonly Fault[]): void;
  closeAll(): void;
};

type Needs = {
  readonly rttMs: (from: string, to: string) => number;
  readonly random: () => number;
};

type Relay = {
  readonly spec: RelaySpec;
  readonly server: net.Server;
  /** As bound, so that a relay that listens again keeps its port. */
  port: number;
};

type Live = { readonly relay: Relay; readonly connection: Connection; readonly follow: () => void };

const CONNECTIONS_MAX = 8_192;

/** Relays connections between regions with the delay and the faults of the link. */
export const createRelayHost = ({ rttMs, random }: Needs): RelayHost => {
  const scheduler = createScheduler();
  const relays = new Map<number, Relay>();
  const live = new Set<Live>();
  let faults: readonly Fault[] = [];

  const accept = (relay: Relay, client: Socket): void => {
    const { region, target, httpFaults = false } = relay.spec;
    const caller = regionOfAddress(client.remoteAddress ?? '');
    let state = callState(faults, caller, region, 'service');
    if (state.refuses || live.size >= CONNECTIONS_MAX) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const connection = relayConnection({
      client,
      target,
      httpFaults,
      roundTripMs: caller === undefined ? 0 : rttMs(caller, region),
      link: () => state,
      scheduler,
      random,
      onClose: () => live.delete(entry),
    });
    const follow = (): void => {
      state = callState(faults, caller, region, 'service');
      connection.refresh();
    };
    const entry = { relay, connection, follow };
    live.add(entry);
  };

  const bind = (relay: Relay): Promise<number> =>
    new Promise((resolve, reject) => {
      relay.server.once('error', reject);
      relay.server.listen({ host: relay.spec.host, port: relay.port, backlog: 1024 }, () => {
        relay.server.off('error', reject);
        const address = relay.server.address();
        relay.port = typeof address === 'object' && address !== null ? address.port : relay.port;
        resolve(relay.port);
      });
    });

  /** A whole region that refuses has nobody listening: the kernel then refuses by itself. */
  const followRefusal = (relay: Relay): void => {
    const refuses = callState(faults, undefined, relay.spec.region, 'service').refuses;
    if (refuses && relay.server.listening) relay.server.close();
    if (!refuses && !relay.server.listening) bind(relay).catch(() => {});
  };

  return {
    async listen(id, spec) {
      const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
        accept(relay, client),
      );
      const relay: Relay = { spec, server, port: spec.port };
      const port = await bind(relay);
      relays.set(id, relay);
      followRefusal(relay);
      return port;
    },
    close(id) {
      const relay = relays.get(id);
      relays.delete(id);
      relay?.server.close();
      for (const entry of live) if (entry.relay === relay) entry.connection.reset();
    },
    setFaults(next) {
      faults = next;
      for (const relay of relays.values()) followRefusal(relay);
      for (const { follow } of live) follow();
    },
    closeAll() {
      for (const relay of relays.values()) relay.server.close();
      for (const { connection } of live) connection.reset();
      relays.clear();
      scheduler.close();
    },
  };
};
