/** Compares the service that runs in the primary with the one in the standby, and their certificates. */
import type * as z from 'zod';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { openServices } from '../../aws/services.ts';
import type { StandbyRecords } from '../../aws/standbyRecords.ts';
import type { openTaskDefinitions, TaskDefinitionFacts } from '../../aws/taskDefinitions.ts';
import { driftsOf, environmentDrift } from '../../core/regions/drift.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import type {
  InspectStandbyInput,
  InspectStandbyOutput,
  StandbyRecord,
} from '../../events/standby.ts';
import type { readCertificate } from '../../probes/certificate.ts';
import { certificateAt } from '../_certificateAt.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & {
  records: Pick<DrillRecords, 'plan'>;
  kept: Pick<StandbyRecords, 'put'>;
  servicesIn: (region: string) => ReturnType<typeof openServices>;
  definitionsIn: (region: string) => ReturnType<typeof openTaskDefinitions>;
  certificateOf: typeof readCertificate;
  cluster: string;
};

type Missing = StandbyRecord['notMeasured'];
type Side = StandbyRecord['primary'];
type Seen = {
  readonly side: Side;
  readonly environment: TaskDefinitionFacts['environment'] | null;
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** That a region does not run the service is a finding, not a failure. */
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && ['InputInvalid', 'ClusterNotFoundException'].includes(error.name);

/** The service of ECS that the configuration names for the region, or the one that is called as the drilled one. */
const serviceOf = async (
  { servicesIn, definitionsIn, cluster }: Needs,
  { service: drilled, standbyCheck }: DrillPlan,
  region: string,
  signal: AbortSignal,
): Promise<{ service: NonNullable<Side['service']>; environment: Seen['environment'] }> => {
  const services = servicesIn(region);
  const definitions = definitionsIn(region);
  try {
    const named = standbyCheck.services.find((one) => one.region === region);
    const place = named ?? { cluster, service: drilled };
    const name = place.service;
    const { desired, running, taskDefinition } = await services.state(place, signal);
    const digests = await services.digests(place, signal);
    const facts =
      taskDefinition === null ? undefined : await definitions.facts(taskDefinition, signal);
    const { cpu = null, memoryMb = null, ulimits = [], environment = null } = facts ?? {};
    return {
      service: { name, desired, running, digests: digests.sort(), cpu, memoryMb, ulimits },
      environment,
    };
  } finally {
    services.close();
    definitions.close();
  }
};

const inspectRegion = async (
  needs: Needs,
  plan: DrillPlan,
  region: string,
  missing: Missing,
  signal: AbortSignal,
): Promise<Seen> => {
  const without = (what: string) => (error: unknown) => {
    missing.push({ what: `${what} in ${region}`, why: reasonOf(error) });
    return null;
  };
  const found = await serviceOf(needs, plan, region, signal).catch((error: unknown) =>
    isAbsent(error) ? null : without('running service')(error),
  );
  const endpoint = plan.standbyCheck.endpoints.find((one) => one.region === region)?.url;
  const certificate = await certificateAt(
    needs.certificateOf,
    endpoint,
    plan.standbyCheck.record,
    signal,
  ).catch(without('certificate'));
  return {
    side: { region, service: found?.service ?? null, certificate: certificate ?? null },
    environment: found?.environment ?? null,
  };
};

export const inspectStandby =
  (needs: Needs) =>
  async (
    { drillId }: z.output<typeof InspectStandbyInput>,
    signal: AbortSignal,
  ): Promise<z.output<typeof InspectStandbyOutput>> => {
    const { records, kept, clock, log, count } = needs;
    const plan = await records.plan(drillId, signal);
    const notMeasured: Missing = [];
    const [primary, standby] = await Promise.all(
      [plan.primary, plan.standby].map((region) =>
        inspectRegion(needs, plan, region, notMeasured, signal),
      ),
    );
    if (!primary || !standby) return { drifts: 0 };
    if (!primary.side.service && !standby.side.service && notMeasured.length === 0) {
      const what = 'drift between the regions';
      notMeasured.push({ what, why: `neither runs an ECS service ${plan.service}` });
    }
    const environment =
      primary.environment && standby.environment
        ? environmentDrift(
            { region: plan.primary, values: primary.environment },
            { region: plan.standby, values: standby.environment },
          )
        : null;
    const record: StandbyRecord = {
      checkedAtMs: clock.now(),
      ...{ primary: primary.side, standby: standby.side, environment, notMeasured },
    };
    await kept.put(drillId, record, clock.now(), signal);
    const drifts = driftsOf(record, plan.standbyCheck.record);
    count('StandbyDrifts', drifts.length);
    log.info('standby inspected', {
      drillId,
      drifts: drifts.map(({ of, where }) => ({ of, where })),
    });
    return { drifts: drifts.length };
  };
