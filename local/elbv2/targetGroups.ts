import { isIPv4 } from 'node:net';
import type {
  CreateTargetGroupInput,
  DeleteTargetGroupInput,
  DeregisterTargetsInput,
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupsInput,
  DescribeTargetHealthInput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupInput,
  RegisterTargetsInput,
  TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import {
  badConfiguration,
  invalid,
  nameOf,
  need,
  newId,
  page,
  refuseOthers,
  within,
} from './requests.ts';
import {
  type ElbState,
  type HealthCheck,
  type Target,
  type TargetGroup,
  usersOf,
} from './state.ts';
import type { Targets } from './targets.ts';

type Needs = { readonly state: ElbState; readonly targets: Targets };

const CHECK_FIELDS = [
  ...['HealthCheckProtocol', 'HealthCheckPort', 'HealthCheckEnabled', 'HealthCheckPath'],
  ...['HealthCheckIntervalSeconds', 'HealthCheckTimeoutSeconds', 'HealthyThresholdCount'],
  ...['UnhealthyThresholdCount', 'Matcher'],
];
const CREATE_FIELDS = [
  ...['Name', 'Protocol', 'ProtocolVersion', 'Port', 'VpcId', 'TargetType', 'IpAddressType'],
  ...CHECK_FIELDS,
];
const CHECK: HealthCheck = {
  path: '/',
  port: 'traffic-port',
  intervalS: 30,
  timeoutS: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: '200',
};
const DELAY_S = 300;
const DELAY_ATTRIBUTE = 'deregistration_delay.timeout_seconds';
const MATCHER = /^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/;

type CheckInput = Pick<CreateTargetGroupInput, 'HealthCheckPath' | 'Matcher'> &
  Omit<ModifyTargetGroupInput, 'TargetGroupArn'>;

const readCheck = (input: CheckInput, before: HealthCheck): HealthCheck => {
  if ((input.HealthCheckProtocol ?? 'HTTP') !== 'HTTP' || input.HealthCheckEnabled === false) {
    throw badConfiguration('The embedded load balancer checks the health of targets by HTTP');
  }
  const check: HealthCheck = {
    path: input.HealthCheckPath ?? before.path,
    port: input.HealthCheckPort ?? before.port,
    intervalS: within(input.HealthCheckIntervalSeconds ?? before.intervalS, [5, 300], 'Interval'),
    timeoutS: within(input.HealthCheckTimeoutSeconds ?? before.timeoutS, [2, 120], 'Timeout'),
    healthyThreshold: within(
      input.HealthyThresholdCount ?? before.healthyThreshold,
      [2, 10],
      'Healthy threshold',
    ),
    unhealthyThreshold: within(
      input.UnhealthyThresholdCount ?? before.unhealthyThreshold,
      [2, 10],
      'Unhealthy threshold',
    ),
    matcher: input.Matcher?.HttpCode ?? before.matcher,
  };
  if (!MATCHER.test(check.matcher)) {
    throw invalid(`Health check matcher HTTP code '${check.matcher}' must be codes or ranges`);
  }
  if (!check.path.startsWith('/')) throw invalid(`Health check path '${check.path}' is invalid`);
  if (check.timeoutS > check.intervalS) {
    throw invalid(
      `Health check timeout '${check.timeoutS}' must be smaller than the interval '${check.intervalS}'`,
    );
  }
  return check;
};

const describe = (state: ElbState, group: TargetGroup) => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  Protocol: 'HTTP',
  ProtocolVersion: 'HTTP1',
  Port: group.port,
  VpcId: group.vpcId,
  TargetType: 'ip',
  IpAddressType: 'ipv4',
  HealthCheckEnabled: true,
  HealthCheckProtocol: 'HTTP',
  HealthCheckPort: group.healthCheck.port,
  HealthCheckPath: group.healthCheck.path,
  HealthCheckIntervalSeconds: group.healthCheck.intervalS,
  HealthCheckTimeoutSeconds: group.healthCheck.timeoutS,
  HealthyThresholdCount: group.healthCheck.healthyThreshold,
  UnhealthyThresholdCount: group.healthCheck.unhealthyThreshold,
  Matcher: { HttpCode: group.healthCheck.matcher },
  LoadBalancerArns: usersOf(state, group.arn),
});

