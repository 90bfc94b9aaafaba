// Goal: what the simulation of the whole system has found stays fixed. See docs/sim-findings.md.
import { expect, it } from 'vitest';
import type { Fault } from '../../../sim/faults/fault.ts';
import { simulateSystem } from '../../../sim/system/run.ts';
import { HOME_LOST, MINUTE_MS } from './outage.ts';

it('a change that Route 53 accepts and loses is made again when it takes changes', async () => {
  const losing: Fault = {
    ...{ id: 'f2', kind: 'calls', service: 'route53', how: 'unmade', share: 1 },
    ...{ fromMs: 170_000, untilMs: 260_000 },
  };
  const trace = { ...HOME_LOST, faults: [...HOME_LOST.faults, losing] };
  const { state, violation, moves } = await simulateSystem({ trace, driver: 'record' });
  expect(violation).toBeNull();
  expect(moves.map(({ name }) => name)).toEqual(['shop-0-1', 'shop-1-1']);
  expect(moves[1]?.atMs).toBeLessThan(6.5 * MINUTE_MS);
  expect(state).toMatchObject({ phase: 'STABILIZE', active: HOME_LOST.places.standby, epoch: 2 });
});

it('the share of a canary is taken back, however long the record cannot be written', async () => {
  const canary: Fault = {
    ...{ id: 'f1', kind: 'drill', depth: 'canary', fromMs: MINUTE_MS, untilMs: 5 * MINUTE_MS },
  };
  const refusing: Fault = {
    ...{ id: 'f2', kind: 'calls', service: 'route53', how: 'failing', share: 1 },
    ...{ fromMs: 80_000, untilMs: 140_000 },
  };
  const trace = { ...HOME_LOST, untilMs: 3 * MINUTE_MS, faults: [canary, refusing] };
  const { violation, rehearsals } = await simulateSystem({ trace, driver: 'record' });
  expect(violation).toBeNull();
  expect(rehearsals).toMatchObject([{ outcome: 'FAILED' }]);
});
