// A made-up drill of the shop, seeded: what its records would be if the variants had these true times.

import { type Arm, armsOf, cellsOf } from '../../core/drill/plan.ts';
import { samplingOf } from '../../core/drill/profiles.ts';
import { seededRandom } from '../../core/random.ts';
import { rttMs } from '../../core/regions/regions.ts';
import { CELL_ARM_ID } from '../../core/report/cells.ts';
import { emptySketch, insert } from '../../core/sketch/sketch.ts';
import { encode } from '../../core/sketch/wire.ts';
import { DrillPlan } from '../../events/drillRecord.ts';
import type { ImageFacts } from '../../events/image.ts';
import type { LatencyRecord } from '../../events/latencyRecord.ts';
import type { KeptDrill } from '../../functions/rank/report.ts';
import { madeUpContents, madeUpStages, madeUpSteps } from './madeUpImages.ts';

export const STARTED_AT = '2026-11-21T01:00:00.000Z';
export const FINISHED_AT = '2026-11-21T01:14:07.000Z';

/** What is true of a variant, and of nothing else in the drill. */
export type TrueVariant = {
  readonly id: string;
  /** Median time that the server takes. */
  readonly waitMs: number;
  readonly readyMs: number;
  /** Undefined when the build fails. */
  readonly bytes?: number;
  readonly beyondBytes?: number;
};

export const SHOP: readonly TrueVariant[] = [
  { id: 'slim', waitMs: 21.4, readyMs: 812, bytes: 89_300_000, beyondBytes: 0 },
  { id: 'fat', waitMs: 24.1, readyMs: 1_140, bytes: 132_400_000, beyondBytes: 61_200_000 },
  { id: 'distroless', waitMs: 17.6, readyMs: 604, bytes: 43_100_000, beyondBytes: 12_400_000 },
  { id: 'web', waitMs: 21.2, readyMs: 214, bytes: 5_240_000, beyondBytes: 5_240_000 },
];

export type DrillModel = {
  readonly seed: string;
  readonly rounds: number;
  readonly variants: readonly TrueVariant[];
  readonly reference: string;
  readonly vantages: readonly string[];
  /** Standard deviation of ln(ms) of one burst. */
  readonly noise: number;
};

export const MODEL: DrillModel = {
  seed: 'drill-1',
  rounds: 8,
  variants: SHOP,
  reference: 'slim',
  vantages: ['eu-west-1', 'eu-central-1', 'eu-north-1'],
  noise: 0.012,
};

const SERVING = ['eu-west-1', 'eu-central-1'];

export const planOf = (model: DrillModel): DrillPlan => {
  const variants = model.variants.map(({ id }) => ({
    id,
    target: id,
    args: { BASE: 'node:24-slim' },
  }));
  const sampling = samplingOf('quick', variants.length);
  return DrillPlan.parse({
    drillId: 'shop-20261121-010000',
    service: 'shop',
    seed: model.seed,
    startedAt: STARTED_AT,
    profile: 'quick',
    homeRegion: 'eu-central-1',
    primary: 'eu-west-1',
    standby: 'eu-central-1',
    witness: 'eu-north-1',
    servingRegions: SERVING,
    vantages: model.vantages,
    cells: cellsOf(SERVING, model.vantages),
    reference: model.reference,
    variants,
    arms: armsOf(variants, model.reference),
    sampling: { ...sampling, rounds: { min: model.rounds, max: model.rounds } },
    probes: [
      { kind: 'http', path: '/api/products', expectStatus: 200, timeoutMs: 5_000 },
      { kind: 'tcp', timeoutMs: 5_000 },
      { kind: 'dns', name: 'shop.example.test', timeoutMs: 5_000 },
      { kind: 'database', table: 'products', timeoutMs: 5_000 },
    ],
    weights: { latency: 0.6, ready: 0.2, size: 0.1, cost: 0.1 },
    run: {
      port: 8080,
      health: '/healthz',
      cpu: 256,
      memoryMb: 512,
      env: {},
      readyTimeoutMs: 60_000,
    },
    slackParameter: '/failover/shop/slack-webhook',
  });
};

const imageOf = (
  { id, bytes, beyondBytes }: TrueVariant,
  at: number,
  contents: ReturnType<typeof madeUpContents>,
): ImageFacts => ({
  variantId: id,
  status: bytes === undefined ? 'failed' : 'built',
  reason: bytes === undefined ? 'step 7 of 9 (RUN npm ci) ended with exit code 1' : null,
  sameAs: null,
  imageUri:
    bytes === undefined ? null : `000000000000.dkr.ecr.eu-central-1.amazonaws.com/shop:${id}`,
  digest: bytes === undefined ? null : `sha256:${String(at).repeat(64)}`,
  compressedBytes: bytes ?? null,
  layers: contents.get(id)?.layers.length ?? null,
  bytesBeyondReference: beyondBytes ?? null,
  buildMs: 2_000 + 9_000 * at,
  cachedSteps: at === 0 ? 0 : 5,
  steps: 9,
  base: 'assembled from this machine',
  builder: 'buildah 1.28.2',
  configDigest: null,
  content: contents.get(id) ?? null,
  stages: madeUpStages(id),
  buildSteps: bytes === undefined ? [] : madeUpSteps(id, 2_000 + 9_000 * at, at > 0),
  findings: [],
  scan: null,
  gates: [],
});

const US = 1_000;

const normalOf = (unit: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());

