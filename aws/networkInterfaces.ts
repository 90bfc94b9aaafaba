/** Addresses of network interfaces on EC2, in any region: one client a region, made when first asked for. */
import { DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { perKey } from '../core/perKey.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Interfaces = z
  .array(z.object({ Association: z.object({ PublicIp: z.string().optional() }).optional() }))
  .default([]);

/** EC2 tells of what it has just made a moment later, and as this until then. */
const ABSENT = 'InvalidNetworkInterfaceID.NotFound';

export const openNetworkInterfaces = (sdk: SdkSettings = {}) => {
  const at = perKey(
    (region: string) => new EC2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region }),
  );

  /** Undefined while there is none. */
  const publicAddress = async (
    region: string,
    networkInterfaceId: string,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    try {
      const asked = { NetworkInterfaceIds: [networkInterfaceId] };
      const command = new DescribeNetworkInterfacesCommand(asked);
      const answer = await at(region).send(command, { abortSignal: signal });
      const [found] = Interfaces.parse(answer.NetworkInterfaces);
      return found?.Association?.PublicIp;
    } catch (error) {
      if (isAwsError(error, ABSENT)) return undefined;
      throw error;
    }
  };

  return { publicAddress };
};

export type NetworkInterfaces = ReturnType<typeof openNetworkInterfaces>;
