/** What the load balancers of one region think of the tasks behind them. */
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Descriptions = z.array(
  z.object({
    Target: z.object({ Id: z.string() }).optional(),
    TargetHealth: z.object({ State: z.string() }).optional(),
  }),
);

export const openTargetGroups = (region: string, sdk: SdkSettings = {}) => {
  const client = new ElasticLoadBalancingV2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  const described = async (targetGroupArn: string, signal: AbortSignal) => {
    const answer = await client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
      { abortSignal: signal },
    );
    return Descriptions.parse(answer.TargetHealthDescriptions ?? []).filter(
      ({ TargetHealth }) => TargetHealth?.State === 'healthy',
    );
  };

  /** How many targets of a group are healthy. */
  const healthy = async (targetGroupArn: string, signal: AbortSignal): Promise<number> =>
    (await described(targetGroupArn, signal)).length;

  /** Where they are. */
  const healthyAddresses = async (targetGroupArn: string, signal: AbortSignal): Promise<string[]> =>
    (await described(targetGroupArn, signal)).flatMap(({ Target }) => Target?.Id ?? []);

  return { healthy, healthyAddresses, close: () => client.destroy() };
};

export type TargetGroups = ReturnType<typeof openTargetGroups>;
