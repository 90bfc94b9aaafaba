// Goal: where something of an earlier deployment can be left, whose it is, and when the first of two may be alone.
// Method: the decisions, on places, stored states and the template that osls compiles.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  formerPlaces,
  isController,
  isElsewhere,
  leaseMoves,
  leaseRegionsIn,
} from '../../../core/deploy/former.ts';
import { mayBeAlone } from '../../../core/failover/charge.ts';
import { initialState } from '../../../core/failover/states.ts';
import { regionNames } from '../../../core/regions/regions.ts';
import type { StackPlace } from '../../../core/regions/stackPlaces.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { STANDBY as HOME, HOME as PRIMARY } from '../../support/failovers.ts';

const SECOND = 'eu-west-3';
const LEASE = parse(
  readFileSync(path.join(PROJECT_FOLDER, 'test/package/goldens/lease.yml'), 'utf8'),
  {
    logLevel: 'silent',
  },
);

describe('where it can be', () => {
  const at = (role: string, ...regions: string[]) => regions.map((region) => ({ role, region }));

  const controllersIn = (planned: readonly StackPlace[], home = HOME) =>
    formerPlaces(planned, home, 'destroy').filter(isController);

  it('of controllers is the set of the home, but for what the plan has, and nowhere for what is not watched', () => {
    expect(controllersIn(at('failover', HOME))).toEqual([
      ...at('lease', HOME),
      ...at('failover', 'eu-west-1', 'eu-west-2', 'eu-west-3'),
    ]);
    const two = [...at('lease', HOME), ...at('failover', HOME, SECOND)];
    expect(controllersIn(two)).toEqual(at('failover', 'eu-west-1', 'eu-west-2'));
    expect(controllersIn(at('failover', 'eu-north-1'), 'eu-north-1')).toEqual(
      at('lease', 'eu-north-1'),
    );
    expect(formerPlaces(at('control', HOME), HOME, 'destroy')).toEqual([]);
  });

  it('of what only tells others is everywhere, and of the switch where all of it goes', () => {
    const planned = [...at('failover', HOME), ...at('watcher', 'us-east-2')];
    const regionsOf = (role: string, action: 'deploy' | 'destroy') =>
      formerPlaces(planned, HOME, action).flatMap((one) => (one.role === role ? one.region : []));
    expect(regionsOf('heartbeat', 'deploy')).toEqual(regionNames);
    expect(regionsOf('watcher', 'deploy')).toEqual(
      regionNames.filter((region) => region !== 'us-east-2'),
    );
    expect(regionsOf('switch', 'deploy')).toEqual([]);
    expect(regionsOf('switch', 'destroy')).toEqual(regionNames);
  });

  it('is not where a watch has another home', () => {
    const where = { region: SECOND, home: HOME };
    const state = initialState(PRIMARY, HOME, 0);
    const passive = { ...state, charge: { held: false, epoch: 0 } };
    const of = (first: string, second: string) => ({ controllers: { first, second } });
    expect(isElsewhere(where, { plan: null, state: null })).toBe(false);
    expect(isElsewhere(where, { plan: null, state: passive })).toBe(false);
    expect(isElsewhere(where, { plan: of(HOME, SECOND), state: passive })).toBe(false);
    // Records of a watch that had its home there, kept; and such a watch.
    expect(isElsewhere(where, { plan: null, state })).toBe(true);
    expect(isElsewhere(where, { plan: {}, state })).toBe(true);
    expect(isElsewhere(where, { plan: of('eu-west-2', SECOND), state: passive })).toBe(true);
  });
});

describe('the lease', () => {
  it('is made anew where a region of its table is another, as its template tells', () => {
    const regions = leaseRegionsIn(LEASE);
    expect(regions).toEqual([HOME, SECOND, PRIMARY]);
    const wanted = { first: HOME, second: SECOND, third: PRIMARY };
    expect(leaseMoves(regions, wanted)).toBe(false);
    expect(leaseMoves(regions, { ...wanted, third: 'eu-west-2' })).toBe(true);
    expect(leaseMoves(regions, { ...wanted, second: 'eu-west-2' })).toBe(true);
    // A template of another kind tells nothing.
    expect(leaseMoves(leaseRegionsIn({ Resources: null }), wanted)).toBe(false);
  });

  it('is left by a first one that has charge, and knows all that the second did', () => {
    const first = (held: boolean, epoch: number, own = epoch) => ({
      ...{ charge: { held, epoch }, epoch: own },
    });
    expect(mayBeAlone(null, null)).toBe(true);
    expect(mayBeAlone(first(false, 0), null)).toBe(true);
    expect(mayBeAlone(first(true, 1), first(false, 0))).toBe(true);
    expect(mayBeAlone(first(true, 3), first(false, 3))).toBe(true);
    // The second heard of moves that the first made since.
    expect(mayBeAlone(first(true, 3, 5), first(false, 5))).toBe(true);
    // Given back, and not taken: the first has noticed that it was relieved, or has not even that.
    expect(mayBeAlone(first(false, 2), first(false, 3))).toBe(false);
    expect(mayBeAlone(first(true, 1), first(false, 3))).toBe(false);
    expect(mayBeAlone(null, first(false, 3))).toBe(false);
  });
});
