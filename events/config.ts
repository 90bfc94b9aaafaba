/**
 * `failover.yml`: what a person writes, and what the parts read. Parsing turns every quantity with
 * a unit into a number whose name ends in that unit, and fills in the defaults.
 */
import * as z from 'zod';
import {
  eligibleMinOf,
  outsideOf,
  parseQuorum,
  SINGLE_VANTAGE_QUORUM,
} from '../core/health/settings.ts';
import { AwsConfig, StagesConfig } from './awsConfig.ts';
import { ecsServiceOf } from './ecsService.ts';
import { fenceFaults } from './fencedListener.ts';
import { GatesConfig } from './gates.ts';
import { NotifyConfig } from './notifyConfig.ts';
import { PromotionConfig } from './promotionConfig.ts';
import { durationMs, ratePerS } from './quantities.ts';
import { PrimaryConfig, RegionConfig, regionName, webUrl } from './regionConfig.ts';
import { ResidencyConfig } from './residency.ts';
import { ServiceName } from './serviceName.ts';
import { maintenanceWindow, nights } from './windows.ts';

const dnsName = z
  .string()
  .max(253)
  .regex(
    /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/,
    'expected a host name such as shop.example.com',
  );

const urlPath = z.string().max(500).startsWith('/');

const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  z.union([z.string(), z.number(), z.boolean()]).transform(String),
);

const stageOrArg = z.string().min(1).max(128);

export const ImageConfig = z.strictObject({
  context: z.string().default('.'),
  dockerfile: z.string().default('Dockerfile'),
  matrix: z.strictObject({
    target: z.array(stageOrArg).min(1).max(40),
    args: z.record(stageOrArg, z.array(z.string().max(256)).min(1).max(20)).default({}),
  }),
  exclude: z
    .array(
      z.strictObject({
        target: stageOrArg.optional(),
        args: z.record(stageOrArg, z.string()).default({}),
      }),
    )
    .default([]),
  reference: z.string().min(1),
});

export const ProbeConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    path: urlPath.default('/'),
    expect: z.int().min(100).max(599).default(200),
    timeout: durationMs().default(5_000),
  }),
  z.strictObject({ kind: z.literal('tcp'), timeout: durationMs().default(5_000) }),
  z.strictObject({ kind: z.literal('dns'), timeout: durationMs().default(5_000) }),
  z.strictObject({
    kind: z.literal('database'),
    table: z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/),
    timeout: durationMs().default(5_000),
  }),
]);

const rounds = z.union([
  z
    .int()
    .min(1)
    .max(200)
    .transform((max) => ({ min: max, max })),
  z
    .string()
    .regex(/^\d{1,3}\.\.\d{1,3}$/, 'expected a number or a range such as 12..36')
    .transform((text) => {
      const [min = 0, max = 0] = text.split('..').map(Number);
      return { min, max };
    })
    .refine(
      ({ min, max }) => min >= 1 && min <= max && max <= 200,
      'expected 1 <= from <= to <= 200',
    ),
]);

export const ProfileConfig = z.union([
  z.enum(['quick', 'nightly']),
  z.strictObject({
    rounds,
    samples: z.int().min(5).max(1_000).default(60),
    rate: ratePerS().default(20),
  }),
]);

export const DrillConfig = z.strictObject({
  schedule: z.string().max(256).optional(),
  timezone: z.string().max(64).default('UTC'),
  profile: ProfileConfig.default('nightly'),
  vantages: z.array(regionName).min(1).max(12).optional(),
  weights: z
    .strictObject({
      latency: z.number().min(0).default(0),
      ready: z.number().min(0).default(0),
      size: z.number().min(0).default(0),
      cost: z.number().min(0).default(0),
    })
    .default({ latency: 0.6, ready: 0.2, size: 0.1, cost: 0.1 }),
  readyTimeout: durationMs().default(60_000),
  gates: GatesConfig.optional(),
  rehearsal: z
    .strictObject({
      depth: z.enum(['replay', 'shadow', 'canary', 'full']),
      every: nights.default('night'),
      full: nights.optional(),
      window: maintenanceWindow.optional(),
      /** Longest time from the fault to the proof that the standby serves. */
      rto: durationMs().optional(),
      /** How long a canary or a full flip is held, and must stay well. */
      hold: durationMs().default(60_000),
    })
    .optional(),
  promote: z.enum(['manual', 'canary', 'bluegreen']).default('manual'),
});

const QUORUM_EXPECTED =
  'expected a share and a number such as "60% of 3", or votes such as "2 of 5"';

export const HealthConfig = z.strictObject({
  interval: durationMs().default(10_000),
  timeout: durationMs().default(2_000),
  slow: z.strictObject({ p95: durationMs(), for: durationMs() }).optional(),
  down: durationMs().default(30_000),
  up: durationMs().default(120_000),
  quorum: z
    .string()
    .regex(/^\d{1,3}%? of \d{1,2}$/, QUORUM_EXPECTED)
    .refine((text) => parseQuorum(text) !== undefined, QUORUM_EXPECTED)
    .default('60% of 3'),
  unstable: durationMs().default(600_000),
  canaries: z.array(webUrl).max(10).default([]),
});

