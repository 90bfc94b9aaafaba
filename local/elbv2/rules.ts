/** Rules of listeners, beside the default one: asked in the order of their priorities. */
import type {
  CreateRuleInput,
  DeleteRuleInput,
  DescribeRulesInput,
  ModifyRuleInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Operations } from '../wire/types.ts';
import { readAction, showAction } from './actions.ts';
import { readConditions, showCondition } from './conditions.ts';
import { findListener, keepListener, type ListenerNeeds, ruleArn } from './listeners.ts';
import { need, page, refuseOthers, within } from './requests.ts';
import type { Listener, Rule } from './state.ts';

const PRIORITY_MAX = 50_000;
/** Of all listeners of a load balancer, without their default rules. */
const RULES_MAX = 100;

const findRule = ({ state }: ListenerNeeds, arn: string | undefined) => {
  need(arn, 'rule ARN');
  for (const listener of state.listeners.values()) {
    const rule = listener.rules.find((one) => one.arn === arn);
    if (rule) return { listener, rule };
  }
  throw new AwsError('RuleNotFoundException', `Rules '${arn}' not found`);
};

const showRule = ({ arn, priority, conditions, action }: Rule) => ({
  RuleArn: arn,
  Priority: String(priority),
  Conditions: conditions.map(showCondition),
  Actions: [showAction(action)],
  IsDefault: priority === 'default',
});

/** @throws AwsError TooManyRulesException when the load balancer has as many as there may be. */
const checkRoom = ({ state }: ListenerNeeds, { loadBalancer }: Listener): void => {
  const count = [...state.listeners.values()]
    .filter((one) => one.loadBalancer === loadBalancer)
    .reduce((sum, { rules }) => sum + rules.length - 1, 0);
  if (count < RULES_MAX) return;
  throw new AwsError(
    'TooManyRulesException',
    `The maximum number of rules per load balancer '${RULES_MAX}' has been reached`,
  );
};

const order = ({ priority }: Rule): number =>
  priority === 'default' ? Number.POSITIVE_INFINITY : priority;

const createRule = async (needs: ListenerNeeds, input: CreateRuleInput) => {
  const listener = findListener(needs, input.ListenerArn);
  refuseOthers('CreateRule', input, ['ListenerArn', 'Conditions', 'Priority', 'Actions']);
  const priority = within(need(input.Priority, 'priority'), [1, PRIORITY_MAX], 'Priority');
  if (listener.rules.some((rule) => rule.priority === priority)) {
    throw new AwsError('PriorityInUseException', `Priority '${priority}' is currently in use`);
  }
  checkRoom(needs, listener);
  const conditions = readConditions(input.Conditions);
  const action = readAction(input.Actions, needs.state);
  const rule: Rule = { arn: ruleArn(listener.arn), priority, conditions, action };
  const rules = [...listener.rules, rule].sort((a, b) => order(a) - order(b));
  await keepListener(needs, { ...listener, rules });
  return { Rules: [showRule(rule)] };
};

const modifyRule = async (needs: ListenerNeeds, input: ModifyRuleInput) => {
  refuseOthers('ModifyRule', input, ['RuleArn', 'Conditions', 'Actions']);
  const { listener, rule } = findRule(needs, input.RuleArn);
  if (rule.priority === 'default') {
    throw new AwsError(
      'OperationNotPermittedException',
      `Default rule '${rule.arn}' cannot be modified: use ModifyListener`,
    );
  }
  const next: Rule = {
    ...rule,
    ...(input.Conditions ? { conditions: readConditions(input.Conditions) } : {}),
    ...(input.Actions ? { action: readAction(input.Actions, needs.state) } : {}),
  };
  const rules = listener.rules.map((one) => (one.arn === rule.arn ? next : one));
  await keepListener(needs, { ...listener, rules });
  return { Rules: [showRule(next)] };
};

const deleteRule = async (needs: ListenerNeeds, input: DeleteRuleInput) => {
  const { listener, rule } = findRule(needs, input.RuleArn);
  if (rule.priority === 'default') {
    throw new AwsError(
      'OperationNotPermittedException',
      `Default rule '${rule.arn}' cannot be deleted`,
    );
  }
  await keepListener(needs, {
    ...listener,
    rules: listener.rules.filter(({ arn }) => arn !== rule.arn),
  });
  return {};
};

const describeRules = (needs: ListenerNeeds, input: DescribeRulesInput) => {
  const wanted = input.RuleArns?.length
    ? input.RuleArns.map((arn) => findRule(needs, arn).rule)
    : findListener(needs, input.ListenerArn).rules;
  const { items, ...more } = page(wanted, input);
  return { Rules: items.map(showRule), ...more };
};

export const ruleOperations = (needs: ListenerNeeds): Operations => ({
  CreateRule: (input: CreateRuleInput) => createRule(needs, input),
  ModifyRule: (input: ModifyRuleInput) => modifyRule(needs, input),
  DeleteRule: (input: DeleteRuleInput) => deleteRule(needs, input),
  DescribeRules: (input: DescribeRulesInput) => describeRules(needs, input),
});
