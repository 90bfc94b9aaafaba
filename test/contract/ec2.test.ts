// Goal: network interfaces of tasks are found by their ids, page by page, and all else is refused as EC2 does.
// Method: a real SDK client over sockets against the embedded EC2, with interfaces that a test gives.
import {
  DescribeNetworkInterfacesCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetworkInterfaces } from '../../aws/networkInterfaces.ts';
import { ec2Front } from '../../local/ec2/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { clientOf, raw, startEndpoint } from './endpoint.ts';

const REGION = 'eu-central-1';
const signal = new AbortController().signal;

const interfaceOf = (n: number, more: { region?: string; isPublic?: boolean } = {}) => ({
  ...{ id: `eni-0000000${n}`, region: REGION, isPublic: true, ...more },
  ...{ address: `127.12.0.${n}`, subnet: 'subnet-1', securityGroups: ['sg-1'] },
  description: `arn:aws:ecs:${REGION}:000000000000:attachment/${n}`,
});
const HERE = [1, 2, 3, 4, 5, 6, 7].map((n) => interfaceOf(n, { isPublic: n !== 7 }));
const ELSEWHERE = interfaceOf(8, { region: 'eu-west-1' });

let server: WireServer;
let client: EC2Client;
beforeAll(async () => {
  const onFault = (error: unknown): void => {
    throw error;
  };
  server = await startEndpoint([ec2Front({ interfaces: () => [...HERE, ELSEWHERE], onFault })]);
  client = new EC2Client(clientOf(server, REGION));
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const ask = (input: object) => client.send(new DescribeNetworkInterfacesCommand(input));
const refused = (input: object, name: string) =>
  expect(ask(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });

describe('a network interface', () => {
  it('is found by its id, with its addresses and who has it', async () => {
    const { NetworkInterfaces } = await ask({ NetworkInterfaceIds: ['eni-00000001'] });
    expect(NetworkInterfaces).toEqual([
      {
        NetworkInterfaceId: 'eni-00000001',
        SubnetId: 'subnet-1',
        AvailabilityZone: 'eu-central-1a',
        Description: 'arn:aws:ecs:eu-central-1:000000000000:attachment/1',
        OwnerId: '000000000000',
        RequesterManaged: true,
        InterfaceType: 'interface',
        Status: 'in-use',
        PrivateIpAddress: '127.12.0.1',
        Groups: [{ GroupId: 'sg-1' }],
        Association: { PublicIp: '127.12.0.1', IpOwnerId: 'amazon' },
      },
    ]);
  });

  it('has an address of the internet only where it was given one', async () => {
    const { publicAddress } = openNetworkInterfaces(clientOf(server, REGION));
    expect(await publicAddress(REGION, 'eni-00000001', signal)).toBe('127.12.0.1');
    expect(await publicAddress(REGION, 'eni-00000007', signal)).toBeUndefined();
    expect(await publicAddress('eu-west-1', 'eni-00000008', signal)).toBe('127.12.0.8');
  });

  it('that is not there has no address yet', async () => {
    const { publicAddress } = openNetworkInterfaces(clientOf(server, REGION));
    expect(await publicAddress(REGION, 'eni-0123456789abcdef0', signal)).toBeUndefined();
    await refused(
      { NetworkInterfaceIds: ['eni-0123456789abcdef0'] },
      'InvalidNetworkInterfaceID.NotFound',
    );
  });

  it('comes with the others of its region, in pages', async () => {
    const first = await ask({ MaxResults: 5 });
    expect(first.NetworkInterfaces).toHaveLength(5);
    const { NextToken } = first;
    const second = await ask({ MaxResults: 5, NextToken });
    expect(second.NetworkInterfaces?.map((one) => one.NetworkInterfaceId)).toEqual([
      'eni-00000006',
      'eni-00000007',
    ]);
    expect(second.NextToken).toBeUndefined();
  });
});

describe('EC2 refuses', () => {
  it('a malformed id, a page that is too small, and ids in pages', async () => {
    await refused({ NetworkInterfaceIds: ['eni-x'] }, 'InvalidNetworkInterfaceId.Malformed');
    await refused({ MaxResults: 1 }, 'InvalidParameterValue');
    await refused(
      { MaxResults: 5, NetworkInterfaceIds: ['eni-00000001'] },
      'InvalidParameterCombination',
    );
  });

  it('filters, which it does not have here', async () => {
    await refused({ Filters: [{ Name: 'vpc-id', Values: ['vpc-1'] }] }, 'UnsupportedOperation');
  });

  it('every other action, in the words of AWS', async () => {
    await expect(client.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      name: 'InvalidAction',
      message: 'The action DescribeVpcs is not valid for this web service.',
    });
    const { status, text } = await raw(server, 'ec2', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=Nonsense&Version=2016-11-15',
    });
    expect(status).toBe(400);
    expect(text).toMatch(
      /^<\?xml [^>]*\?>\n?<Response><Errors><Error><Code>InvalidAction<\/Code><Message>.*Nonsense.*<RequestID>/s,
    );
  });
});
