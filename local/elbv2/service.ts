/** The embedded Elastic Load Balancing: application load balancers that really listen and forward. */
import path from 'node:path';
import type { Clock } from '../clock.ts';
import type { Operations } from '../wire/types.ts';
import { addressOf, createDoors, type ElbNetwork } from './doors.ts';
import type { Reach } from './health.ts';
import { listenerOperations } from './listeners.ts';
import { loadBalancerOperations } from './loadBalancers.ts';
import { ruleOperations } from './rules.ts';
import { openElbState, type Target, usersOf } from './state.ts';
import { targetGroupOperations } from './targetGroups.ts';
import { createTargets } from './targets.ts';

type Needs = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1. */
  readonly random: () => number;
  readonly network: ElbNetwork;
  /** Where the addresses of targets are reached; as they are unless given. */
  readonly reach?: Reach;
  /** Hears of faults that no caller can be told. */
  readonly onFault: (error: unknown, what: string) => void;
};

/** Opens the load balancers of a data folder, and listens where they listened before. */
export const createElbv2 = async (needs: Needs) => {
  const { clock, random, network, onFault, reach = (host, port) => ({ host, port }) } = needs;
  const state = await openElbState(path.join(needs.dataDir, 'elbv2'));
  const targets = createTargets({ state, clock, reach, onFault });
  const doors = createDoors({ state, network, targets, reach, random });
  for (const listener of state.listeners.values()) {
    const one = state.loadBalancers.get(listener.loadBalancer);
    if (!one) continue;
    await doors
      .open(one, listener)
      .catch((error: unknown) => onFault(error, `listening for ${one.name} again`));
  }
  for (const group of state.targetGroups.keys()) targets.refresh(group);

  const operations: Operations = {
    ...loadBalancerOperations({ state, clock, doors, targets }),
    ...targetGroupOperations({ state, targets }),
    ...listenerOperations({ state, doors, targets }),
    ...ruleOperations({ state, doors, targets }),
  };
  return {
    operations,
    /** For DNS: where the load balancer of a name listens. */
    addressOf: (dnsName: string): string | undefined => {
      const found = [...state.loadBalancers.values()].find(
        (one) => one.dnsName.toLowerCase() === dnsName,
      );
      return found && addressOf(found);
    },
    /** For ECS, whose services register their tasks. */
    targets: {
      group: (arn: string): 'missing' | 'unused' | 'used' => {
        if (!state.targetGroups.has(arn)) return 'missing';
        return usersOf(state, arn).length > 0 ? 'used' : 'unused';
      },
      register: async (arn: string, target: Target): Promise<void> => {
        const group = state.targetGroups.get(arn);
        if (group) await targets.register(group, [target]);
      },
      deregister: async (arn: string, target: Target): Promise<void> => {
        const group = state.targetGroups.get(arn);
        if (group) await targets.deregister(group, [target]);
      },
      health: (arn: string, target: Target): string | undefined =>
        targets.healthOf(arn, target)?.state,
      onHealth: targets.onHealth,
    },
    async close(): Promise<void> {
      targets.close();
      await doors.closeAll();
    },
  };
};
