/** Which stacks a service needs, and where: one for each role of a region. */
import type { Controllers } from '../failover/controllers.ts';
import { switchRegions } from '../failover/switchRegions.ts';

export type StackPlace = { readonly role: string; readonly region: string };

export type Placing = {
  readonly primary: string;
  readonly standby: string;
  readonly witness: string | null;
  readonly observers: readonly string[];
  readonly vantages: readonly string[];
  readonly driver: 'quorum' | 'record';
  /** Null where there is one, or none. */
  readonly controllers: Controllers | null;
  /** Regions where the service itself is ours to run. */
  readonly serves: readonly string[];
  /** There are variants to drill. */
  readonly drills: boolean;
  /** There is a name that fails over. */
  readonly watches: boolean;
  /** There is a table of the service, copied between its regions, that heartbeats are written to. */
  readonly beats: boolean;
  readonly rehearses: boolean;
  readonly promotes: boolean;
};

/** In the order in which they can be made: what others name comes first. The home is the standby. */
export const stackPlaces = (placing: Placing): StackPlace[] => {
  const { primary, standby, witness, observers, vantages, controllers: two } = placing;
  const at = (role: string, regions: readonly string[]): StackPlace[] =>
    regions.map((region) => ({ role, region }));
  const serving = [primary, standby];
  const watchers = observers.length === 0 ? [standby] : observers;
  return [
    ...(placing.drills
      ? [...at('serving', serving), ...at('observer', vantages), ...at('control', [standby])]
      : []),
    // Its image is built by what `control` makes, and its tasks run in the cluster of `serving`.
    ...at('service', placing.serves),
    ...(placing.watches
      ? [
          ...(placing.driver === 'quorum'
            ? at('switch', switchRegions({ primary, standby, witness, observers }))
            : []),
          ...(placing.beats ? at('heartbeat', serving) : []),
          ...at('lease', two === null ? [] : [two.first]),
          ...at('failover', two === null ? [standby] : [two.first, two.second]),
          ...at('watcher', watchers),
        ]
      : []),
    // Both work on what a watch keeps, and a drill.
    ...(placing.rehearses ? at('rehearsal', [standby]) : []),
    ...(placing.promotes ? at('promotion', [standby]) : []),
  ];
};
