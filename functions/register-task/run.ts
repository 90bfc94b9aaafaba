/** Makes the task definition of one arm in one region: its image by digest, and who it is. */
import type * as z from 'zod';
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { Tasks } from '../../aws/tasks.ts';
import type { PlacementPlan, RegisterTaskInput } from '../../events/placement.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & { records: DrillRecords; tasks: Tasks; logGroup: string };

const FAMILY_MAX = 255;

export const registerTask =
  ({ records, tasks, logGroup }: Needs) =>
  async (
    { drillId, region, armId, imageUri, imageDigest }: z.output<typeof RegisterTaskInput>,
    signal: AbortSignal,
  ): Promise<PlacementPlan> => {
    const { service, run } = await records.plan(drillId, signal);
    const repository = imageUri.replace(/:[^:/]*$/, '');
    const taskDefinition = await tasks.register(
      region,
      {
        // No name of a service has two dashes in a row: what is allowed by this prefix is of this one alone.
        family: `failover-drill-${service}--${armId}`.replace(/[^\w-]/g, '_').slice(0, FAMILY_MAX),
        image: `${repository}@${imageDigest}`,
        port: run.port,
        cpu: run.cpu,
        memoryMb: run.memoryMb,
        logGroup,
        environment: { ...run.env, PORT: String(run.port), IMAGE_DIGEST: imageDigest },
      },
      signal,
    );
    return { region, armId, taskDefinition };
  };
