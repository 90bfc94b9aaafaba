import type {
  CreateListenerInput,
  CreateRuleInput,
  DeleteListenerInput,
  DeleteRuleInput,
  DescribeListenersInput,
  DescribeRulesInput,
  ModifyListenerInput,
  ModifyRuleInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Operations } from '../wire/types.ts';
import { readAction, readCondition, showAction, showCondition } from './actions.ts';
import { addressOf, type Doors, HOST_NUMBERS } from './doors.ts';
import { invalid, need, newId, page, refuseOthers, within } from './requests.ts';
import type { ElbState, Listener, LoadBalancer, Rule } from './state.ts';
import type { Targets } from './targets.ts';

type Needs = { readonly state: ElbState; readonly doors: Doors; readonly targets: Targets };

const PRIORITY_MAX = 50_000;

const findListener = ({ state }: Needs, arn: string | undefined): Listener => {
  const found = state.listeners.get(need(arn, 'listener ARN'));
  if (!found) throw new AwsError('ListenerNotFoundException', `Listeners '${arn}' not found`);
  return found;
};

const findRule = ({ state }: Needs, arn: string | undefined) => {
  need(arn, 'rule ARN');
  for (const listener of state.listeners.values()) {
    const rule = listener.rules.find((one) => one.arn === arn);
    if (rule) return { listener, rule };
  }
  throw new AwsError('RuleNotFoundException', `Rules '${arn}' not found`);
};

const showListener = ({ arn, loadBalancer, port, rules }: Listener) => ({
  ListenerArn: arn,
  LoadBalancerArn: loadBalancer,
  Port: port,
  Protocol: 'HTTP',
  DefaultActions: rules
    .filter(({ priority }) => priority === 'default')
    .map(({ action }) => showAction(action)),
});

const showRule = ({ arn, priority, conditions, action }: Rule) => ({
  RuleArn: arn,
  Priority: String(priority),
  Conditions: conditions.map(showCondition),
  Actions: [showAction(action)],
  IsDefault: priority === 'default',
});

const checkProtocol = (protocol: string | undefined): void => {
  if ((protocol ?? 'HTTP') === 'HTTP') return;
  throw new AwsError(
    'UnsupportedProtocolException',
    `The embedded load balancer listens for HTTP only, not ${protocol}`,
  );
};

const keep = async ({ state, targets }: Needs, listener: Listener): Promise<void> => {
  state.listeners.set(listener.arn, listener);
  for (const group of state.targetGroups.keys()) targets.refresh(group);
  await state.save();
};

/** Opens the first listener at an address that is free on this machine; later ones stay there. */
const openAt = async (needs: Needs, one: LoadBalancer, listener: Listener): Promise<void> => {
  const { state, doors } = needs;
  const isFirst = ![...state.listeners.values()].some(
    ({ loadBalancer }) => loadBalancer === one.arn,
  );
  const taken = [...state.loadBalancers.values()]
    .filter(({ region, arn }) => region === one.region && arn !== one.arn)
    .map(({ host }) => host);
  let failure: unknown;
  for (let host = one.host; host < HOST_NUMBERS.end; host += 1) {
    if (taken.includes(host)) continue;
    try {
      await doors.open({ ...one, host }, listener);
      state.loadBalancers.set(one.arn, { ...one, host });
      return;
    } catch (error) {
      failure = error;
      if (!isFirst) break;
    }
  }
  const why = failure instanceof Error ? failure.message : String(failure);
  throw new AwsError(
    'InvalidConfigurationRequestException',
    `Port ${listener.port} cannot be listened at on ${addressOf(one)}: ${why}`,
  );
};

const createListener = async (needs: Needs, input: CreateListenerInput) => {
  const { state } = needs;
  refuseOthers('CreateListener', input, [
    ...['LoadBalancerArn', 'Protocol', 'Port', 'DefaultActions'],
  ]);
  checkProtocol(input.Protocol);
  const one = state.loadBalancers.get(need(input.LoadBalancerArn, 'load balancer ARN'));
  if (!one) {
    throw new AwsError(
      'LoadBalancerNotFoundException',
      `Load balancers '[${input.LoadBalancerArn}]' not found`,
    );
  }
  const port = within(need(input.Port, 'port'), [1, 65_535], 'Port');
  const action = readAction(input.DefaultActions, state);
  const twin = [...state.listeners.values()].some(
    (listener) => listener.loadBalancer === one.arn && listener.port === port,
  );
  if (twin) {
    throw new AwsError(
      'DuplicateListenerException',
      `A listener already exists on this port for this load balancer '${one.arn}'`,
    );
  }
  const arn = `${one.arn.replace(':loadbalancer/', ':listener/')}/${newId()}`;
  const rule: Rule = { arn: ruleArn(arn), priority: 'default', conditions: [], action };
  const listener: Listener = { arn, loadBalancer: one.arn, port, rules: [rule] };
  await openAt(needs, one, listener);
  await keep(needs, listener);
  return { Listeners: [showListener(listener)] };
};

const ruleArn = (listener: string): string =>
  `${listener.replace(':listener/', ':listener-rule/')}/${newId()}`;

