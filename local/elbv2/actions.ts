/** Actions of rules: read, shown, and carried out as far as choosing goes. */
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../wire/types.ts';
import { badConfiguration, invalid, need, refuseOthers, within } from './requests.ts';
import type { Action, ElbState } from './state.ts';

const WEIGHT_MAX = 999;
const GROUPS_MAX = 5;

const readForward = (input: sdk.Action, state: ElbState): Action => {
  const listed = input.ForwardConfig?.TargetGroups ?? [];
  const tuples = listed.length > 0 ? listed : [{ TargetGroupArn: input.TargetGroupArn, Weight: 1 }];
  if (input.ForwardConfig?.TargetGroupStickinessConfig?.Enabled) {
    throw badConfiguration('The embedded load balancer has no stickiness; remove it');
  }
  if (tuples.length > GROUPS_MAX) {
    throw new AwsError(
      'TooManyTargetGroupsException',
      `An action can forward to at most ${GROUPS_MAX} target groups`,
    );
  }
  const groups = tuples.map(({ TargetGroupArn, Weight }) => ({
    arn: need(TargetGroupArn, 'target group ARN'),
    weight: within(Weight ?? 1, [0, WEIGHT_MAX], 'Weight'),
  }));
  for (const { arn } of groups) {
    if (!state.targetGroups.has(arn)) {
      throw new AwsError('TargetGroupNotFoundException', `Target groups '${arn}' not found`);
    }
  }
  return { type: 'forward', groups };
};

const readFixed = (input: sdk.Action): Action => {
  const { StatusCode, ContentType, MessageBody } = input.FixedResponseConfig ?? {};
  return {
    type: 'fixed-response',
    status: within(Number(need(StatusCode, 'status code')), [200, 599], 'Status code'),
    contentType: ContentType ?? 'text/plain',
    body: MessageBody ?? '',
  };
};

/** @throws AwsError for anything but one forward or one fixed response. */
export const readAction = (inputs: readonly sdk.Action[] | undefined, state: ElbState): Action => {
  const [input, ...others] = inputs ?? [];
  if (!input) throw invalid('At least one action must be specified');
  if (others.length > 0) {
    throw badConfiguration('The embedded load balancer takes one action for each rule');
  }
  refuseOthers('Action', input, [
    ...['Type', 'Order', 'TargetGroupArn', 'ForwardConfig', 'FixedResponseConfig'],
  ]);
  if (input.Type === 'forward') return readForward(input, state);
  if (input.Type === 'fixed-response') return readFixed(input);
  throw new AwsError(
    'InvalidLoadBalancerActionException',
    `The embedded load balancer has the actions forward and fixed-response, not ${input.Type}`,
  );
};

export const showAction = (action: Action) => {
  if (action.type === 'fixed-response') {
    const { status, contentType, body } = action;
    const config = { StatusCode: String(status), ContentType: contentType, MessageBody: body };
    return { Type: 'fixed-response', FixedResponseConfig: config };
  }
  const [only, ...others] = action.groups;
  return {
    Type: 'forward',
    ...(only && others.length === 0 ? { TargetGroupArn: only.arn } : {}),
    ForwardConfig: {
      TargetGroups: action.groups.map(({ arn, weight }) => ({
        TargetGroupArn: arn,
        Weight: weight,
      })),
      TargetGroupStickinessConfig: { Enabled: false },
    },
  };
};

/** A target group by its weight; undefined when all weights are 0. `share` is from 0 up to 1. */
export const weighted = (
  groups: readonly { readonly arn: string; readonly weight: number }[],
  share: number,
): string | undefined => {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let left = share * total;
  for (const { arn, weight } of groups) {
    if (left < weight) return arn;
    left -= weight;
  }
  return undefined;
};
