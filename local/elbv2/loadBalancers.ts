import { randomInt } from 'node:crypto';
import type {
  CreateLoadBalancerInput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancersInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Clock } from '../clock.ts';
import { BALANCER_ZONE } from '../route53/balancers.ts';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { addressOf, type Doors, HOST_NUMBERS } from './doors.ts';
import { badConfiguration, invalid, nameOf, need, newId, page, refuseOthers } from './requests.ts';
import type { ElbState, LoadBalancer } from './state.ts';
import type { Targets } from './targets.ts';

type Needs = {
  readonly state: ElbState;
  readonly clock: Clock;
  readonly doors: Doors;
  readonly targets: Targets;
};

const CREATE_FIELDS = [
  ...['Name', 'Subnets', 'SubnetMappings', 'SecurityGroups', 'Scheme', 'Type', 'IpAddressType'],
];

const listenersOf = (state: ElbState, arn: string) =>
  [...state.listeners.values()].filter(({ loadBalancer }) => loadBalancer === arn);

const describe = ({ state, doors }: Needs, one: LoadBalancer) => {
  const closed = listenersOf(state, one.arn).some(({ arn }) => !doors.isOpen(arn));
  return {
    LoadBalancerArn: one.arn,
    LoadBalancerName: one.name,
    DNSName: one.dnsName,
    CanonicalHostedZoneId: BALANCER_ZONE,
    CreatedTime: new Date(one.createdAt),
    Scheme: one.scheme,
    VpcId: 'vpc-embedded',
    State: closed
      ? { Code: 'failed', Reason: `${addressOf(one)} cannot be listened at` }
      : { Code: 'active' },
    Type: 'application',
    IpAddressType: 'ipv4',
    SecurityGroups: one.securityGroups,
    // No DNS resolves the name here, so the address stands where that of a network load balancer does.
    AvailabilityZones: one.subnets.map((SubnetId, n) => ({
      SubnetId,
      ZoneName: `${one.region}${'abc'[n % 3]}`,
      LoadBalancerAddresses: [{ IpAddress: addressOf(one) }],
    })),
  };
};

const freeHost = (state: ElbState, region: string): number => {
  const taken = new Set(
    [...state.loadBalancers.values()].filter((one) => one.region === region).map((one) => one.host),
  );
  for (let host: number = HOST_NUMBERS.first; host < HOST_NUMBERS.end; host += 1) {
    if (!taken.has(host)) return host;
  }
  throw new AwsError(
    'TooManyLoadBalancersException',
    `There can be at most ${HOST_NUMBERS.end - HOST_NUMBERS.first} load balancers in a region`,
  );
};

const dnsNameOf = (name: string, region: string, scheme: LoadBalancer['scheme']): string =>
  `${scheme === 'internal' ? 'internal-' : ''}${name}-${randomInt(1e9, 1e10)}.${region}.elb.amazonaws.com`;

const create = async (needs: Needs, input: CreateLoadBalancerInput, { region }: CallContext) => {
  const { state, clock } = needs;
  refuseOthers('CreateLoadBalancer', input, CREATE_FIELDS);
  const name = nameOf(input.Name, 'load balancer');
  if ((input.Type ?? 'application') !== 'application') {
    throw badConfiguration(`The embedded load balancer has the type application only`);
  }
  if ((input.IpAddressType ?? 'ipv4') !== 'ipv4') {
    throw badConfiguration('The embedded load balancer has the address type ipv4 only');
  }
  const subnets =
    input.Subnets ?? (input.SubnetMappings ?? []).map(({ SubnetId }) => need(SubnetId, 'subnet'));
  if (subnets.length === 0) throw invalid('At least one subnet must be specified');
  const scheme = input.Scheme === 'internal' ? 'internal' : 'internet-facing';
  const known = [...state.loadBalancers.values()].find(
    (one) => one.region === region && one.name === name,
  );
  if (known) {
    if (known.scheme === scheme && known.subnets.join() === subnets.join()) {
      return { LoadBalancers: [describe(needs, known)] };
    }
    throw new AwsError(
      'DuplicateLoadBalancerNameException',
      `A load balancer with the same name '${name}' exists, but with different settings`,
    );
  }
  const one: LoadBalancer = {
    region,
    arn: `arn:aws:elasticloadbalancing:${region}:${ACCOUNT_ID}:loadbalancer/app/${name}/${newId()}`,
    name,
    dnsName: dnsNameOf(name, region, scheme),
    scheme,
    subnets,
    securityGroups: input.SecurityGroups ?? [],
    host: freeHost(state, region),
    createdAt: clock.now(),
  };
  state.loadBalancers.set(one.arn, one);
  await state.save();
  return { LoadBalancers: [describe(needs, one)] };
};

const list = (needs: Needs, input: DescribeLoadBalancersInput, { region }: CallContext) => {
  const all = [...needs.state.loadBalancers.values()].filter((one) => one.region === region);
  const { LoadBalancerArns: arns = [], Names: names = [] } = input;
  for (const asked of [...arns, ...names]) {
    if (all.some(({ arn, name }) => arn === asked || name === asked)) continue;
    throw new AwsError('LoadBalancerNotFoundException', `Load balancers '[${asked}]' not found`);
  }
  const wanted = all
    .filter(({ arn }) => arns.length === 0 || arns.includes(arn))
    .filter(({ name }) => names.length === 0 || names.includes(name));
  const { items, ...more } = page(wanted, input);
  return { LoadBalancers: items.map((one) => describe(needs, one)), ...more };
};

/** Deletes its listeners too. One that is not there is no mistake, as on AWS. */
const remove = async ({ state, doors, targets }: Needs, input: DeleteLoadBalancerInput) => {
  const arn = need(input.LoadBalancerArn, 'load balancer ARN');
  for (const listener of listenersOf(state, arn)) {
    state.listeners.delete(listener.arn);
    await doors.close(listener.arn);
  }
  state.loadBalancers.delete(arn);
  for (const group of state.targetGroups.keys()) targets.refresh(group);
  await state.save();
  return {};
};

export const loadBalancerOperations = (needs: Needs): Operations => ({
  CreateLoadBalancer: (input: CreateLoadBalancerInput, call: CallContext) =>
    create(needs, input, call),
  DescribeLoadBalancers: (input: DescribeLoadBalancersInput, call: CallContext) =>
    list(needs, input, call),
  DeleteLoadBalancer: (input: DeleteLoadBalancerInput) => remove(needs, input),
});
