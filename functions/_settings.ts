/** Settings by the name of the environment variable; each function picks what it needs. */
import * as z from 'zod';
import type { TaskNetwork } from '../aws/tasks.ts';
import { Region } from '../events/region.ts';

const NETWORK_ENTRY = String.raw`(?:[a-z0-9-]+|\*)\/(?:public|private)\/[\w-]+\/[\w-]+(?:\+[\w-]+)*`;
const NETWORKS = new RegExp(`^${NETWORK_ENTRY}(?:,${NETWORK_ENTRY})*$`);

const networkOf = (entry: string): [string, TaskNetwork] => {
  const [region = '', access, securityGroup = '', subnets = ''] = entry.split('/');
  const isPublic = access === 'public';
  return [region, { isPublic, securityGroup, subnets: subnets.split('+') }];
};

export const AWS_REGION = Region;
/** Of each controller, the first one first. */
export const HOME_REGIONS = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.tuple([Region]).rest(Region));
export const TABLE = z.string().min(3);
/** Table of the drills, for functions whose own one is that of the watch. */
export const DRILL_TABLE = z.string().min(3);
export const BUCKET = z.string().min(3);
export const CLUSTER = z.string().min(1);
export const IMAGE_REPOSITORY = z.string().min(1);
export const REGISTRY = z.string().min(1);
export const PROBE_FUNCTION = z.string().min(1);
/**
 * Where tasks are placed, by region: `eu-west-1/public/sg-a/subnet-a+subnet-b` is how they are reached, their
 * security group and their subnets; `*` is every region that is not named.
 */
export const NETWORK = z
  .string()
  .regex(
    NETWORKS,
    'expected region/access/group/subnets, as eu-west-1/public/sg-a/subnet-a+subnet-b,eu-central-1/…',
  )
  .transform((text) => new Map(text.split(',').map(networkOf)));
export const SERVICE = z.string().min(1);
export const PREPARE_FUNCTION = z.string().min(1);
export const ACQUIRE_LEASE_FUNCTION = z.string().min(1);
export const FLIP_FUNCTION = z.string().min(1);
export const SCALE_STANDBY_FUNCTION = z.string().min(1);
export const VERIFY_FUNCTION = z.string().min(1);
/** Replicated table of the service, which carries the heartbeats. */
export const DATA_TABLE = z.string().min(3);
/** The service of ECS that runs the image. */
export const ECS_SERVICE = z.string().min(1);
export const EVALUATE_FUNCTION = z.string().min(1);
export const OBSERVE_FUNCTION = z.string().min(1);
export const FAILOVER_MACHINE = z.string().min(1);
export const FAILBACK_MACHINE = z.string().min(1);
export const PROMOTION_MACHINE = z.string().min(1);
/** SSM parameter of the secret that Slack signs its requests with. */
export const SIGNING_PARAMETER = z.string().startsWith('/');
export const TASK_EXECUTION_ROLE = z.string().optional();
export const TASK_LOG_GROUP = z.string().min(1);
/** `proxied` where something between vantage and target accepts connections itself, so that connect times mean nothing. */
export const CONNECT_PATH = z.enum(['direct', 'proxied']).default('direct');
