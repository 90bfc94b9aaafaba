import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';
import { HOSTS, regionAddress } from '../../network/addresses.ts';
import { openStateFile, replaceFileNow } from '../../state/stateFile.ts';
import {
  CHECKER_REGIONS,
  type CheckConfig,
  type EndpointConfig,
  type HealthCheckState,
} from './config.ts';
import type { CheckOutcome, Prober } from './prober.ts';
import type { Votes } from './status.ts';

export type CheckerNeeds = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1; gives each checker its phase. */
  readonly random: () => number;
  readonly prober: Prober;
  /** Checkers in each region. */
  readonly perRegion: number;
  /** IPv4 addresses of a name as seen from a checker. */
  readonly lookUp: (name: string, sourceAddress: string) => Promise<readonly string[]>;
  readonly onFault: (error: unknown) => void;
};

/** One checker's view of one endpoint. */
type Checker = {
  readonly key: string;
  readonly region: string;
  readonly sourceAddress: string;
  healthy: boolean;
  /** Results in a row that say the opposite of `healthy`. */
  contrary: number;
  last?: { readonly outcome: CheckOutcome; readonly atMs: number };
  /** Calls off the next request. */
  cancel: () => void;
};

type Watched = {
  config: EndpointConfig;
  readonly checkers: Map<string, Checker>;
  readonly stop: AbortController;
};

export type Observation = {
  readonly region: string;
  readonly sourceAddress: string;
  readonly status: string;
  readonly atMs: number;
};

/** Checkers that say unhealthy, by health check: what a restart must not forget. */
const savedHealth = z.strictObject({ unhealthy: z.record(z.string(), z.array(z.string())) });

const placesOf = ({ regions }: EndpointConfig, perRegion: number) =>
  (regions ?? CHECKER_REGIONS).flatMap((region) =>
    Array.from({ length: perRegion }, (_, n) => ({
      key: `${region}/${n + 1}`,
      region,
      sourceAddress: regionAddress(region, HOSTS.checker + n),
    })),
  );

const runs = (config: CheckConfig): config is EndpointConfig =>
  config.type !== 'CALCULATED' && !config.disabled;

const addressFor = async (
  { ipAddress, domainName = '' }: EndpointConfig,
  sourceAddress: string,
  lookUp: CheckerNeeds['lookUp'],
): Promise<string | undefined> =>
  ipAddress ?? (await lookUp(domainName, sourceAddress).catch(() => []))[0];

/**
 * The health checkers: several in each region, each with a random phase and none knowing of the
 * others. A checker says what FailureThreshold results in a row have told it, and healthy at first.
 */
export const startCheckers = async (needs: CheckerNeeds) => {
  const { clock, random, prober, perRegion, lookUp, onFault } = needs;
  const file = path.join(needs.dataDir, 'route53', 'health.json');
  let { unhealthy: known } = (await openStateFile(file, savedHealth, { unhealthy: {} })).value;
  const watched = new Map<string, Watched>();

  /** On disk before DNS answers by it: what has been answered is not taken back by a restart. */
  const remember = (): void => {
    known = Object.fromEntries(
      [...watched].flatMap(([id, { checkers }]) => {
        const keys = [...checkers.values()].filter((one) => !one.healthy).map(({ key }) => key);
        return keys.length > 0 ? [[id, keys]] : [];
      }),
    );
    try {
      replaceFileNow(file, JSON.stringify({ unhealthy: known }));
    } catch (error) {
      onFault(error);
    }
  };

  const judge = (checker: Checker, outcome: CheckOutcome, threshold: number): void => {
    checker.last = { outcome, atMs: clock.now() };
    if (outcome.ok === checker.healthy) {
      checker.contrary = 0;
      return;
    }
    checker.contrary += 1;
    if (checker.contrary < threshold) return;
    checker.healthy = outcome.ok;
    checker.contrary = 0;
    remember();
  };

  const check = async (id: string, { config, stop }: Watched, { sourceAddress }: Checker) => {
    const address = await addressFor(config, sourceAddress, lookUp);
    if (address === undefined) {
      return { ok: false, status: `Failure: DNS resolution failed for ${config.domainName}.` };
    }
    const target = { config, address, sourceAddress, healthCheckId: id };
    return prober(target, stop.signal);
  };

  const start = (id: string, one: Watched, checker: Checker): void => {
    const isCurrent = () => !one.stop.signal.aborted && one.checkers.get(checker.key) === checker;
    const run = async (): Promise<void> => {
      try {
        const outcome = await check(id, one, checker);
        if (isCurrent()) judge(checker, outcome, one.config.failureThreshold);
      } catch (error) {
        onFault(error);
      }
      if (isCurrent()) checker.cancel = clock.after(one.config.requestIntervalS * 1_000, run);
    };
    checker.cancel = clock.after(random() * one.config.requestIntervalS * 1_000, run);
  };

  const staff = (id: string, one: Watched): void => {
    const places = placesOf(one.config, perRegion);
    for (const { key, cancel } of one.checkers.values()) {
      if (places.some((place) => place.key === key)) continue;
      cancel();
      one.checkers.delete(key);
    }
    const unhealthy = new Set(known[id]);
    for (const place of places) {
      if (one.checkers.has(place.key)) continue;
      const healthy = !unhealthy.has(place.key);
      const checker: Checker = { ...place, healthy, contrary: 0, cancel: () => {} };
      one.checkers.set(place.key, checker);
      start(id, one, checker);
    }
  };

  const end = (id: string): void => {
    const one = watched.get(id);
    watched.delete(id);
    one?.stop.abort();
    for (const { cancel } of one?.checkers.values() ?? []) cancel();
  };

  return {
    /** Goes on with exactly these checks; those that were there keep what their checkers know. */
    follow: (checks: readonly HealthCheckState[]): void => {
      const wanted = new Map(checks.map(({ id, config }) => [id, config]));
      const gone = [...watched.keys()].filter((id) => {
        const config = wanted.get(id);
        return !config || !runs(config);
      });
      for (const id of gone) end(id);
      if (gone.length > 0) remember();
      for (const [id, config] of wanted) {
        if (!runs(config)) continue;
        const known = watched.get(id);
        if (known?.config === config) continue;
        const one = known ?? { config, checkers: new Map(), stop: new AbortController() };
        one.config = config;
        watched.set(id, one);
        staff(id, one);
      }
    },
    votesOf: (id: string): Votes => {
      const checkers = [...(watched.get(id)?.checkers.values() ?? [])];
      const healthy = checkers.filter((checker) => checker.healthy).length;
      return { healthy, total: checkers.length };
    },
    /** What each checker of an endpoint saw last; those that have not looked yet are left out. */
    observations: (id: string): Observation[] =>
      [...(watched.get(id)?.checkers.values() ?? [])].flatMap(({ region, sourceAddress, last }) =>
        last ? [{ region, sourceAddress, status: last.outcome.status, atMs: last.atMs }] : [],
      ),
    close: (): void => {
      for (const id of [...watched.keys()]) end(id);
    },
  };
};

export type Checkers = Awaited<ReturnType<typeof startCheckers>>;
