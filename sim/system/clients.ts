/** Clients of the service: each asks a resolver of its own kind, and then the address it was told. */
import type { Random } from '../../core/random.ts';
import type { Clock } from '../../local/clock.ts';
import type { TtlModel } from '../../local/dns/resolvers.ts';
import type { DnsZone } from '../../local/dns/zone.ts';
import { createResolver } from './names.ts';
import type { Service } from './service.ts';

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  readonly zones: () => readonly DnsZone[];
  readonly service: Service;
  readonly record: string;
  readonly regions: readonly string[];
  /** Regions that may be answered with now. */
  readonly eligible: () => readonly string[];
  readonly served: (region: string | undefined, eligible: readonly string[]) => void;
};

export type Traffic = {
  /** Requests by how they ended. */
  readonly answered: number;
  readonly failed: number;
  /** By region, in the last window. */
  stop(): void;
};

const MODELS: readonly TtlModel[] = [
  { kind: 'honest' },
  { kind: 'clamp-min', minS: 30 },
  { kind: 'clamp-max', maxS: 30 },
  { kind: 'ignore-ttl', factor: 10 },
];
const EVERY_MS = 10_000;
const TIMEOUT_MS = 5_000;

/** A resolver that notes who was eligible when it heard an answer from the name servers. */
const notingResolver = ({ clock, zones, eligible, record }: Needs, model: TtlModel) => {
  let heard: readonly string[] = [];
  const ask = createResolver(
    {
      clock,
      zones: () => {
        heard = eligible();
        return zones();
      },
    },
    model,
  );
  return () => ({ answer: ask({ name: record, type: 'A' }), heard });
};

export const startClients = (needs: Needs): Traffic => {
  const { clock, random, service, regions, served } = needs;
  const stop = new AbortController();
  let [answered, failed] = [0, 0];

  const start = (from: string, model: TtlModel): void => {
    const look = notingResolver(needs, model);
    const request = async (): Promise<void> => {
      if (stop.signal.aborted) return;
      clock.after(EVERY_MS * (0.5 + random.unit()), () => void request());
      const { answer, heard } = look();
      const { records } = answer;
      const address = records[random.below(Math.max(1, records.length))];
      const region = address === undefined ? undefined : service.regionAt(address);
      served(region, heard);
      if (region === undefined) return;
      const options = { timeoutMs: TIMEOUT_MS, signal: stop.signal };
      const { ok } = await service.request(from, region, options);
      if (ok) answered += 1;
      else failed += 1;
    };
    clock.after(EVERY_MS * random.unit(), () => void request());
  };
  for (const [n, model] of MODELS.entries())
    start(regions[n % regions.length] ?? 'us-east-1', model);
  return {
    get answered() {
      return answered;
    },
    get failed() {
      return failed;
    },
    stop: () => stop.abort(),
  };
};