const modifyListener = async (needs: Needs, input: ModifyListenerInput) => {
  const listener = findListener(needs, input.ListenerArn);
  refuseOthers('ModifyListener', input, ['ListenerArn', 'Protocol', 'DefaultActions', 'Port']);
  checkProtocol(input.Protocol);
  if (input.Port !== undefined && input.Port !== listener.port) {
    throw invalid('The embedded load balancer keeps the port of a listener: create another');
  }
  const rules = input.DefaultActions
    ? withAction(listener, 'default', readAction(input.DefaultActions, needs.state))
    : listener.rules;
  const next = { ...listener, rules };
  await keep(needs, next);
  return { Listeners: [showListener(next)] };
};

const withAction = ({ rules }: Listener, priority: Rule['priority'], action: Rule['action']) =>
  rules.map((rule) => (rule.priority === priority ? { ...rule, action } : rule));

const deleteListener = async (needs: Needs, input: DeleteListenerInput) => {
  const { arn } = findListener(needs, input.ListenerArn);
  needs.state.listeners.delete(arn);
  await needs.doors.close(arn);
  for (const group of needs.state.targetGroups.keys()) needs.targets.refresh(group);
  await needs.state.save();
  return {};
};

const describeListeners = ({ state }: Needs, input: DescribeListenersInput) => {
  for (const arn of input.ListenerArns ?? []) {
    if (!state.listeners.has(arn)) {
      throw new AwsError('ListenerNotFoundException', `Listeners '${arn}' not found`);
    }
  }
  if (input.LoadBalancerArn && !state.loadBalancers.has(input.LoadBalancerArn)) {
    throw new AwsError(
      'LoadBalancerNotFoundException',
      `Load balancers '[${input.LoadBalancerArn}]' not found`,
    );
  }
  const wanted = [...state.listeners.values()].filter(
    ({ arn, loadBalancer }) =>
      input.ListenerArns?.includes(arn) || loadBalancer === input.LoadBalancerArn,
  );
  const { items, ...more } = page(wanted, input);
  return { Listeners: items.map(showListener), ...more };
};

const order = ({ priority }: Rule): number =>
  priority === 'default' ? Number.POSITIVE_INFINITY : priority;

const createRule = async (needs: Needs, input: CreateRuleInput) => {
  const listener = findListener(needs, input.ListenerArn);
  refuseOthers('CreateRule', input, ['ListenerArn', 'Conditions', 'Priority', 'Actions']);
  const priority = within(need(input.Priority, 'priority'), [1, PRIORITY_MAX], 'Priority');
  if (listener.rules.some((rule) => rule.priority === priority)) {
    throw new AwsError('PriorityInUseException', `Priority '${priority}' is currently in use`);
  }
  const conditions = (input.Conditions ?? []).map(readCondition);
  if (conditions.length === 0) throw invalid('A condition must be specified');
  const action = readAction(input.Actions, needs.state);
  const rule: Rule = { arn: ruleArn(listener.arn), priority, conditions, action };
  const rules = [...listener.rules, rule].sort((a, b) => order(a) - order(b));
  await keep(needs, { ...listener, rules });
  return { Rules: [showRule(rule)] };
};

const modifyRule = async (needs: Needs, input: ModifyRuleInput) => {
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
    ...(input.Conditions ? { conditions: input.Conditions.map(readCondition) } : {}),
    ...(input.Actions ? { action: readAction(input.Actions, needs.state) } : {}),
  };
  const rules = listener.rules.map((one) => (one.arn === rule.arn ? next : one));
  await keep(needs, { ...listener, rules });
  return { Rules: [showRule(next)] };
};

const deleteRule = async (needs: Needs, input: DeleteRuleInput) => {
  const { listener, rule } = findRule(needs, input.RuleArn);
  if (rule.priority === 'default') {
    throw new AwsError(
      'OperationNotPermittedException',
      `Default rule '${rule.arn}' cannot be deleted`,
    );
  }
  await keep(needs, { ...listener, rules: listener.rules.filter(({ arn }) => arn !== rule.arn) });
  return {};
};

const describeRules = (needs: Needs, input: DescribeRulesInput) => {
  const wanted = input.RuleArns?.length
    ? input.RuleArns.map((arn) => findRule(needs, arn).rule)
    : findListener(needs, input.ListenerArn).rules;
  const { items, ...more } = page(wanted, input);
  return { Rules: items.map(showRule), ...more };
};

export const listenerOperations = (needs: Needs): Operations => ({
  CreateListener: (input: CreateListenerInput) => createListener(needs, input),
  ModifyListener: (input: ModifyListenerInput) => modifyListener(needs, input),
  DeleteListener: (input: DeleteListenerInput) => deleteListener(needs, input),
  DescribeListeners: (input: DescribeListenersInput) => describeListeners(needs, input),
  CreateRule: (input: CreateRuleInput) => createRule(needs, input),
  ModifyRule: (input: ModifyRuleInput) => modifyRule(needs, input),
  DeleteRule: (input: DeleteRuleInput) => deleteRule(needs, input),
  DescribeRules: (input: DescribeRulesInput) => describeRules(needs, input),
});
