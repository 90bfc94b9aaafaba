/** How a caller with a role says whose it is: the role's ARN and the name of its session as access key id. */

/** The access key id of a session of a role. */
export const roleKey = (roleArn: string, session: string): string => `${roleArn}@${session}`;

const ROLE_KEY = /^(arn:aws:iam::\d{12}:role\/.+)@([^@]*)$/;

/** Undefined for a key that is no role's. */
export const parseRoleKey = (
  accessKeyId: string,
): { readonly roleArn: string; readonly session: string } | undefined => {
  const [, roleArn, session = ''] = ROLE_KEY.exec(accessKeyId) ?? [];
  return roleArn === undefined ? undefined : { roleArn, session };
};
