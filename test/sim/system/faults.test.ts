// Goal: what befalls tasks, data and rehearsals reaches the functions, and they do what they are for.
// Method: the plainest incident, with one more thing wrong.
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../sim/faults/fault.ts';
import { PLACES } from '../../../sim/faults/generate.ts';
import { type SystemOptions, simulateSystem } from '../../../sim/system/run.ts';
import { HOME_LOST, MINUTE_MS } from './outage.ts';

const always = { fromMs: MINUTE_MS, untilMs: HOME_LOST.untilMs };

const lostWith = (...faults: Fault[]): SystemOptions => ({
  trace: { ...HOME_LOST, faults: [...faults, ...HOME_LOST.faults] },
  driver: 'record',
});

const notices = (lines: readonly { readonly text: string }[]): string =>
  lines.map(({ text }) => text).join('\n');

describe('a home that is lost', () => {
  it('is left when the standby has too few tasks and more can be had', async () => {
    const cold: Fault = { id: 'c', kind: 'capacity', how: 'cold', ...always };
    const { state, violation, moves } = await simulateSystem(lostWith(cold));
    expect(violation).toBeNull();
    expect(moves).toHaveLength(1);
    expect(state).toMatchObject({ active: PLACES.standby, phase: 'STABILIZE' });
  });

  it.each(['refused', 'empty'] as const)('is not left for tasks that are %s', async (how) => {
    const few: Fault = { id: 'c', kind: 'capacity', how, ...always };
    const { state, violation } = await simulateSystem(lostWith(few));
    expect(violation).toBeNull();
    expect(state).toMatchObject({ active: PLACES.home, phase: 'SCALE', epoch: 1 });
  });

  it.each([
    ['the data comes late', { how: 'lag', lagMs: 600_000 }, /over the RPO/],
    ['no data comes', { how: 'pause' }, /over the RPO/],
    ['its age cannot be read', { how: 'unreadable' }, /the data age is unknown/],
  ] as const)('is not left while %s', async (_, what, told) => {
    const behind: Fault = { id: 'r', kind: 'replication', ...what, ...always };
    const { state, violation, lines } = await simulateSystem(lostWith(behind));
    expect(violation).toBeNull();
    expect(state?.active).toBe(PLACES.home);
    expect(notices(lines)).toMatch(told);
  });

  it('is left although whatever is handed over to functions and machines begins late', async () => {
    const late = ['lambda', 'states'].map(
      (service): Fault => ({
        ...{ id: service, kind: 'calls', service, how: 'invisible', share: 1, ...always },
      }),
    );
    const { state, violation, moves } = await simulateSystem(lostWith(...late));
    expect(violation).toBeNull();
    expect(moves).toHaveLength(1);
    expect(state?.active).toBe(PLACES.standby);
  });
});

describe('a rehearsal', () => {
  const rehearsal = (depth: 'shadow' | 'canary' | 'full', fromMs: number): Fault => ({
    ...{ id: 'd', kind: 'drill', depth, fromMs, untilMs: HOME_LOST.untilMs },
  });

  it.each([['canary', 2.8 * MINUTE_MS]] as const)(
    'that is a %s stands back when the home is lost, and traffic leaves it',
    async (depth, fromMs) => {
      const options = lostWith(rehearsal(depth, fromMs));
      const { state, violation, moves, rehearsals } = await simulateSystem(options);
      expect(violation).toBeNull();
      expect(rehearsals).toMatchObject([{ outcome: 'INTERRUPTED' }]);
      expect(moves).toMatchObject([{ to: PLACES.standby, cause: 'down' }]);
      expect(state).toMatchObject({ active: PLACES.standby, epoch: 1 });
    },
  );

  it('of the whole way comes home', async () => {
    const trace = { ...HOME_LOST, faults: [rehearsal('full', MINUTE_MS)] };
    const { state, violation, rehearsals } = await simulateSystem({ trace, driver: 'record' });
    expect(violation).toBeNull();
    expect(rehearsals).toMatchObject([{ outcome: 'SUCCEEDED' }]);
    expect(state).toMatchObject({ active: PLACES.home, phase: 'STEADY', epoch: 2 });
  });
});