type Sketches = Record<string, Uint8Array>;

const sketchesOf = (samples: readonly Record<string, number>[]): Sketches => {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  return Object.fromEntries(
    names.map((name) => {
      const sketch = emptySketch();
      for (const sample of samples) insert(sketch, (sample[name] ?? 0) * US);
      return [name, encode(sketch)];
    }),
  );
};

const PROXIED = 'a proxy on the way accepts connections itself, so connect times say nothing here';

type Common = Pick<LatencyRecord, 'drillId' | 'round' | 'cell'>;

const armBurst = (common: Common, arm: Arm, model: DrillModel, samples: number): LatencyRecord => {
  const { round, cell } = common;
  const random = seededRandom(model.seed, round, cell.region, cell.vantage, arm.id);
  const weather = seededRandom(model.seed, 'weather', round, cell.region, cell.vantage);
  const normal = () => normalOf(random.unit);
  const level = model.noise * (normal() + 2 * normalOf(weather.unit));
  const { waitMs = 20 } = model.variants.find(({ id }) => id === arm.variantId) ?? {};
  const trip = rttMs(cell.vantage, cell.region);
  const sample = () => {
    const wait = trip + waitMs * Math.exp(level + 0.06 * Math.abs(normal()));
    const transfer = 0.35 * Math.exp(0.2 * normal());
    const service = wait + transfer + 0.2;
    return {
      'http.total': service + 0.1 * random.unit(),
      'http.service': service,
      'http.wait': wait,
      'http.transfer': transfer,
    };
  };
  return {
    ...common,
    armId: arm.id,
    order: 0,
    startedAt: Date.parse(STARTED_AT) + round * 60_000,
    valid: true,
    sent: { http: samples },
    late: { http: 0 },
    warmup: { http: 4 },
    timeoutMs: { http: 5_000 },
    errors: {},
    counters: {},
    floorP50Us: 380 + 30 * random.unit(),
    floorP95Us: 720 + 60 * random.unit(),
    runner: 'runc',
    notAvailable: { 'http.tcp': PROXIED, tcp: PROXIED },
    sketches: sketchesOf(Array.from({ length: samples }, sample)),
  };
};

const cellBurst = (common: Common, model: DrillModel, samples: number): LatencyRecord => {
  const { round, cell } = common;
  const random = seededRandom(model.seed, round, cell.region, cell.vantage, CELL_ARM_ID);
  const spread = () => Math.exp(0.1 * normalOf(random.unit));
  const trip = rttMs(cell.vantage, cell.region);
  const sample = () => ({
    'dns.total': 0.6 * spread(),
    'database.write': trip + 3.2 * spread(),
    'database.read': trip + 1.4 * spread(),
    'database.stale': 18 * spread(),
  });
  const { region, vantage } = cell;
  // Heartbeats are read where the data is replicated to.
  const isReplica = region !== vantage && SERVING.includes(vantage);
  const sketches = sketchesOf(Array.from({ length: samples }, sample));
  const lags = Array.from({ length: 20 }, () => ({ 'replication.lag': trip + 30 * spread() }));
  return {
    ...armBurst(common, { id: CELL_ARM_ID, variantId: '', role: 'candidate' }, model, 1),
    sent: { dns: samples, database: samples, ...(isReplica ? { replication: lags.length } : {}) },
    late: {},
    warmup: {},
    timeoutMs: { dns: 5_000, database: 5_000, replication: 5_000 },
    notAvailable: {},
    sketches: isReplica ? { ...sketches, ...sketchesOf(lags) } : sketches,
  };
};

/** All records of a drill of this model. */
export const drillRecords = (model: DrillModel = MODEL): KeptDrill => {
  const plan = planOf(model);
  const rounds = Array.from({ length: model.rounds }, (_, index) => index + 1);
  const failed = new Set(
    model.variants.filter(({ bytes }) => bytes === undefined).map(({ id }) => id),
  );
  const arms = plan.arms.filter(({ variantId }) => !failed.has(variantId));
  const { drillId } = plan;
  const samples = plan.sampling.samples;
  const contents = madeUpContents(model.variants);
  return {
    plan,
    images: model.variants.map((variant, at) => imageOf(variant, at, contents)),
    unreachable: [],
    bursts: rounds.flatMap((round) =>
      plan.cells.flatMap((cell) => {
        const common = { drillId, round, cell };
        return [
          ...arms.map((arm) => armBurst(common, arm, model, samples)),
          cellBurst(common, model, samples),
        ];
      }),
    ),
    placements: rounds.flatMap((round) =>
      SERVING.flatMap((region) =>
        arms.map((arm) => {
          const random = seededRandom(model.seed, 'place', round, region, arm.id);
          const truth = model.variants.find(({ id }) => id === arm.variantId);
          const readyMs = Math.round(
            (truth?.readyMs ?? 500) * Math.exp(0.08 * normalOf(random.unit)),
          );
          return {
            round,
            placement: {
              region,
              armId: arm.id,
              taskArn: `arn:aws:ecs:${region}:000000000000:task/shop/${round}-${arm.id}`,
              host: '127.11.0.9',
              port: 8080,
              runner: 'runc',
              times: {
                scheduleMs: Math.round(readyMs * 0.12),
                pullMs: null,
                startMs: Math.round(readyMs * 0.85),
                readyMs,
              },
            },
            failure: null,
          };
        }),
      ),
    ),
  };
};
