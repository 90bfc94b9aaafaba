/** Where a task is reached: the address that its network gives to whoever speaks to it. */
import type { NetworkInterfaces } from '../aws/networkInterfaces.ts';
import { networkIn, type RunningTask, type TaskNetworks } from '../aws/tasks.ts';

/** Undefined while the task has none. */
export type TaskAddress = (
  region: string,
  task: Pick<RunningTask, 'privateAddress' | 'networkInterfaceId'>,
  signal: AbortSignal,
) => Promise<string | undefined>;

export const taskAddress =
  (networks: TaskNetworks, interfaces: NetworkInterfaces): TaskAddress =>
  async (region, { privateAddress, networkInterfaceId }, signal) => {
    if (!networkIn(networks, region).isPublic) return privateAddress;
    if (networkInterfaceId === undefined) return undefined;
    return interfaces.publicAddress(region, networkInterfaceId, signal);
  };
