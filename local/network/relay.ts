import net, { type Socket } from 'node:net';
import { regionOfAddress } from './addresses.ts';
import { type CallState, callState, type Fault, lossDelayMs } from './faults.ts';
import { createHttpFaults } from './httpFaults.ts';
import { createScheduler } from './scheduler.ts';
import { createDelayedStream, type DelayedStream } from './stream.ts';

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

type Relay = { readonly spec: RelaySpec; readonly server: net.Server; port: number };

type Connection = {
  readonly relay: Relay;
  readonly state: () => CallState;
  /** Follows a change of the faults. */
  readonly refresh: () => void;
  readonly reset: () => void;
};

const CONNECTIONS_MAX = 8_192;
/** A caller that closed while its link is cut is forgotten after this time. */
const CUT_LINGER_MS = 30_000;

const wire = (source: Socket, stream: DelayedStream): void => {
  let ended = false;
  source.on('data', (bytes: Buffer) => stream.send(bytes));
  source.on('end', () => {
    ended = true;
    stream.sendEnd();
  });
  source.on('error', () => {});
  source.on('close', () => {
    if (!ended) stream.sendReset();
  });
};

/** Relays connections between regions with the delay and the faults of the link. */
export const createRelayHost = ({ rttMs, random }: Needs): RelayHost => {
  const scheduler = createScheduler();
  const relays = new Map<number, Relay>();
  const connections = new Set<Connection>();
  let faults: readonly Fault[] = [];

  const accept = (relay: Relay, client: Socket): void => {
    const { spec } = relay;
    const caller = regionOfAddress(client.remoteAddress ?? '');
    const roundTripMs = caller === undefined ? 0 : rttMs(caller, spec.region);
    let state = callState(faults, caller, spec.region, 'service');
    if (state.refuses || connections.size >= CONNECTIONS_MAX) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const upstream = new net.Socket({ allowHalfOpen: true });
    upstream.setNoDelay(true);
    const delayMs = () => {
      const wayMs = roundTripMs / 2 + state.addMs;
      return wayMs + lossDelayMs(state.loss, 2 * wayMs, random);
    };
    let opened = false;
    const openUpstream = (): void => {
      if (opened || !state.toPasses) return;
      opened = true;
      upstream.connect(spec.target);
    };
    const back = createDelayedStream({
      scheduler,
      delayMs,
      passes: () => state.backPasses,
      source: upstream,
      sink: client,
    });
    const filter = spec.httpFaults
      ? createHttpFaults({
          errorStatus: () => (random() < state.errorShare ? state.errorStatus : undefined),
          pass: (bytes) => upstream.write(bytes),
          answer: back.send,
        })
      : undefined;
    const forward = createDelayedStream({
      scheduler,
      delayMs,
      passes: () => opened && state.toPasses,
      source: client,
      sink: upstream,
      ...(filter === undefined ? {} : { arrive: filter }),
    });
    const connection: Connection = {
      relay,
      state: () => state,
      refresh: () => {
        state = callState(faults, caller, spec.region, 'service');
        if (state.refuses) connection.reset();
        openUpstream();
        forward.flush();
        back.flush();
      },
      reset: () => {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      },
    };
    connections.add(connection);
    wire(client, forward);
    wire(upstream, back);
    client.once('end', () => {
      if (!state.toPasses || !state.backPasses) setTimeout(connection.reset, CUT_LINGER_MS).unref();
    });
    client.once('close', () => {
      connections.delete(connection);
      if (!opened || !state.toPasses) upstream.destroy();
    });
    openUpstream();
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
      for (const connection of connections) if (connection.relay === relay) connection.reset();
    },
    setFaults(next) {
      faults = next;
      for (const relay of relays.values()) followRefusal(relay);
      for (const connection of connections) connection.refresh();
    },
    closeAll() {
      for (const relay of relays.values()) relay.server.close();
      for (const connection of connections) connection.reset();
      relays.clear();
      scheduler.close();
    },
  };
};