const notFound = (what: string) =>
  new AwsError('TargetGroupNotFoundException', `Target groups '${what}' not found`);

const find = ({ state }: Needs, arn: string | undefined): TargetGroup => {
  const found = state.targetGroups.get(need(arn, 'target group ARN'));
  if (!found) throw notFound(arn ?? '');
  return found;
};

const create = async ({ state }: Needs, input: CreateTargetGroupInput, { region }: CallContext) => {
  refuseOthers('CreateTargetGroup', input, CREATE_FIELDS);
  const name = nameOf(input.Name, 'target group');
  if (input.Protocol !== 'HTTP' || (input.ProtocolVersion ?? 'HTTP1') !== 'HTTP1') {
    throw badConfiguration('The embedded load balancer speaks HTTP/1.1 to targets, nothing else');
  }
  if (input.TargetType !== 'ip') {
    throw badConfiguration(
      `The embedded load balancer has the target type ip only, not ${input.TargetType ?? 'instance'}`,
    );
  }
  const group: TargetGroup = {
    region,
    arn: `arn:aws:elasticloadbalancing:${region}:${ACCOUNT_ID}:targetgroup/${name}/${newId()}`,
    name,
    port: within(input.Port ?? 0, [1, 65_535], 'Port'),
    ...(input.VpcId ? { vpcId: input.VpcId } : {}),
    healthCheck: readCheck(input, CHECK),
    deregistrationDelayS: DELAY_S,
    targets: [],
  };
  const known = [...state.targetGroups.values()].find(
    (one) => one.region === region && one.name === name,
  );
  if (known) {
    const same = JSON.stringify([known.port, known.healthCheck]);
    if (same === JSON.stringify([group.port, group.healthCheck])) {
      return { TargetGroups: [describe(state, known)] };
    }
    throw new AwsError(
      'DuplicateTargetGroupNameException',
      `A target group with the same name '${name}' exists, but with different settings`,
    );
  }
  state.targetGroups.set(group.arn, group);
  await state.save();
  return { TargetGroups: [describe(state, group)] };
};

const list = ({ state }: Needs, input: DescribeTargetGroupsInput, { region }: CallContext) => {
  const all = [...state.targetGroups.values()].filter((one) => one.region === region);
  const { TargetGroupArns: arns = [], Names: names = [], LoadBalancerArn: user } = input;
  for (const asked of [...arns, ...names]) {
    if (!all.some(({ arn, name }) => arn === asked || name === asked)) throw notFound(asked);
  }
  const wanted = all
    .filter(({ arn }) => arns.length === 0 || arns.includes(arn))
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .filter(({ arn }) => user === undefined || usersOf(state, arn).includes(user));
  const { items, ...more } = page(wanted, input);
  return { TargetGroups: items.map((one) => describe(state, one)), ...more };
};

const modify = async (needs: Needs, input: ModifyTargetGroupInput) => {
  refuseOthers('ModifyTargetGroup', input, ['TargetGroupArn', ...CHECK_FIELDS]);
  const group = find(needs, input.TargetGroupArn);
  const next = { ...group, healthCheck: readCheck(input, group.healthCheck) };
  needs.state.targetGroups.set(group.arn, next);
  await needs.state.save();
  needs.targets.restart(group.arn);
  return { TargetGroups: [describe(needs.state, next)] };
};

const showAttributes = (group: TargetGroup) => ({
  Attributes: [{ Key: DELAY_ATTRIBUTE, Value: String(group.deregistrationDelayS) }],
});

const modifyAttributes = async (needs: Needs, input: ModifyTargetGroupAttributesInput) => {
  const group = find(needs, input.TargetGroupArn);
  let deregistrationDelayS = group.deregistrationDelayS;
  for (const { Key, Value } of input.Attributes ?? []) {
    if (Key !== DELAY_ATTRIBUTE) {
      throw badConfiguration(`The embedded load balancer does not support the attribute '${Key}'`);
    }
    deregistrationDelayS = within(Number(Value), [0, 3_600], DELAY_ATTRIBUTE);
  }
  const next = { ...group, deregistrationDelayS };
  needs.state.targetGroups.set(group.arn, next);
  await needs.state.save();
  return showAttributes(next);
};

