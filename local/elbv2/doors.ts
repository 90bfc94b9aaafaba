/** Where load balancers listen: a relay at their address in the region, and a server behind it. */
import http from 'node:http';
import { HOSTS, regionAddress } from '../network/addresses.ts';
import { forward, IDLE_MS } from './forward.ts';
import type { Reach } from './health.ts';
import type { ElbState, Listener, LoadBalancer } from './state.ts';
import type { Targets } from './targets.ts';

/** The part of the network that load balancers need. */
export type ElbNetwork = {
  listen(spec: {
    readonly region: string;
    readonly host: string;
    readonly port: number;
    readonly target: { readonly host: string; readonly port: number };
    readonly httpFaults?: boolean;
  }): Promise<{ close(): Promise<void> }>;
};

type Needs = {
  readonly state: ElbState;
  readonly network: ElbNetwork;
  readonly targets: Targets;
  readonly reach: Reach;
  readonly random: () => number;
};

/** Host numbers of load balancers: from their own up to those of tasks. */
export const HOST_NUMBERS = { first: HOSTS.loadBalancer, end: HOSTS.task } as const;

export const addressOf = ({ region, host }: LoadBalancer): string => regionAddress(region, host);

const serverPort = (server: http.Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

export const createDoors = (needs: Needs) => {
  const { state, network } = needs;
  const agent = new http.Agent({ keepAlive: true });
  const open = new Map<string, { close(): Promise<void> }>();

  const serve = (listener: string): http.Server => {
    const server = http.createServer({ keepAliveTimeout: IDLE_MS }, (request, response) =>
      forward({ ...needs, agent }, state.listeners.get(listener), request, response),
    );
    return server;
  };
  return {
    isOpen: (listener: string): boolean => open.has(listener),
    /** @throws Error when the address or port is taken. */
    async open(loadBalancer: LoadBalancer, { arn, port }: Listener): Promise<void> {
      const server = serve(arn);
      const target = { host: '127.0.0.1', port: await serverPort(server) };
      const { region } = loadBalancer;
      const host = addressOf(loadBalancer);
      try {
        const relay = await network.listen({ region, host, port, target, httpFaults: true });
        open.set(arn, {
          close: async () => {
            await relay.close();
            server.closeAllConnections();
            server.close();
          },
        });
      } catch (error) {
        server.close();
        throw error;
      }
    },
    async close(listener: string): Promise<void> {
      const door = open.get(listener);
      open.delete(listener);
      await door?.close();
    },
    async closeAll(): Promise<void> {
      const doors = [...open.values()];
      open.clear();
      await Promise.all(doors.map((door) => door.close()));
      agent.destroy();
    },
  };
};
export type Doors = ReturnType<typeof createDoors>;
