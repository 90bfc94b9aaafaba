import * as z from 'zod';
import { ACCOUNT_ID, AwsError } from '../wire/types.ts';

const target = z.strictObject({
  id: z.string(),
  arn: z.string(),
  roleArn: z.string().optional(),
  input: z.string().optional(),
  inputPath: z.string().optional(),
  transformer: z
    .strictObject({ paths: z.record(z.string(), z.string()), template: z.string() })
    .optional(),
  retriesMax: z.int(),
  ageMsMax: z.number(),
});
export type TargetState = z.infer<typeof target>;

const rule = z.strictObject({
  region: z.string(),
  bus: z.string(),
  name: z.string(),
  pattern: z.string().optional(),
  schedule: z.string().optional(),
  enabled: z.boolean(),
  description: z.string().optional(),
  roleArn: z.string().optional(),
  /** Rates count from here. */
  createdAtMs: z.number(),
  targets: z.array(target),
});
export type RuleState = z.infer<typeof rule>;

const bus = z.strictObject({
  region: z.string(),
  name: z.string(),
  description: z.string().optional(),
  createdAtMs: z.number(),
});
export type BusState = z.infer<typeof bus>;

export const eventBridgeState = z.strictObject({ buses: z.array(bus), rules: z.array(rule) });
export type EventBridgeState = z.infer<typeof eventBridgeState>;

export const DEFAULT_BUS = 'default';

export const busArn = (region: string, name: string): string =>
  `arn:aws:events:${region}:${ACCOUNT_ID}:event-bus/${name}`;

export const ruleArn = ({ region, bus: on, name }: RuleState): string =>
  `arn:aws:events:${region}:${ACCOUNT_ID}:rule/${on === DEFAULT_BUS ? '' : `${on}/`}${name}`;

const BUS_ARN = /^arn:aws:events:([a-z0-9-]+):(\d{12}):event-bus\/([\w./-]+)$/;

/** Region and name in the ARN of a bus of this account. */
export const readBusArn = (arn: string): { region: string; name: string } | undefined => {
  const [, region, account, name] = BUS_ARN.exec(arn) ?? [];
  return region !== undefined && name !== undefined && account === ACCOUNT_ID
    ? { region, name }
    : undefined;
};

/** The bus a caller in `region` means by a name, an ARN, or nothing. */
export const busNameOf = (given: string | undefined, region: string): string => {
  if (given === undefined) return DEFAULT_BUS;
  if (!given.startsWith('arn:')) return given;
  const read = readBusArn(given);
  if (read?.region === region) return read.name;
  throw new AwsError(
    'ValidationException',
    `Parameter ${given} is not valid. Reason: it names no event bus of ${region} in this account.`,
  );
};
