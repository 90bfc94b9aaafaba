/** What the tables of actions are made of. */
import type { AccessRequest, ConditionContext } from '../../core/iam/policy.ts';

export type Called = {
  /** Service in the credential scope. */
  readonly scope: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly accountId: string;
};

/** What only the services know of the things that calls name. */
export type Facts = {
  /** Name of the partition key of a table. */
  readonly partitionKey: (region: string, table: string) => Promise<string | undefined>;
  readonly hasObject: (region: string, bucket: string, key: string) => Promise<boolean>;
  /** Roles that a task definition names. */
  readonly taskRoles: (region: string, definition: string) => Promise<readonly string[]>;
};

export type Ask = (called: Called, facts: Facts) => AccessRequest[] | Promise<AccessRequest[]>;

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const fieldOf = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);

export const arn = ({ region, accountId }: Called, service: string, rest: string): string =>
  `arn:aws:${service}:${region}:${accountId}:${rest}`;

export const one = (
  action: string,
  resource: string,
  context: ConditionContext = {},
): AccessRequest => ({
  action,
  resource,
  context,
});

/** A name, or the name at the end of an ARN. */
export const lastOf = (value: unknown, mark: string): string =>
  text(value).split(mark).at(-1) ?? '';
