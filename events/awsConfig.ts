/** What only a deployment to AWS needs to know. */
import * as z from 'zod';
import { Region } from './region.ts';

/** Most subnets that ECS takes for a task. */
const SUBNETS_MAX = 16;

export const AwsConfig = z.strictObject({
  /** Where to deploy; any other account is refused. */
  account: z
    .string()
    .regex(/^\d{12}$/, 'expected the 12 digits of an account, in quotes')
    .optional(),
  /** Who is told by mail when the pipeline itself fails, once they have confirmed it. */
  alarmEmail: z.email().max(254).optional(),
  /** Where tasks of drills are placed, by region. Their network reaches the registry and the probes. */
  subnets: z
    .partialRecord(
      Region,
      z
        .array(
          z
            .string()
            .regex(
              /^subnet-[0-9a-f]{1,17}$/,
              'expected the id of a subnet such as subnet-0a1b2c3d',
            ),
        )
        .min(1)
        .max(SUBNETS_MAX),
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
