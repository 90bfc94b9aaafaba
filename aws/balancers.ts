/** The load balancers of one region, by name: where each is reached, and between what it shares traffic out. */
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Balancers = z
  .array(
    z.object({
      LoadBalancerArn: z.string(),
      DNSName: z.string(),
      CanonicalHostedZoneId: z.string(),
    }),
  )
  .min(1);
const TargetGroups = z.array(z.object({ TargetGroupArn: z.string(), TargetGroupName: z.string() }));
const Listeners = z.array(
  z.object({
    ListenerArn: z.string(),
    Protocol: z.string(),
    Port: z.int(),
    DefaultActions: z.array(z.object({ Type: z.string() })).default([]),
  }),
);

/** Target groups, of the service and of the one that runs beside it. */
type Groups = { readonly main: string; readonly next: string };

export type Balancer = {
  /** As AWS made it up: known only once it is there. */
  readonly dnsName: string;
  /** The hosted zone of that name, for aliases. */
  readonly zoneId: string;
  readonly listener: string;
  readonly protocol: 'http' | 'https';
  readonly port: number;
  readonly groups: Groups;
};

const NOT_THERE = ['LoadBalancerNotFoundException', 'TargetGroupNotFoundException'];

export const openBalancers = (region: string, sdk: SdkSettings = {}) => {
  const client = new ElasticLoadBalancingV2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  const groupsOf = async (name: string): Promise<Groups | null> => {
    const next = `${name}-next`;
    const answer = await client.send(new DescribeTargetGroupsCommand({ Names: [name, next] }));
    const found = TargetGroups.parse(answer.TargetGroups ?? []);
    const arnOf = (wanted: string) =>
      found.find(({ TargetGroupName }) => TargetGroupName === wanted)?.TargetGroupArn;
    const [mainArn, nextArn] = [arnOf(name), arnOf(next)];
    return mainArn === undefined || nextArn === undefined ? null : { main: mainArn, next: nextArn };
  };

  /** As the template of role `service` names its parts; null while one of them is not there. */
  const find = async (name: string): Promise<Balancer | null> => {
    try {
      const seen = await client.send(new DescribeLoadBalancersCommand({ Names: [name] }));
      const [balancer] = Balancers.parse(seen.LoadBalancers ?? []);
      const groups = await groupsOf(name);
      const listed = await client.send(
        new DescribeListenersCommand({ LoadBalancerArn: balancer?.LoadBalancerArn }),
      );
      const forwards = Listeners.parse(listed.Listeners ?? []).find(
        ({ DefaultActions: [first] }) => first?.Type === 'forward',
      );
      if (balancer === undefined || groups === null || forwards === undefined) return null;
      return {
        dnsName: balancer.DNSName,
        zoneId: balancer.CanonicalHostedZoneId,
        listener: forwards.ListenerArn,
        protocol: forwards.Protocol === 'HTTPS' ? 'https' : 'http',
        port: forwards.Port,
        groups,
      };
    } catch (error) {
      if (isAwsError(error, ...NOT_THERE)) return null;
      throw error;
    }
  };

  return { find, close: () => client.destroy() };
};

export type Balancers = ReturnType<typeof openBalancers>;
