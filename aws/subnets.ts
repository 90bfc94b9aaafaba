/** Subnets of one region as EC2 tells of them, and whether their routes lead to the internet. */
import {
  DescribeSubnetsCommand,
  EC2Client,
  paginateDescribeRouteTables,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

export type FoundSubnet = {
  readonly id: string;
  readonly vpc: string;
  readonly isOpen: boolean;
};

const Subnets = z.array(z.object({ SubnetId: z.string(), VpcId: z.string() })).default([]);

const RouteTable = z.object({
  Associations: z
    .array(z.object({ SubnetId: z.string().optional(), Main: z.boolean().optional() }))
    .default([]),
  Routes: z.array(z.object({ GatewayId: z.string().optional() })).default([]),
});
type RouteTable = z.output<typeof RouteTable>;

/** The table of a subnet: its own, else the main one of its VPC. */
const isOpen = (subnet: string, tables: readonly RouteTable[]): boolean => {
  const own = tables.find(({ Associations }) =>
    Associations.some(({ SubnetId }) => SubnetId === subnet),
  );
  const main = tables.find(({ Associations }) => Associations.some(({ Main }) => Main === true));
  return (own ?? main)?.Routes.some(({ GatewayId }) => GatewayId?.startsWith('igw-')) ?? false;
};

export const openSubnets = (region: string, sdk: SdkSettings = {}) => {
  const client = new EC2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  const tablesOf = async (vpc: string): Promise<RouteTable[]> => {
    const input = { Filters: [{ Name: 'vpc-id', Values: [vpc] }] };
    const tables: RouteTable[] = [];
    for await (const page of paginateDescribeRouteTables({ client }, input)) {
      tables.push(...z.array(RouteTable).parse(page.RouteTables ?? []));
    }
    return tables;
  };

  /** Those of `ids` that are there. */
  const find = async (ids: readonly string[]): Promise<FoundSubnet[]> => {
    const found = await Promise.all(
      ids.map(async (id) => {
        try {
          const answer = await client.send(new DescribeSubnetsCommand({ SubnetIds: [id] }));
          return Subnets.parse(answer.Subnets);
        } catch (error) {
          // One that is not there fails the whole call.
          if (isAwsError(error, 'InvalidSubnetID.NotFound', 'InvalidSubnetId.Malformed')) return [];
          throw error;
        }
      }),
    );
    const subnets = found.flat();
    const vpcs = [...new Set(subnets.map(({ VpcId }) => VpcId))];
    const tables = new Map<string, RouteTable[]>();
    for (const vpc of vpcs) tables.set(vpc, await tablesOf(vpc));
    return subnets.map(({ SubnetId, VpcId }) => ({
      id: SubnetId,
      vpc: VpcId,
      isOpen: isOpen(SubnetId, tables.get(VpcId) ?? []),
    }));
  };

  const close = (): void => client.destroy();
  return { find, close };
};

export type Subnets = ReturnType<typeof openSubnets>;
