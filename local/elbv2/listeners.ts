import type {
  CreateListenerInput,
  DeleteListenerInput,
  DescribeListenersInput,
  ModifyListenerInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError, type Operations } from '../wire/types.ts';
import { readAction, showAction } from './actions.ts';
import { addressOf, type Doors, HOST_NUMBERS } from './doors.ts';
import { invalid, need, newId, page, refuseOthers, within } from './requests.ts';
import type { ElbState, Listener, LoadBalancer, Rule } from './state.ts';
import type { Targets } from './targets.ts';

export type ListenerNeeds = {
  readonly state: ElbState;
  readonly doors: Doors;
  readonly targets: Targets;
};

export const findListener = ({ state }: ListenerNeeds, arn: string | undefined): Listener => {
  const found = state.listeners.get(need(arn, 'listener ARN'));
  if (!found) throw new AwsError('ListenerNotFoundException', `Listeners '${arn}' not found`);
  return found;
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

const checkProtocol = (protocol: string | undefined): void => {
  if ((protocol ?? 'HTTP') === 'HTTP') return;
  throw new AwsError(
    'UnsupportedProtocolException',
    `The embedded load balancer listens for HTTP only, not ${protocol}`,
  );
};

export const keepListener = async (
  { state, targets }: ListenerNeeds,
  listener: Listener,
): Promise<void> => {
  state.listeners.set(listener.arn, listener);
  for (const group of state.targetGroups.keys()) targets.refresh(group);
  await state.save();
};

/** Opens the first listener at an address that is free on this machine; later ones stay there. */
const openAt = async (
  needs: ListenerNeeds,
  one: LoadBalancer,
  listener: Listener,
): Promise<void> => {
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

const createListener = async (needs: ListenerNeeds, input: CreateListenerInput) => {
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
  await keepListener(needs, listener);
  return { Listeners: [showListener(listener)] };
};

export const ruleArn = (listener: string): string =>
  `${listener.replace(':listener/', ':listener-rule/')}/${newId()}`;

const modifyListener = async (needs: ListenerNeeds, input: ModifyListenerInput) => {
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
  await keepListener(needs, next);
  return { Listeners: [showListener(next)] };
};

const withAction = ({ rules }: Listener, priority: Rule['priority'], action: Rule['action']) =>
  rules.map((rule) => (rule.priority === priority ? { ...rule, action } : rule));

const deleteListener = async (needs: ListenerNeeds, input: DeleteListenerInput) => {
  const { arn } = findListener(needs, input.ListenerArn);
  needs.state.listeners.delete(arn);
  await needs.doors.close(arn);
  for (const group of needs.state.targetGroups.keys()) needs.targets.refresh(group);
  await needs.state.save();
  return {};
};

const describeListeners = ({ state }: ListenerNeeds, input: DescribeListenersInput) => {
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

export const listenerOperations = (needs: ListenerNeeds): Operations => ({
  CreateListener: (input: CreateListenerInput) => createListener(needs, input),
  ModifyListener: (input: ModifyListenerInput) => modifyListener(needs, input),
  DeleteListener: (input: DeleteListenerInput) => deleteListener(needs, input),
  DescribeListeners: (input: DescribeListenersInput) => describeListeners(needs, input),
});
