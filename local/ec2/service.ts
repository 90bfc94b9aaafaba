/** The embedded EC2: the network interfaces of tasks, and nothing else. */
import type { DescribeNetworkInterfacesRequest } from '@aws-sdk/client-ec2';
import type { TaskInterface } from '../ecs/taskView.ts';
import { pageOf } from '../pages.ts';
import { serviceFromSdk } from '../wire/service.ts';
import {
  ACCOUNT_ID,
  AwsError,
  type CallContext,
  type Operations,
  type ServiceFront,
} from '../wire/types.ts';

type Needs = {
  /** Those of all regions. */
  readonly interfaces: () => readonly TaskInterface[];
  readonly onFault: (error: unknown, what: string) => void;
};

const FIELDS = ['NetworkInterfaceIds', 'MaxResults', 'NextToken'];
const ID = /^eni-[0-9a-f]{8,17}$/;
const RESULTS_MIN = 5;
const RESULTS_MAX = 1_000;

const describe = ({ region, isPublic, ...found }: TaskInterface) => ({
  NetworkInterfaceId: found.id,
  SubnetId: found.subnet,
  AvailabilityZone: `${region}a`,
  Description: found.description,
  OwnerId: ACCOUNT_ID,
  RequesterManaged: true,
  InterfaceType: 'interface',
  Status: 'in-use',
  PrivateIpAddress: found.address,
  Groups: found.securityGroups.map((GroupId) => ({ GroupId })),
  // A machine of its own has one network: the address of the internet is the private one.
  ...(isPublic ? { Association: { PublicIp: found.address, IpOwnerId: 'amazon' } } : {}),
});

const checkFields = (input: DescribeNetworkInterfacesRequest): void => {
  const [other] = Object.keys(input).filter((name) => !FIELDS.includes(name));
  if (other !== undefined) {
    throw new AwsError('UnsupportedOperation', `the embedded EC2 does not support ${other} here`);
  }
  const { NetworkInterfaceIds = [], MaxResults } = input;
  const [malformed] = NetworkInterfaceIds.filter((id) => !ID.test(id));
  if (malformed !== undefined) {
    throw new AwsError(
      'InvalidNetworkInterfaceId.Malformed',
      `Invalid id: "${malformed}" (expecting "eni-...")`,
    );
  }
  if (MaxResults === undefined) return;
  if (NetworkInterfaceIds.length > 0) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter networkInterfaceIdSet cannot be used with the parameter maxResults',
    );
  }
  if (MaxResults < RESULTS_MIN || MaxResults > RESULTS_MAX) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value from ${RESULTS_MIN} to ${RESULTS_MAX}.`,
    );
  }
};

export const ec2Operations = ({ interfaces }: Pick<Needs, 'interfaces'>): Operations => ({
  DescribeNetworkInterfaces: (input: DescribeNetworkInterfacesRequest, call: CallContext) => {
    checkFields(input);
    const { NetworkInterfaceIds: wanted = [], MaxResults = RESULTS_MAX, NextToken } = input;
    const here = interfaces().filter(({ region }) => region === call.region);
    const [unknown] = wanted.filter((id) => !here.some((one) => one.id === id));
    if (unknown !== undefined) {
      throw new AwsError(
        'InvalidNetworkInterfaceID.NotFound',
        `The networkInterface ID '${unknown}' does not exist`,
      );
    }
    const chosen = wanted.length === 0 ? here : here.filter(({ id }) => wanted.includes(id));
    const { found, next } = pageOf(chosen, ({ id }) => id, NextToken, MaxResults);
    return { NetworkInterfaces: found.map(describe), ...next };
  },
});

/** The client of EC2 is the largest there is: it is read when somebody asks for the first time. */
export const ec2Front = (needs: Needs): ServiceFront => {
  const operations = ec2Operations(needs);
  const open = async (): Promise<ServiceFront> =>
    serviceFromSdk(await import('@aws-sdk/client-ec2'), 'ec2', operations, needs);
  let opened: Promise<ServiceFront> | undefined;
  return {
    scope: 'ec2',
    handle: async (request, call) => {
      opened ??= open();
      return (await opened).handle(request, call);
    },
  };
};
