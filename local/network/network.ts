import { isRegion, regionNames } from '../../core/regions/regions.ts';
import { type Clock, sleep } from '../clock.ts';
import { HOSTS, regionAddress, regionOfAddress } from './addresses.ts';
import {
  type CallState,
  callState,
  checkFault,
  type Fault,
  lossDelayMs,
  type Plane,
} from './faults.ts';
import { type ProxyClient, startProxy } from './proxyClient.ts';
import type { RelaySpec } from './relay.ts';

export type NetworkNeeds = {
  /** Round-trip milliseconds between two regions. */
  readonly rtt: (from: string, to: string) => number;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
  readonly clock: Clock;
  /** `address:port` of a region's DNS resolver; without it sandboxes use the machine's own. */
  readonly resolver?: (region: string) => string | undefined;
  /** Hears when the relays are gone, with the reason. */
  readonly onLost?: (reason: string) => void;
};

/** The part of a call to the endpoint that the network looks at. */
type RegionCall = {
  readonly region: string;
  readonly sourceAddress: string;
  readonly signal: AbortSignal;
};

export type Listener = { readonly host: string; readonly port: number; close(): Promise<void> };

export type Network = {
  /** One-way delay in milliseconds, without faults; 0 from or to outside every region. */
  delayMs(from: string | undefined, to: string | undefined): number;
  /** What the faults make of calls from one region to another. */
  stateOf(caller: string | undefined, called: string | undefined, plane: Plane): CallState;
  /** Delay of one datagram of a call, or undefined when it is lost. `back`: it is the answer. */
  datagramMs(call: DatagramCall): number | undefined;
  /** Adds a fault or replaces the one with its id; resolves when connections feel it. */
  setFault(fault: Fault): Promise<void>;
  /** False when there is no such fault. */
  clearFault(id: string): Promise<boolean>;
  faults(): readonly Fault[];
  /** Relays an advertised address to where the service really listens, through the region's links. */
  listen(spec: RelaySpec): Promise<Listener>;
  /** For the endpoint: lets a request travel to the region it asks. Rejects when it cannot arrive. */
  arriveHook(call: RegionCall): Promise<void>;
  /** For the endpoint: lets an answer travel back. Rejects when it cannot arrive. */
  delayHook(call: RegionCall): Promise<void>;
  /** For sandboxes: the address their connections come from. */
  sourceAddress(region: string): string;
  resolver(region: string): string | undefined;
  close(): Promise<void>;
};

type DatagramCall = {
  readonly caller: string | undefined;
  readonly called: string | undefined;
  readonly plane: Plane;
  readonly back: boolean;
};

/** A held call looks again this often whether its link has healed. */
const HELD_CHECK_MS = 50;

const roundTripTable = (rtt: NetworkNeeds['rtt']) =>
  Object.fromEntries(
    regionNames.map((from) => [
      from,
      Object.fromEntries(regionNames.map((to) => [to, rtt(from, to)])),
    ]),
  );

const checkScope = (fault: Fault): void => {
  const regions =
    'region' in fault.scope ? [fault.scope.region] : [fault.scope.from, fault.scope.to];
  for (const region of regions) {
    if (!isRegion(region)) throw new RangeError(`fault ${fault.id}: unknown region '${region}'`);
  }
};

/** The network between the regions: delays, faults, relays and the identity of sandboxes. */
export const createNetwork = (needs: NetworkNeeds): Network => {
  const { rtt, random, clock } = needs;
  const faults = new Map<string, Fault>();
  let proxy: Promise<ProxyClient> | undefined;
  let nextId = 0;

  const startedProxy = (): Promise<ProxyClient> => {
    proxy ??= (async () => {
      const client = startProxy(needs.onLost ?? (() => {}));
      const seed = Math.floor(random() * 2 ** 32);
      await client.ask({ op: 'start', rtt: roundTripTable(rtt), seed });
      await client.ask({ op: 'faults', faults: [...faults.values()] });
      return client;
    })();
    return proxy;
  };

  const spread = async (): Promise<void> => {
    const client = await proxy;
    await client?.ask({ op: 'faults', faults: [...faults.values()] });
  };

  const delayMs = (from: string | undefined, to: string | undefined): number =>
    from === undefined || to === undefined ? 0 : rtt(from, to) / 2;

  const stateOf = (caller: string | undefined, called: string | undefined, plane: Plane) =>
    callState(faults.values(), caller, called, plane);

  /** One way of a call to an AWS endpoint. What a cut holds back goes on when the link heals. */
  const travel = async (call: RegionCall, back: boolean): Promise<void> => {
    const caller = regionOfAddress(call.sourceAddress);
    for (;;) {
      const state = stateOf(caller, call.region, 'aws');
      if (state.refuses) throw new Error(`${call.region} refuses connections`);
      if (!back && random() < state.errorShare) {
        throw new Error(`${call.region} broke the connection: an error-rate fault is set`);
      }
      if (back ? state.backPasses : state.toPasses) {
        const wayMs = delayMs(caller, call.region) + state.addMs;
        const waitMs = wayMs + lossDelayMs(state.loss, 2 * wayMs, random);
        if (waitMs > 0) await sleep(clock, waitMs, call.signal);
        return;
      }
      await sleep(clock, HELD_CHECK_MS, call.signal);
    }
  };

  return {
    delayMs,
    stateOf,
    datagramMs({ caller, called, plane, back }) {
      const state = stateOf(caller, called, plane);
      if (!(back ? state.backPasses : state.toPasses) || random() < state.loss) return undefined;
      return delayMs(caller, called) + state.addMs;
    },
    async setFault(fault) {
      checkFault(fault);
      checkScope(fault);
      faults.set(fault.id, fault);
      await spread();
    },
    async clearFault(id) {
      const known = faults.delete(id);
      if (known) await spread();
      return known;
    },
    faults: () => [...faults.values()],
    async listen(spec) {
      const { host } = spec;
      if (regionOfAddress(host) !== spec.region) {
        throw new RangeError(
          `a service of ${spec.region} cannot be advertised at ${host}: it is outside the region's block`,
        );
      }
      const client = await startedProxy();
      nextId += 1;
      const id = nextId;
      const port = await client.ask({ op: 'listen', id, spec });
      return {
        host,
        port,
        close: async () => {
          await client.ask({ op: 'close', id }).catch(() => {});
        },
      };
    },
    arriveHook: (call) => travel(call, false),
    delayHook: (call) => travel(call, true),
    sourceAddress: (region) => regionAddress(region, HOSTS.sandbox),
    resolver: (region) => needs.resolver?.(region),
    async close() {
      const client = await proxy?.catch(() => undefined);
      await client?.close();
    },
  };
};
