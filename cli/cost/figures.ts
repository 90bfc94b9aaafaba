/** What a configuration would cost on AWS, from its own plan and the memory that the templates give. */

import * as z from 'zod';
import { alarmMetrics } from '../../core/cost/alarms.ts';
import { type DrillSize, drillItems } from '../../core/cost/drill.ts';
import { imageItems } from '../../core/cost/images.ts';
import { others } from '../../core/cost/others.ts';
import { byPart, type Item, usdOf } from '../../core/cost/prices.ts';
import { serviceItems } from '../../core/cost/service.ts';
import { watchItems } from '../../core/cost/watch.ts';
import { balancerSubnetsOf, ZONES_MIN } from '../../core/deploy/serviceStacks.ts';
import { ARM_KINDS, armsOf, defaultVantages } from '../../core/drill/plan.ts';
import { estimateMs, samplingOf } from '../../core/drill/profiles.ts';
import { nextOccurrence } from '../../core/schedule/next.ts';
import type { VariantSpec } from '../../core/variants/matrix.ts';
import type { Config } from '../../events/config.ts';
import { healthSettings } from '../../events/failoverSettings.ts';
import { controllersIn } from '../../events/watchPlanOf.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { TASKS } from '../../local/stack/serviceStack.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { openYaml, type ReadYaml } from '../../local/stack/variables.ts';
import { ACCOUNT_ID } from '../../local/wire/types.ts';
import { servesIn } from '../lint/setup.ts';

/** What only a build or a bill would tell. */
export const ASSUMED = {
  /** Of one cached build on CodeBuild. */
  buildMinutes: 2,
  /** Compressed size of an image that nobody has built yet. */
  imageMb: 80,
} as const;

type Sized = Pick<Config, 'regions' | 'observers' | 'drill' | 'probes' | 'run' | 'image' | 'aws'>;

/** The measuring part of a drill, as `check` tells it. */
export const measuringOf = (config: Sized, variants: readonly VariantSpec[]) => {
  const { primary, standby, witness } = config.regions;
  const serving = [primary.name, standby.name];
  const vantages =
    config.drill.vantages ?? defaultVantages(serving, witness?.name, config.observers);
  const sampling = samplingOf(config.drill.profile, variants.length);
  const arms = config.image ? armsOf(variants, config.image.reference) : [];
  const kinds = config.probes.map(({ kind }) => kind);
  const armKinds = kinds.filter((kind) => ARM_KINDS.includes(kind)).length;
  const measuringMs = estimateMs(sampling, arms.length, armKinds, kinds.length - armKinds);
  return { serving, vantages, sampling, arms, kinds, measuringMs };
};

const resourcesOf = (role: string, read: ReadYaml) =>
  readStack({
    folder: PROJECT_FOLDER,
    role,
    region: 'eu-central-1',
    accountId: ACCOUNT_ID,
    params: {},
    read,
  }).resources;

/** Metrics that the alarms of a role look at; an expression over others is none itself. */
const alarmMetricsOf = (role: string, read: ReadYaml): number =>
  Object.values(resourcesOf(role, read))
    .filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
    .reduce((sum, { properties }) => sum + alarmMetrics(properties), 0);

/** Memory of a function in MB, as its template says. */
const memoryOf = (role: string, folder: string, read: ReadYaml): number => {
  const resources = resourcesOf(role, read);
  const found = Object.values(resources).find(({ properties }) => properties['Folder'] === folder);
  return Number(found?.properties['MemorySize']);
};

const sizeOf = (
  config: Sized,
  variants: readonly VariantSpec[],
  probeMemoryMb: number,
): DrillSize => {
  const { serving, vantages, sampling, arms, measuringMs } = measuringOf(config, variants);
  return {
    arms: arms.length,
    variants: variants.length,
    regions: serving.length,
    publicRegions: publicIn(config, serving).length,
    vantages: vantages.length,
    rounds: sampling.rounds.min,
    roundMs: measuringMs / sampling.rounds.min,
    cpu: config.run.cpu,
    memoryMb: config.run.memory,
    probeMemoryMb,
    ...ASSUMED,
  };
};

/** The rule of a template that lets old images expire, as ECR reads it. */
const Expiry = z.object({
  rules: z.tuple([
    z.object({
      selection: z.object({
        countType: z.literal('imageCountMoreThan'),
        countNumber: z.int().positive(),
      }),
    }),
  ]),
});

