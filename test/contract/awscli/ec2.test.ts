// Goal: the AWS command line finds the address of a task's network interface.
// Method: Debian's awscli against the embedded EC2, with interfaces that the test gives.
import { ec2Front } from '../../../local/ec2/service.ts';
import { awscliTable } from './awscli.ts';

const ID = 'eni-00000001';
const INTERFACE = {
  ...{ id: ID, region: 'eu-central-1', address: '127.12.0.1', isPublic: true },
  ...{ subnet: 'subnet-1', securityGroups: ['sg-1'], description: 'of a task' },
};
const ec2 =
  (...args: string[]) =>
  () => ['ec2', ...args];

awscliTable('ec2', async () => {
  const onFault = (error: unknown): void => {
    throw error;
  };
  return { front: ec2Front({ interfaces: () => [INTERFACE], onFault }), close: async () => {} };
}, [
  {
    name: 'describe-network-interfaces',
    args: ec2('describe-network-interfaces', '--network-interface-ids', ID),
    prints: {
      NetworkInterfaces: [
        {
          NetworkInterfaceId: ID,
          PrivateIpAddress: '127.12.0.1',
          Association: { PublicIp: '127.12.0.1' },
          Groups: [{ GroupId: 'sg-1' }],
        },
      ],
    },
  },
  {
    name: 'describe-network-interfaces of one that is not there',
    args: ec2('describe-network-interfaces', '--network-interface-ids', 'eni-00000002'),
    fails: 'InvalidNetworkInterfaceID.NotFound',
  },
  {
    name: 'describe-vpcs, which is not here',
    args: ec2('describe-vpcs'),
    fails: 'InvalidAction',
  },
]);
