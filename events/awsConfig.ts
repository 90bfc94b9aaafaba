/** What only a deployment to AWS needs to know. */
import * as z from 'zod';
import { Region } from './region.ts';

/** Most subnets that ECS takes for a task, and Lambda for a function. */
const SUBNETS_MAX = 16;
const SECURITY_GROUPS_MAX = 5;

const idOf = (kind: string) =>
  z
    .string()
    .regex(new RegExp(`^${kind}-[0-9a-f]{1,17}$`), `expected an id such as ${kind}-0a1b2c3d`);

const subnets = z.array(idOf('subnet')).min(1).max(SUBNETS_MAX);

export const AwsConfig = z.strictObject({
  /** Where to deploy; any other account is refused. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'expected the 12 digits of an account, in quotes')
    .optional(),
  /** Who is told by mail when the pipeline itself fails, once they have confirmed it. */
  alarmEmail: z.email().max(254).optional(),
  /** Where tasks run, by serving region, and how they are reached. Their network reaches the registry. */
  network: z
    .partialRecord(
      Region,
      z.strictObject({
        vpc: idOf('vpc'),
        subnets,
        /** `public`: at an address of the internet. `private`: only from networks that are joined to theirs. */
        access: z.enum(['public', 'private']).default('public'),
        /** Where the service's load balancer stands: subnets of two zones with a way in from the internet. */
        balancerSubnets: subnets.optional(),
      }),
    )
    .default({}),
  /** Certificates of ACM for the record, by serving region: the service is then reached by HTTPS. */
  certificates: z
    .partialRecord(
      Region,
      z
        .string()
        .regex(
          /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/,
          'expected the ARN of a certificate, as arn:aws:acm:eu-west-1:111122223333:certificate/…',
        ),
    )
    .default({}),
  /** The role that tasks of the service have, for what they ask of AWS. */
  taskRole: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
      'expected the ARN of a role, as arn:aws:iam::111122223333:role/shop',
    )
    .optional(),
  /** Networks that the probing functions of a region are attached to, from which private addresses are reached. */
  probes: z
    .partialRecord(
      Region,
      z.strictObject({
        subnets,
        securityGroups: z.array(idOf('sg')).min(1).max(SECURITY_GROUPS_MAX),
      }),
    )
    .default({}),
});

/** What a stage has otherwise than the file says: any of its keys, at any depth. */
export const StagesConfig = z.record(
  z
    .string()
    .regex(/^[a-z](-?[a-z0-9])*$/, 'expected lower-case letters, digits and dashes, as staging'),
  z.record(z.string(), z.unknown()),
);

export type AwsConfig = z.output<typeof AwsConfig>;
