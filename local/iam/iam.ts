/**
 * Who may do what in the embedded cloud. A caller with a role carries the role's ARN and the name of its
 * session as access key id, so that every call says whose it is. What roles ask is always noted, each
 * thing once; with `enforce` it is also answered as AWS would. Callers with any other key may do all.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import {
  type AccessRequest,
  decide,
  readStatement,
  type Statement,
} from '../../core/iam/policy.ts';
import { AwsError, type CallContext } from '../wire/types.ts';
import { accessAsked } from './actions.ts';
import type { Facts } from './asking.ts';
import { parseRoleKey } from './roleKey.ts';

const Noted = z.strictObject({
  role: z.string(),
  action: z.string(),
  resource: z.string(),
  context: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});
/** One thing that a role asked for. */
export type Noted = z.output<typeof Noted>;

const fileIn = (dataDir: string): string => path.join(dataDir, 'iam', 'calls.jsonl');

/** Statements of each role as they were declared last. */
const rolesFileIn = (dataDir: string): string => path.join(dataDir, 'iam', 'roles.json');

const Declared = z.record(z.string(), z.array(z.unknown()));

/** Statements of each role that was declared in a data folder. */
export const declaredIn = (dataDir: string): z.output<typeof Declared> => {
  try {
    return Declared.parse(JSON.parse(readFileSync(rolesFileIn(dataDir), 'utf8')));
  } catch {
    // None yet, or cut short: each service declares its own again when it is installed.
    return {};
  }
};

/** Each thing is noted once, but names of drills and objects are things too. */
const NOTED_MAX = 50_000;

/** What roles asked for in a data folder so far. */
export const notedIn = (dataDir: string): Noted[] => {
  let text: string;
  try {
    text = readFileSync(fileIn(dataDir), 'utf8');
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return [];
    throw error;
  }
  // A line that a kill cut off is left out.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Noted.parse(JSON.parse(line)));
};

export type IamOptions = {
  readonly dataDir: string;
  /** Whether roles are held to their policies. */
  readonly enforce: boolean;
};

export type Iam = {
  /** A role as a stack declares it; the one of before is forgotten. */
  putRole(roleArn: string, statements: readonly unknown[]): void;
  /** @throws AwsError `AccessDenied` or `AccessDeniedException`, in the words of AWS. */
  authorize(
    called: { readonly scope: string; readonly operation: string; readonly input: unknown },
    call: CallContext,
  ): Promise<void>;
};

/** Services that answer over XML say it without `Exception`. */
const SPEAKS_XML = ['elasticloadbalancing', 'route53', 's3'];

const denial = (
  scope: string,
  who: string,
  { action, resource }: AccessRequest,
  decision: string,
): AwsError => {
  const why =
    decision === 'explicitly denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  const message = `User: ${who} is not authorized to perform: ${action}${on} ${why}`;
  return SPEAKS_XML.includes(scope)
    ? new AwsError('AccessDenied', message, {}, 403)
    : new AwsError('AccessDeniedException', message, {}, scope === 'lambda' ? 403 : 400);
};

export const createIam = ({ dataDir, enforce }: IamOptions, facts: Facts): Iam => {
  // Those of earlier starts, too: functions of other services in the folder are still there.
  const declared: Record<string, readonly unknown[]> = declaredIn(dataDir);
  const roles = new Map<string, readonly Statement[]>(
    Object.entries(declared).map(([arn, statements]) => [arn, statements.map(readStatement)]),
  );
  const known = new Set(notedIn(dataDir).map((one) => JSON.stringify(one)));
  const file = fileIn(dataDir);
  mkdirSync(path.dirname(file), { recursive: true });

  const note = (role: string, { action, resource, context }: AccessRequest): void => {
    const line = JSON.stringify({ role, action, resource, context });
    if (known.has(line) || known.size >= NOTED_MAX) return;
    known.add(line);
    appendFileSync(file, `${line}\n`);
  };

  return {
    putRole: (roleArn, statements) => {
      roles.set(roleArn, statements.map(readStatement));
      declared[roleArn] = statements;
      writeFileSync(rolesFileIn(dataDir), JSON.stringify(declared, null, 1));
    },
    authorize: async ({ scope, operation, input }, { accessKeyId, region, accountId }) => {
      const caller = parseRoleKey(accessKeyId);
      if (caller === undefined) return;
      const { roleArn, session } = caller;
      const called = { scope, operation, input: Object(input), region, accountId };
      const asked = await accessAsked(called, facts);
      for (const request of asked) note(roleArn, request);
      if (!enforce) return;
      const name = roleArn.split('/').at(-1) ?? '';
      const who = `arn:aws:sts::${accountId}:assumed-role/${name}/${session}`;
      for (const request of asked) {
        const decision = decide(roles.get(roleArn) ?? [], request);
        if (decision !== 'allowed') throw denial(scope, who, request, decision);
      }
    },
  };
};
