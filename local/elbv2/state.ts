import path from 'node:path';
import * as z from 'zod';
import { openStateFile } from '../state/stateFile.ts';

const LoadBalancer = z.object({
  region: z.string(),
  arn: z.string(),
  name: z.string(),
  dnsName: z.string(),
  scheme: z.enum(['internal', 'internet-facing']),
  subnets: z.array(z.string()),
  securityGroups: z.array(z.string()),
  /** Host number of its address in the region; it stays the same once something listens there. */
  host: z.number(),
  createdAt: z.number(),
});
export type LoadBalancer = z.infer<typeof LoadBalancer>;

const Target = z.object({ id: z.string(), port: z.number() });
export type Target = z.infer<typeof Target>;

const HealthCheck = z.object({
  path: z.string(),
  /** `traffic-port`, or a number. */
  port: z.string(),
  intervalS: z.number(),
  timeoutS: z.number(),
  healthyThreshold: z.number(),
  unhealthyThreshold: z.number(),
  /** Codes that count as healthy, such as `200`, `200,204` or `200-299`. */
  matcher: z.string(),
});
export type HealthCheck = z.infer<typeof HealthCheck>;

const TargetGroup = z.object({
  region: z.string(),
  arn: z.string(),
  name: z.string(),
  port: z.number(),
  vpcId: z.string().optional(),
  healthCheck: HealthCheck,
  deregistrationDelayS: z.number(),
  targets: z.array(Target),
});
export type TargetGroup = z.infer<typeof TargetGroup>;

const Action = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('forward'),
    groups: z.array(z.object({ arn: z.string(), weight: z.number() })),
  }),
  z.object({
    type: z.literal('fixed-response'),
    status: z.number(),
    contentType: z.string(),
    body: z.string(),
  }),
]);
export type Action = z.infer<typeof Action>;

const Condition = z.discriminatedUnion('field', [
  z.object({ field: z.enum(['path-pattern', 'host-header']), values: z.array(z.string()) }),
  z.object({ field: z.literal('http-header'), name: z.string(), values: z.array(z.string()) }),
]);
export type Condition = z.infer<typeof Condition>;

const Rule = z.object({
  arn: z.string(),
  /** The default rule is asked last. */
  priority: z.union([z.number(), z.literal('default')]),
  conditions: z.array(Condition),
  action: Action,
});
export type Rule = z.infer<typeof Rule>;

const Listener = z.object({
  arn: z.string(),
  loadBalancer: z.string(),
  port: z.number(),
  /** In the order they are asked, the default rule last. */
  rules: z.array(Rule),
});
export type Listener = z.infer<typeof Listener>;

const State = z.object({
  loadBalancers: z.array(LoadBalancer),
  targetGroups: z.array(TargetGroup),
  listeners: z.array(Listener),
});

const byArn = <T extends { readonly arn: string }>(items: readonly T[]) =>
  new Map(items.map((one) => [one.arn, one]));

/** What the load balancers know, in memory and on disk; `save` makes changes of the maps durable. */
export const openElbState = async (folder: string) => {
  const file = await openStateFile(path.join(folder, 'state.json'), State, {
    loadBalancers: [],
    targetGroups: [],
    listeners: [],
  });
  const loadBalancers = byArn(file.value.loadBalancers);
  const targetGroups = byArn(file.value.targetGroups);
  const listeners = byArn(file.value.listeners);
  return {
    loadBalancers,
    targetGroups,
    listeners,
    /** Resolves when everything changed so far is on disk. Rejects with DiskFull. */
    save: (): Promise<void> =>
      file.save({
        loadBalancers: [...loadBalancers.values()],
        targetGroups: [...targetGroups.values()],
        listeners: [...listeners.values()],
      }),
  };
};
export type ElbState = Awaited<ReturnType<typeof openElbState>>;

const groupsOf = ({ action }: Rule): readonly string[] =>
  action.type === 'forward' ? action.groups.map(({ arn }) => arn) : [];

/** Load balancers that send requests to a target group. */
export const usersOf = (state: ElbState, group: string): string[] => [
  ...new Set(
    [...state.listeners.values()]
      .filter(({ rules }) => rules.some((rule) => groupsOf(rule).includes(group)))
      .map(({ loadBalancer }) => loadBalancer),
  ),
];
