/** A service of ECS that somebody else has made and keeps: it is looked at and scaled, and otherwise left alone. */
import * as z from 'zod';

const nameOf = (what: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{1,255}$/,
      `expected the name of a ${what}, such as shop, and not its ARN`,
    );

const TASKS_MAX = 1_000;

export const EcsService = z.strictObject({
  cluster: nameOf('cluster'),
  service: nameOf('service'),
  /** The fewest that the region serves with; the most that ran in the other one within a day counts, too. */
  tasks: z.int().min(1).max(TASKS_MAX).default(1),
});
export type EcsService = z.output<typeof EcsService>;

type Named = { readonly name: string; readonly ecs?: EcsService | undefined };

/** Of a region of the configuration; null where it names none. */
export const ecsServiceOf = (region: Named): EcsService | null => region.ecs ?? null;

/** Those that the configuration names, each with its region. */
export const ecsServicesIn = (
  regions: readonly Named[],
): { region: string; cluster: string; service: string }[] =>
  regions.flatMap((one) => {
    const ecs = ecsServiceOf(one);
    return ecs === null ? [] : [{ region: one.name, cluster: ecs.cluster, service: ecs.service }];
  });