/** Images that a registry keeps, as its template says. */
const keptImages = (read: ReadYaml): number => {
  const { properties } = resourcesOf('serving', read)['ImageRepository'] ?? {};
  const { LifecyclePolicyText: text } = z
    .object({ LifecyclePolicyText: z.string() })
    .parse(properties?.['LifecyclePolicy']);
  return Expiry.parse(JSON.parse(text)).rules[0].selection.countNumber;
};

const summed = (items: readonly Item[]) => ({
  usd: usdOf(items),
  parts: byPart(items),
  items: items.map(({ part, what, price, units }) => ({ part, what, price, units })),
});

/** One drill with the fewest rounds, and with all that it may do; null where there is nothing to drill. */
export const drillCost = (config: Sized, variants: readonly VariantSpec[], read = openYaml()) => {
  if (!config.image || variants.length === 0) return null;
  const size = sizeOf(config, variants, memoryOf('observer', 'probe', read));
  const { rounds } = samplingOf(config.drill.profile, variants.length);
  return {
    ...summed(drillItems(size)),
    atMostUsd: usdOf(drillItems({ ...size, rounds: rounds.max })),
  };
};

/** A month of the images that drills leave, once the registries are full; null where nothing is built. */
export const imagesCost = (config: Sized, read = openYaml()) => {
  if (!config.image) return null;
  const regions = measuringOf(config, []).serving.length;
  const kept = keptImages(read);
  return { regions, kept, ...summed(imageItems({ regions, kept, imageMb: ASSUMED.imageMb })) };
};

/** A month of watching; null where no name fails over. */
export const watchCost = (config: Config, read = openYaml()) => {
  if (config.record === undefined) return null;
  const table = config.probes.some(({ kind }) => kind === 'database');
  const observers = Math.max(1, config.observers.length);
  const items = watchItems({
    observers,
    driver: config.dns.driver,
    controllers: controllersIn(config).controllers === null ? 1 : 2,
    intervalMs: healthSettings(config).intervalMs,
    beating: table ? 2 : 0,
    alarmMetrics: {
      home: alarmMetricsOf('failover', read),
      observer: alarmMetricsOf('watcher', read),
      beat: alarmMetricsOf('heartbeat', read),
    },
    memoryMb: {
      observe: memoryOf('watcher', 'observe', read),
      beat: memoryOf('heartbeat', 'beat', read),
      evaluate: memoryOf('failover', 'evaluate', read),
      prepare: memoryOf('failover', 'prepare', read),
    },
  });
  return { observers, ...summed(items) };
};

/** Where tasks have public addresses; they do where no network is named yet. */
const publicIn = ({ aws }: Pick<Config, 'aws'>, regions: readonly string[]): string[] => {
  const networks = new Map(Object.entries(aws.network));
  return regions.filter((region) => networks.get(region)?.access !== 'private');
};

/** A month of the service itself; null where it is somebody else's. */
export const serviceCost = (config: Config) => {
  const regions = servesIn(config);
  if (regions.length === 0) return null;
  const networks = new Map(Object.entries(config.aws.network));
  // One in each of its zones, of which it takes two.
  const ofBalancers = regions.map((region) => {
    const network = networks.get(region);
    const named = network === undefined ? [] : (balancerSubnetsOf(network) ?? []);
    return Math.max(ZONES_MIN, named.length);
  });
  const items = serviceItems({
    regions: regions.length,
    tasks: TASKS,
    cpu: config.run.cpu,
    memoryMb: config.run.memory,
    addresses: ofBalancers.reduce(
      (sum, each) => sum + each,
      publicIn(config, regions).length * TASKS,
    ),
  });
  return { regions: regions.length, ...summed(items) };
};

const NIGHTS_MAX = 200;
const MONTH_MS = 30.42 * 86_400_000;

/** How often the schedule starts a drill within a month from now; 0 without a schedule. */
export const drillsAMonth = ({ drill }: Sized, nowMs: number): number => {
  const { schedule, timezone } = drill;
  if (schedule === undefined) return 0;
  let count = 0;
  let at = nextOccurrence(schedule, timezone, nowMs);
  while (at !== undefined && at < nowMs + MONTH_MS && count < NIGHTS_MAX) {
    count += 1;
    at = nextOccurrence(schedule, timezone, at);
  }
  return count;
};

export const othersCost = (observers: number) =>
  others(observers).map(({ name, does, doesNot, items }) => ({
    name,
    does,
    doesNot,
    usd: usdOf(items),
  }));
