/** Who asks AWS, and what they may do there, as far as IAM's own simulator tells. */
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** Enabled in every account, so that a refusal there is one of the credentials. */
const ALWAYS_ENABLED = 'us-east-1';

const Identity = z.object({ Account: z.string().regex(/^\d{12}$/), Arn: z.string() });

export type Caller = { readonly accountId: string; readonly arn: string };

export const openAccount = (sdk: SdkSettings = {}) => {
  const settings = { maxAttempts: MAX_ATTEMPTS, ...sdk, region: ALWAYS_ENABLED };
  const sts = new STSClient(settings);
  const iam = new IAMClient(settings);

  const caller = async (): Promise<Caller> => {
    const { Account, Arn } = Identity.parse(await sts.send(new GetCallerIdentityCommand({})));
    return { accountId: Account, arn: Arn };
  };

  /** IAM wants the role of a session, with its path, which the session's own ARN does not tell. */
  const principalOf = async (arn: string): Promise<string> => {
    const [, role] = /:assumed-role\/([^/]+)\//.exec(arn) ?? [];
    if (role === undefined) return arn;
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }));
    return Role?.Arn ?? arn;
  };

  /** Those of `actions` that the policies of a principal do not allow on a resource. */
  const denied = async (
    principal: string,
    actions: readonly string[],
    resource: string,
  ): Promise<string[]> => {
    const found: string[] = [];
    let marker: string | undefined;
    do {
      const answer = await iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principal,
          ActionNames: [...actions],
          ResourceArns: [resource],
          ...(marker === undefined ? {} : { Marker: marker }),
        }),
      );
      for (const { EvalActionName, EvalDecision } of answer.EvaluationResults ?? []) {
        if (EvalActionName && EvalDecision !== 'allowed') found.push(EvalActionName);
      }
      marker = answer.IsTruncated ? answer.Marker : undefined;
    } while (marker !== undefined);
    return found;
  };

  const close = (): void => {
    sts.destroy();
    iam.destroy();
  };
  return { caller, principalOf, denied, close };
};

export type Account = ReturnType<typeof openAccount>;
