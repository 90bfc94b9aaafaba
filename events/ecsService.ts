/** A service of ECS that somebody else has made and keeps: it is looked at and scaled, and otherwise left alone. */
import * as z from 'zod';
import { ListenerArn } from './fencedListener.ts';

const nameOf = (what: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{1,255}$/,
      `expected the name of a ${what}, such as shop, and not its ARN`,
    );

const TASKS_MAX = 1_000;

const roleArn = z
  .string()
  .max(300)
  .regex(
    /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
    'expected the ARN of a role, such as arn:aws:iam::111122223333:role/shop-task',
  );

/** With what promotions replace the image of a service: the one that runs a new version beside it, and who shares requests out. */
const EcsPromotion = z.strictObject({
  next: nameOf('service'),
  /** Its default action forwards to the target groups of both, and two rules by header to each of them. */
  listener: ListenerArn,
  /** Roles that its task definitions name: a revision with another image keeps them. */
  roles: z.array(roleArn).max(10).default([]),
});

export const EcsService = z.strictObject({
  cluster: nameOf('cluster'),
  service: nameOf('service'),
  /** The fewest that the region serves with; the most that ran in the other one within a day counts, too. */
  tasks: z.int().min(1).max(TASKS_MAX).default(1),
  promotion: EcsPromotion.optional(),
});
export type EcsService = z.output<typeof EcsService>;
type EcsPromotion = z.output<typeof EcsPromotion>;

type Named = { readonly name: string; readonly ecs?: EcsService | undefined };

/** Of a region of the configuration; null where it names none. */
export const ecsServiceOf = (region: Named): EcsService | null => region.ecs ?? null;

/** Where both regions name what promotions need, the primary first; null where neither does. */
export const promotedServices = (
  regions: readonly Named[],
): (EcsService & { readonly region: string; readonly promotion: EcsPromotion })[] | null => {
  const named = regions.flatMap((one) => {
    const { ecs } = one;
    return ecs?.promotion === undefined
      ? []
      : [{ ...ecs, region: one.name, promotion: ecs.promotion }];
  });
  return named.length === 0 ? null : named;
};

/** Those that the configuration names, each with its region, and what runs beside them in promotions. */
export const ecsServicesIn = (
  regions: readonly Named[],
): { region: string; cluster: string; service: string }[] =>
  regions.flatMap((one) => {
    const ecs = ecsServiceOf(one);
    if (ecs === null) return [];
    const { cluster, service, promotion } = ecs;
    const names = promotion === undefined ? [service] : [service, promotion.next];
    return names.map((name) => ({ region: one.name, cluster, service: name }));
  });