/** Told, before traffic moves, to stop the old side: a URL that is posted to, or a function. */
const fence = z.union([
  z.strictObject({ http: webUrl }),
  z.strictObject({ lambda: z.string().min(1).max(200) }),
]);

export const FailoverConfig = z.strictObject({
  mode: z.enum(['auto', 'approve', 'manual']).default('approve'),
  rpo: durationMs().default(60_000),
  cooldown: durationMs().default(1_800_000),
  perDay: z.union([z.int().min(1).max(100), z.literal('unlimited')]).default(2),
  failback: z.enum(['manual', 'auto']).default('manual'),
  maintenance: z.array(maintenanceWindow).max(20).default([]),
  timezone: z.string().max(64).default('UTC'),
  approval: durationMs().default(900_000),
  soak: durationMs().optional(),
  homeUp: durationMs().optional(),
  fence: z.array(fence).max(10).default([]),
  /** `auto`: two, where the regions allow it. */
  controllers: z.enum(['auto', 'one']).default('auto'),
  singleWriter: z.boolean().default(false),
});

export const Config = z
  .strictObject({
    service: ServiceName,
    record: dnsName.optional(),
    dns: z
      .strictObject({
        zone: dnsName.optional(),
        ttl: durationMs().default(60_000),
        driver: z.enum(['quorum', 'record']).default('quorum'),
        listen: z
          .string()
          .regex(/^[0-9.]+:\d{1,5}$/, 'expected an address and port such as 127.0.0.1:5300')
          .optional(),
      })
      .prefault({}),
    regions: z.strictObject({
      primary: PrimaryConfig,
      standby: RegionConfig,
      witness: RegionConfig.optional(),
    }),
    observers: z.array(regionName).max(15).default([]),
    residency: ResidencyConfig.optional(),
    image: ImageConfig.optional(),
    run: z
      .strictObject({
        port: z.int().min(1).max(65_535).default(8080),
        health: urlPath.default('/'),
        cpu: z.int().min(64).max(16_384).default(256),
        memory: z.int().min(32).max(122_880).default(512),
        env: environment.default({}),
      })
      .prefault({}),
    probes: z
      .array(ProbeConfig)
      .min(1)
      .max(20)
      .prefault([{ kind: 'http' }, { kind: 'tcp' }]),
    promotion: PromotionConfig.prefault({}),
    drill: DrillConfig.prefault({}),
    health: HealthConfig.optional(),
    failover: FailoverConfig.optional(),
    notify: NotifyConfig,
    aws: AwsConfig.prefault({}),
    stages: StagesConfig.default({}),
  })
  .check((context) => {
    const { regions, observers, image, probes, record } = context.value;
    const issue = (path: PropertyKey[], message: string) =>
      context.issues.push({ code: 'custom', path, message, input: context.value });
    if (regions.primary.name === regions.standby.name) {
      issue(
        ['regions', 'standby'],
        `standby and primary are both ${regions.primary.name}. A region cannot stand by for itself: name another region`,
      );
    }
    if (
      regions.witness &&
      [regions.primary.name, regions.standby.name].includes(regions.witness.name)
    ) {
      issue(
        ['regions', 'witness'],
        `the witness ${regions.witness.name} also serves. It must be a third region, or be left out`,
      );
    }
    if (new Set(observers).size < observers.length) {
      issue(['observers'], 'an observer is named twice');
    }
    const { quorum } = context.value.health ?? HealthConfig.parse({});
    const wanted = eligibleMinOf(parseQuorum(quorum) ?? SINGLE_VANTAGE_QUORUM);
    const blind = [regions.primary, regions.standby].find(
      ({ name }) => outsideOf(name, observers) < wanted,
    );
    if (record !== undefined && observers.length > 0 && blind !== undefined) {
      issue(
        ['observers'],
        `health.quorum "${quorum}" wants ${wanted} that can judge ${blind.name}, and ${outsideOf(blind.name, observers)} of these can: no verdict would ever come, and nothing would fail over. Name more outside it, or a smaller quorum`,
      );
    }
    if (context.value.drill.rehearsal && record === undefined) {
      issue(
        ['drill', 'rehearsal'],
        'a rehearsal moves a name: add record, such as shop.example.com',
      );
    }
    if (context.value.drill.promote !== 'manual' && record === undefined) {
      issue(
        ['drill', 'promote'],
        'only a service that is watched is promoted: add record, such as shop.example.com, or promote: manual',
      );
    }
    const promoted = [regions.primary, regions.standby].map(
      (one) => ecsServiceOf(one)?.promotion !== undefined,
    );
    if (promoted[0] !== promoted[1]) {
      issue(
        ['regions', promoted[0] ? 'standby' : 'primary', 'ecs'],
        'a promotion goes through both regions: name ecs.promotion in each, or in neither',
      );
    }
    for (const { key, why } of fenceFaults(regions.primary, record)) {
      issue(['regions', 'primary', key], why);
    }
    if (image && !probes.some((probe) => probe.kind === 'http')) {
      issue(['probes'], 'a drill ranks variants by http latency: add a probe of kind http');
    }
  });

export type Config = z.output<typeof Config>;
export type ProbeConfig = z.output<typeof ProbeConfig>;
