/** What whoever asks AWS may do there, as far as IAM's own simulator tells. */
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** Where its API stands, whatever region is asked. */
const IAM_REGION = 'us-east-1';

const ECS_ROLE = 'AWSServiceRoleForECS';

export const openAccount = (sdk: SdkSettings = {}) => {
  const iam = new IAMClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region: IAM_REGION });

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

  /** The role that ECS itself takes; null where the caller may not know. */
  const hasEcsRole = async (): Promise<boolean | null> => {
    try {
      await iam.send(new GetRoleCommand({ RoleName: ECS_ROLE }));
      return true;
    } catch (error) {
      if (isAwsError(error, 'NoSuchEntity', 'NoSuchEntityException')) return false;
      if (isAwsError(error, 'AccessDenied', 'AccessDeniedException')) return null;
      throw error;
    }
  };

  return { principalOf, denied, hasEcsRole, close: (): void => iam.destroy() };
};

export type Account = ReturnType<typeof openAccount>;
