/** Reads the configuration, makes the plan of the drill and keeps it, and says what to build. */
import type { Documents } from '../../aws/documents.ts';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import { armsOf, cellsOf, defaultVantages } from '../../core/drill/plan.ts';
import { heartbeatSeconds, samplingOf } from '../../core/drill/profiles.ts';
import { DrillError } from '../../core/errors.ts';
import { nameIn } from '../../core/images/registry.ts';
import { expandMatrix, type VariantSpec } from '../../core/variants/matrix.ts';
import type { Config } from '../../events/config.ts';
import { ConfigDocument } from '../../events/configDocument.ts';
import type { BuildRequest, PlanInput, PlanOutput } from '../../events/drillInput.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import { ecsServicesIn } from '../../events/ecsService.ts';
import { gateLimits } from '../../events/gates.ts';
import { probeSpecs } from '../../events/probeSpec.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & {
  documents: Documents;
  records: DrillRecords;
  homeRegion: string;
  bucket: string;
  repository: string;
};

type Image = NonNullable<Config['image']>;

const buildRequest = (
  variant: VariantSpec,
  image: Image,
  [imageUri = '', ...copies]: readonly string[],
  sourceLocation: string,
): BuildRequest => ({
  variantId: variant.id,
  environment: [
    { Name: 'VARIANT', Value: variant.id },
    { Name: 'TARGET', Value: variant.target },
    { Name: 'DOCKERFILE', Value: image.dockerfile },
    { Name: 'BUILD_ARGS_JSON', Value: JSON.stringify(variant.args) },
    { Name: 'IMAGE_URI', Value: imageUri },
    { Name: 'COPY_URIS', Value: copies.join(' ') },
  ],
  sourceLocation,
});

const drillPlan = (
  { drillId, startedAt, drill }: PlanInput,
  config: Config,
  variants: VariantSpec[],
  image: Image,
  homeRegion: string,
): DrillPlan => {
  const { primary, standby, witness } = config.regions;
  const servingRegions = [primary.name, standby.name];
  const vantages =
    config.drill.vantages ?? defaultVantages(servingRegions, witness?.name, config.observers);
  const profile = drill.profile ?? config.drill.profile;
  return {
    drillId,
    service: config.service,
    seed: drillId,
    startedAt,
    profile: typeof profile === 'string' ? profile : 'custom',
    homeRegion,
    primary: primary.name,
    standby: standby.name,
    witness: witness?.name ?? null,
    servingRegions,
    vantages,
    cells: cellsOf(servingRegions, vantages),
    reference: image.reference,
    variants,
    arms: armsOf(variants, image.reference),
    sampling: samplingOf(profile, variants.length),
    probes: probeSpecs(config.probes, config.record),
    weights: config.drill.weights,
    run: {
      port: config.run.port,
      health: config.run.health,
      cpu: config.run.cpu,
      memoryMb: config.run.memory,
      env: config.run.env,
      readyTimeoutMs: config.drill.readyTimeout,
    },
    slackParameter: config.notify.slack?.replace(/^ssm:/, '') ?? null,
    configKey: drill.configKey,
    rpoMs: config.failover?.rpo ?? null,
    standbyCheck: {
      record: config.record ?? null,
      endpoints: [primary, standby].flatMap((one) =>
        'endpoint' in one && typeof one.endpoint === 'string'
          ? [{ region: one.name, url: one.endpoint }]
          : [],
      ),
      services: ecsServicesIn([primary, standby]),
    },
    gates: gateLimits(config.drill.gates),
  };
};

const rehearsalOf = ({ drill, failover }: Config): PlanOutput['rehearsal'] => {
  const { rehearsal } = drill;
  if (rehearsal === undefined) return null;
  return {
    depth: rehearsal.depth,
    every: rehearsal.every,
    full: rehearsal.full ?? null,
    window: rehearsal.window ?? null,
    rtoMs: rehearsal.rto ?? null,
    holdMs: rehearsal.hold,
    timeZone: failover?.timezone ?? drill.timezone,
  };
};

export const plan =
  ({ documents, records, homeRegion, bucket, repository, clock, log }: Needs) =>
  async (input: PlanInput, signal: AbortSignal): Promise<PlanOutput> => {
    const { config, source } = await documents.read(input.drill.configKey, ConfigDocument, signal);
    if (!config.image || !source) {
      throw new DrillError(
        'ConfigInvalid',
        `${config.service} names no image, so there are no variants to rank: add image to the configuration`,
      );
    }
    const { image } = config;
    const variants = expandMatrix(image.matrix, image.exclude);
    if (!variants.some(({ id }) => id === image.reference)) {
      const known = variants.map(({ id }) => id).join(', ');
      throw new DrillError(
        'ConfigInvalid',
        `image.reference "${image.reference}" is no variant. Variants: ${known}`,
      );
    }
    const made = drillPlan(input, config, variants, image, homeRegion);
    await records.putPlan(made, clock.now(), signal);
    await records.putState(
      {
        drillId: made.drillId,
        service: made.service,
        startedAt: made.startedAt,
        finishedAt: null,
        status: 'RUNNING',
        roundsDone: 0,
        summary: null,
      },
      clock.now(),
      signal,
    );
    log.info('drill planned', { drillId: made.drillId, variants: variants.length });
    // One name for each region that runs it, the home's first: it is looked into there.
    const namesOf = ({ id }: VariantSpec): string[] =>
      [homeRegion, ...made.servingRegions.filter((region) => region !== homeRegion)].map((region) =>
        nameIn(region, `${repository}:${made.service}-${id}-${source.sha256.slice(0, 12)}`),
      );
    return {
      drillId: made.drillId,
      service: made.service,
      reference: image.reference,
      heartbeatSeconds: heartbeatSeconds(made.sampling, made.probes),
      rehearsal: rehearsalOf(config),
      promote: config.drill.promote,
      builds: variants.map((variant) =>
        buildRequest(variant, image, namesOf(variant), `${bucket}/${source.key}`),
      ),
    };
  };
