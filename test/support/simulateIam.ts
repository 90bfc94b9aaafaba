// What an evaluator of IAM that is not ours says of a request: iam-simulate, with AWS's own list of actions.
import { createRequire } from 'node:module';
import type { AccessRequest } from '../../core/iam/policy.ts';

type Simulated =
  | { readonly resultType: 'error'; readonly errors: unknown }
  | { readonly resultType: 'single' | 'wildcard'; readonly overallResult: string };

const {
  runSimulation,
}: { runSimulation: (simulation: object, options: object) => Promise<Simulated> } = createRequire(
  import.meta.url,
)('@cloud-copilot/iam-simulate');

const ACCOUNT = '000000000000';

/** `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`; for a request that AWS does not know, why. */
export const simulate = async (
  statements: readonly unknown[],
  { action, resource, context }: AccessRequest,
): Promise<string> => {
  const contextVariables = Object.fromEntries(
    Object.entries(context).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : [...value],
    ]),
  );
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/role/session`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables,
      },
      identityPolicies: [
        { name: 'work', policy: { Version: '2012-10-17', Statement: [...statements] } },
      ],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType !== 'error') return answer.overallResult;
  return `${action} on ${resource}: ${JSON.stringify(answer.errors)}`;
};
