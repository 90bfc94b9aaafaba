/** A service as it is kept: what is wanted, and the deployments that bring it about. */
import * as z from 'zod';

const Pairs = z.record(z.string(), z.string());

const ServiceLoadBalancer = z.object({
  targetGroupArn: z.string(),
  containerName: z.string(),
  containerPort: z.number(),
});
export type ServiceLoadBalancer = z.infer<typeof ServiceLoadBalancer>;

/** Times are epoch milliseconds. */
const Deployment = z.object({
  id: z.string(),
  definitionArn: z.string(),
  /** One is PRIMARY: it is being rolled out, or was last. The others are on their way out. */
  status: z.enum(['PRIMARY', 'ACTIVE']),
  rolloutState: z.enum(['IN_PROGRESS', 'COMPLETED', 'FAILED']),
  rolloutStateReason: z.string(),
  /** Tasks in a row that ended before they were of use. */
  failedTasks: z.number(),
  /** After failures nothing is started before this. */
  startsAtMs: z.number(),
  createdAt: z.number(),
  updatedAt: z.number(),
});
export type Deployment = z.infer<typeof Deployment>;

const ServiceEvent = z.object({ id: z.string(), createdAt: z.number(), message: z.string() });
export type ServiceEvent = z.infer<typeof ServiceEvent>;

export const Service = z.object({
  region: z.string(),
  arn: z.string(),
  name: z.string(),
  cluster: z.string(),
  status: z.enum(['ACTIVE', 'DRAINING', 'INACTIVE']),
  desiredCount: z.number(),
  minimumHealthyPercent: z.number(),
  maximumPercent: z.number(),
  circuitBreaker: z.object({ enable: z.boolean(), rollback: z.boolean() }),
  loadBalancers: z.array(ServiceLoadBalancer),
  /** How long the verdict of the load balancer on a new task does not count. */
  graceS: z.number(),
  subnets: z.array(z.string()),
  securityGroups: z.array(z.string()),
  isPublic: z.boolean().default(false),
  platformVersion: z.string(),
  tags: Pairs,
  createdAt: z.number(),
  /** Digest of the request that made it, so that a retry of it makes nothing. */
  request: z.string(),
  deployments: z.array(Deployment),
  /** What a failed deployment goes back to. */
  lastCompleted: z.object({ id: z.string(), definitionArn: z.string() }).optional(),
  /** Newest first. */
  events: z.array(ServiceEvent),
});
export type Service = z.infer<typeof Service>;

/** A load balancer's target: an address of a task and a port of its container. */
export type Target = { readonly id: string; readonly port: number };

/** What services need of the load balancers of their region. */
export type ServiceTargets = {
  /** Whether a target group is there, and whether a load balancer sends anything to it. */
  group(arn: string): 'missing' | 'unused' | 'used';
  register(arn: string, target: Target): Promise<void>;
  /** Resolves when no request to the target is under way any more. */
  deregister(arn: string, target: Target): Promise<void>;
  /** In the words of DescribeTargetHealth; undefined for a target that is not registered. */
  health(arn: string, target: Target): string | undefined;
  /** Hears of a target group whose health changed. */
  onHealth(listener: (groupArn: string) => void): void;
};

export const primaryOf = (service: Service): Deployment | undefined =>
  service.deployments.find(({ status }) => status === 'PRIMARY');

const EVENTS_MAX = 100;

/** The service with one more event; the same words twice in a row are said once. */
export const withEvent = (service: Service, event: ServiceEvent): Service =>
  service.events[0]?.message === event.message
    ? service
    : { ...service, events: [event, ...service.events].slice(0, EVENTS_MAX) };
