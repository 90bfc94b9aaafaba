/** What the load balancers of one region think of the tasks behind them. */
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Descriptions = z.array(
  z.object({ TargetHealth: z.object({ State: z.string() }).optional() }),
);

export const openTargetGroups = (region: string, sdk: SdkSettings = {}) => {
  const client = new ElasticLoadBalancingV2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  /** How many targets of a group are healthy. */
  const healthy = async (targetGroupArn: string, signal: AbortSignal): Promise<number> => {
    const answer = await client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
      { abortSignal: signal },
    );
    return Descriptions.parse(answer.TargetHealthDescriptions ?? []).filter(
      ({ TargetHealth }) => TargetHealth?.State === 'healthy',
    ).length;
  };

  return { healthy, close: () => client.destroy() };
};

export type TargetGroups = ReturnType<typeof openTargetGroups>;
