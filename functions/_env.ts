/** The only place where functions read their environment: once, whole, with all faults together. */
import * as z from 'zod';
import type { TaskNetwork } from '../aws/tasks.ts';
import { DrillError } from '../core/errors.ts';
import { Region } from '../events/region.ts';

const NETWORK = String.raw`(?:[a-z0-9-]+|\*)\/(?:public|private)\/[\w-]+\/[\w-]+(?:\+[\w-]+)*`;
const NETWORKS = new RegExp(`^${NETWORK}(?:,${NETWORK})*$`);

const networkOf = (entry: string): [string, TaskNetwork] => {
  const [region = '', access, securityGroup = '', subnets = ''] = entry.split('/');
  const isPublic = access === 'public';
  return [region, { isPublic, securityGroup, subnets: subnets.split('+') }];
};

/** Settings by the name of the environment variable; each function picks what it needs. */
export const SETTINGS = {
  AWS_REGION: Region,
  /** Of each controller, the first one first. */
  HOME_REGIONS: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.tuple([Region]).rest(Region)),
  TABLE: z.string().min(3),
  /** Table of the drills, for functions whose own one is that of the watch. */
  DRILL_TABLE: z.string().min(3),
  BUCKET: z.string().min(3),
  CLUSTER: z.string().min(1),
  BUILD_PROJECT: z.string().min(1),
  IMAGE_REPOSITORY: z.string().min(1),
  REGISTRY: z.string().min(1),
  PROBE_FUNCTION: z.string().min(1),
  /**
   * Where tasks are placed, by region: `eu-west-1/public/sg-a/subnet-a+subnet-b` is how they are reached, their
   * security group and their subnets; `*` is every region that is not named.
   */
  NETWORK: z
    .string()
    .regex(
      NETWORKS,
      'expected region/access/group/subnets, as eu-west-1/public/sg-a/subnet-a+subnet-b,eu-central-1/…',
    )
    .transform((text) => new Map(text.split(',').map(networkOf))),
  SERVICE: z.string().min(1),
  PREPARE_FUNCTION: z.string().min(1),
  ACQUIRE_LEASE_FUNCTION: z.string().min(1),
  FLIP_FUNCTION: z.string().min(1),
  SCALE_STANDBY_FUNCTION: z.string().min(1),
  VERIFY_FUNCTION: z.string().min(1),
  /** Replicated table of the service, which carries the heartbeats. */
  DATA_TABLE: z.string().min(3),
  /** The service of ECS that runs the image. */
  ECS_SERVICE: z.string().min(1),
  EVALUATE_FUNCTION: z.string().min(1),
  OBSERVE_FUNCTION: z.string().min(1),
  FAILOVER_MACHINE: z.string().min(1),
  FAILBACK_MACHINE: z.string().min(1),
  PROMOTION_MACHINE: z.string().min(1),
  /** SSM parameter of the secret that Slack signs its requests with. */
  SIGNING_PARAMETER: z.string().startsWith('/'),
  TASK_EXECUTION_ROLE: z.string().optional(),
  TASK_LOG_GROUP: z.string().min(1),
  /** `proxied` where something between vantage and target accepts connections itself, so that connect times mean nothing. */
  CONNECT_PATH: z.enum(['direct', 'proxied']).default('direct'),
} as const;

/** @throws DrillError `ConfigInvalid` naming every variable that is missing or wrong. */
export const readEnv = <T extends z.ZodType>(schema: T): z.output<T> => {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new DrillError('ConfigInvalid', `environment of the function: ${faults.join('; ')}`);
};
