import { parseRoleKey } from '../iam/roleKey.ts';
import type { CallContext, Operations } from '../wire/types.ts';

/** Whoever calls without a role is the account itself, which may do all. */
const identityOf = ({ accountId, accessKeyId }: CallContext) => {
  const caller = parseRoleKey(accessKeyId);
  if (caller === undefined) {
    return { UserId: accountId, Account: accountId, Arn: `arn:aws:iam::${accountId}:root` };
  }
  const role = caller.roleArn.split('/').at(-1) ?? '';
  const arn = `arn:aws:sts::${accountId}:assumed-role/${role}/${caller.session}`;
  return { UserId: `${role}:${caller.session}`, Account: accountId, Arn: arn };
};

export const createSts = (): { readonly operations: Operations } => ({
  operations: { GetCallerIdentity: (_input: unknown, call: CallContext) => identityOf(call) },
});