const remove = async ({ state, targets }: Needs, input: DeleteTargetGroupInput) => {
  const arn = need(input.TargetGroupArn, 'target group ARN');
  if (usersOf(state, arn).length > 0) {
    throw new AwsError(
      'ResourceInUseException',
      `Target group '${arn}' is currently in use by a listener or a rule`,
    );
  }
  state.targetGroups.delete(arn);
  targets.refresh(arn);
  await state.save();
  return {};
};

const readTargets = (
  inputs: readonly TargetDescription[] | undefined,
  group: TargetGroup,
): Target[] => {
  if (!inputs || inputs.length === 0) throw invalid('At least one target must be specified');
  return inputs.map(({ Id, Port, AvailabilityZone }) => {
    if (AvailabilityZone !== undefined && AvailabilityZone !== 'all') {
      throw badConfiguration('The embedded load balancer has no availability zones; remove it');
    }
    const id = need(Id, 'target ID');
    if (!isIPv4(id)) throw invalid(`The target ID '${id}' is not a valid IPv4 address`);
    // The embedded network is all on loopback, and nothing here may send elsewhere.
    if (!id.startsWith('127.')) {
      throw new AwsError(
        'InvalidTargetException',
        `The IP address '${id}' is not within the embedded network, which is 127.0.0.0/8`,
      );
    }
    return { id, port: within(Port ?? group.port, [1, 65_535], 'Port') };
  });
};

const health = (needs: Needs, input: DescribeTargetHealthInput) => {
  const group = find(needs, input.TargetGroupArn);
  const asked = input.Targets?.length ? readTargets(input.Targets, group) : undefined;
  const shown = (asked ?? needs.targets.listed(group)).map((target) => {
    const seen = needs.targets.healthOf(group.arn, target) ?? {
      state: 'unused',
      reason: 'Target.NotRegistered',
      description: 'Target is not registered to the target group',
    };
    return {
      Target: { Id: target.id, Port: target.port },
      HealthCheckPort:
        group.healthCheck.port === 'traffic-port' ? String(target.port) : group.healthCheck.port,
      TargetHealth: {
        State: seen.state,
        ...('reason' in seen ? { Reason: seen.reason, Description: seen.description } : {}),
      },
    };
  });
  return { TargetHealthDescriptions: shown };
};

export const targetGroupOperations = (needs: Needs): Operations => ({
  CreateTargetGroup: (input: CreateTargetGroupInput, call: CallContext) =>
    create(needs, input, call),
  DescribeTargetGroups: (input: DescribeTargetGroupsInput, call: CallContext) =>
    list(needs, input, call),
  ModifyTargetGroup: (input: ModifyTargetGroupInput) => modify(needs, input),
  DescribeTargetGroupAttributes: (input: DescribeTargetGroupAttributesInput) =>
    showAttributes(find(needs, input.TargetGroupArn)),
  ModifyTargetGroupAttributes: (input: ModifyTargetGroupAttributesInput) =>
    modifyAttributes(needs, input),
  DeleteTargetGroup: (input: DeleteTargetGroupInput) => remove(needs, input),
  RegisterTargets: async (input: RegisterTargetsInput) => {
    const group = find(needs, input.TargetGroupArn);
    await needs.targets.register(group, readTargets(input.Targets, group));
    return {};
  },
  DeregisterTargets: async (input: DeregisterTargetsInput) => {
    const group = find(needs, input.TargetGroupArn);
    const drained = needs.targets.deregister(group, readTargets(input.Targets, group));
    // Answered at once: the last requests may take long.
    drained.catch((error: unknown) => needs.targets.onFault(error, `draining ${group.arn}`));
    return {};
  },
  DescribeTargetHealth: (input: DescribeTargetHealthInput) => health(needs, input),
});
