/** Whether the listener that the configuration names could be closed: told before anything is changed. */
import { type DeployFinding, type Refusal, unseenFinding } from './findings.ts';

/** What its load balancer says of it. */
export type ListenerFound =
  | { readonly kind: 'missing' }
  /** `taken`: a rule of its owner has the place of the fence. */
  | { readonly kind: 'there'; readonly place: 'free' | 'fenced' | 'taken' };

export const listenerFindings = (listener: string, found: ListenerFound): DeployFinding[] => {
  if (found.kind === 'missing') {
    return [
      {
        check: 'fence-listener-missing',
        severity: 'stop',
        what: `there is no listener ${listener}`,
        remedy: 'correct regions.primary.fence, or leave it out: nobody is then kept out of it',
      },
    ];
  }
  if (found.place !== 'taken') return [];
  return [
    {
      check: 'fence-listener-taken',
      severity: 'stop',
      what: `the listener ${listener} has a rule of priority 1, where the fence would stand`,
      remedy:
        'give that rule another priority (aws elbv2 set-rule-priorities): the fence must come first',
    },
  ];
};

/** Of a deployment that is to go: whom it keeps out would be kept out for good. */
export const closedListenerFindings = (listener: string, found: ListenerFound): DeployFinding[] => {
  if (found.kind === 'missing' || found.place !== 'fenced') return [];
  return [
    {
      check: 'fence-listener-closed',
      severity: 'stop',
      what: `the listener ${listener} is closed by a rule of ours, as traffic was moved away from it; nobody would open it any more`,
      remedy:
        'move traffic home first (failover back), or delete the rule of priority 1 (aws elbv2 describe-rules, then delete-rule)',
    },
  ];
};

/** Nobody could look. */
export const unknownListenerFinding = (listener: string, refusal: Refusal): DeployFinding =>
  unseenFinding(
    {
      what: `the listener ${listener}`,
      right: 'elasticloadbalancing:DescribeRules',
      of: 'the load balancer',
    },
    refusal,
  );
