/** Plans of a watch, as an installer would store them. */
import { Config } from '../../events/config.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { watchPlanOf } from '../../events/watchPlanOf.ts';
import { HOME, OBSERVERS, STANDBY } from './failovers.ts';

export type PlanOptions = {
  readonly service?: string;
  readonly observers?: readonly string[];
  readonly urls?: readonly [string, string];
  readonly health?: Record<string, unknown>;
  readonly failover?: Record<string, unknown>;
};

/** The plan of the configuration with a one-second interval, and what is asked for beyond it. */
export const watchPlanWith = (options: PlanOptions = {}): WatchPlan => {
  const { service = 'shop', observers = OBSERVERS, health = {}, failover = {} } = options;
  const [primary, standby] = options.urls ?? [
    'http://127.0.1.1:8080/health',
    'http://127.0.2.1:8080/health',
  ];
  const config = Config.parse({
    service,
    record: 'www.example.test',
    regions: {
      primary: { name: HOME, endpoint: primary },
      standby: { name: STANDBY, endpoint: standby },
    },
    observers,
    health: { interval: '1s', timeout: '1s', down: '2s', up: '5s', ...health },
    failover: { mode: 'auto', failback: 'auto', cooldown: '0s', perDay: 'unlimited', ...failover },
    dns: { ttl: '1s', driver: 'record' },
  });
  return watchPlanOf(config, {
    zoneId: 'Z1',
    targets: { primary: {}, standby: {} },
    dns: { nameServers: [], resolvers: [] },
    switch: { driver: 'record' },
    slackParameter: null,
  });
};
