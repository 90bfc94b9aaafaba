/** The embedded load balancers behind an endpoint of their own, on a relay network. */
import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { realClock } from '../../local/clock.ts';
import { createElbv2 } from '../../local/elbv2/service.ts';
import type { Network } from '../../local/network/network.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { clientOf, startEndpoint } from '../contract/endpoint.ts';

export const startElb = async (dataDir: string, network: Network, region: string) => {
  const elb = await createElbv2({
    ...{ dataDir, clock: realClock, random: Math.random, network },
    onFault: (error, what) => console.error(what, error),
  });
  const server = await startEndpoint([serviceFromSdk(sdk, 'elasticloadbalancing', elb.operations)]);
  const settings = clientOf(server, region);
  const client = new sdk.ElasticLoadBalancingV2Client(settings);
  const close = async (): Promise<void> => {
    client.destroy();
    await server.close();
    await elb.close();
  };
  return { client, settings, close };
};
