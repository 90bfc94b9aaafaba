// Goal: the whole watch runs in virtual time, does what it is for, and repeats byte for byte.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { simulateSystem } from '../../../sim/system/run.ts';
import { HOME_LOST, MINUTE_MS } from './outage.ts';

const inAnotherProcess = async (driver: string): Promise<unknown> => {
  const script = `${import.meta.dirname}/outage.ts`;
  const { stdout } = await promisify(execFile)(process.execPath, [script, driver]);
  return JSON.parse(stdout);
};

describe.each(['record', 'quorum'] as const)('a lost home, with the switch `%s`', (driver) => {
  it('loses its traffic to the standby, once, and breaks no invariant', async () => {
    const { state, violation, virtualMs, moves, lines } = await simulateSystem({
      trace: HOME_LOST,
      driver,
    });
    expect(violation).toBeNull();
    // Nothing that an embedded service did went wrong by itself.
    expect(lines.filter(({ what }) => what === 'fault of the platform')).toEqual([]);
    expect(virtualMs).toBe(7 * MINUTE_MS);
    expect(state).toMatchObject({ phase: 'STABILIZE', epoch: 1, active: HOME_LOST.places.standby });
    expect(moves).toMatchObject([{ to: HOME_LOST.places.standby, cause: 'down' }]);
  });

  it('repeats byte for byte, in this process and in another', async () => {
    const run = async () => {
      const { digest, events } = await simulateSystem({ trace: HOME_LOST, driver });
      return { digest, events };
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(await inAnotherProcess(driver)).toEqual(first);
    expect(first.events).toBeGreaterThan(1_000);
  });
});

it('another seed gives another log', async () => {
  const short = { ...HOME_LOST, untilMs: MINUTE_MS };
  const [a, b] = [
    await simulateSystem({ trace: short, driver: 'record' }),
    await simulateSystem({ trace: { ...short, seed: 'another' }, driver: 'record' }),
  ];
  expect(a.digest).not.toBe(b.digest);
});
