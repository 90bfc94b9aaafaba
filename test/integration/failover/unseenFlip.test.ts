// Goal: a flip that Route 53 accepts and reports INSYNC, and that a name server never gives, is caught from
// outside: it is told as failed, a person is paged, and traffic is not sent back to a dead region.
// Method: the embedded cloud in this process with a fault of its DNS control plane, two real endpoints.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../contract/endpoint.ts';
import { STANDBY, startWatched, type Watched } from '../../support/watchedCloud.ts';

const MOVE_MS = 120_000;

let watched: Watched;

beforeAll(async () => {
  watched = await startWatched();
  await watched.observe();
  const upRegions = () =>
    watched.told('RegionVerdict').flatMap(({ state, region }) => (state === 'UP' ? [region] : []));
  await eventually('both regions are UP', () => new Set(upRegions()).size === 2);
});
afterAll(() => watched?.close());

describe('a flip that one name server never gives', () => {
  it('is not verified, pages a person, and stays where it is', async () => {
    watched.cloud().route53.setFaults({ unseenBy: [2] });
    await watched.primary.stop();
    const completed = () => watched.told('FailoverCompleted');
    await eventually('the failover is over', () => completed().length === 1, MOVE_MS);
    expect(completed()[0]).toMatchObject({ outcome: 'failed', epoch: 1, active: STANDBY });
    const notices = () => watched.told('FailoverNotice').map(({ notice }) => notice);
    await eventually('a person is paged', () => notices().includes('page'));
    expect(notices()).toEqual(expect.arrayContaining(['flipped', 'failed']));
    expect(notices()).not.toContain('verified');
    const table = watched.table();
    const stored = await table.state('web');
    table.close();
    // It holds until the region that serves now is clear, which it may be with the very next vote.
    expect(stored?.state).toMatchObject({ active: STANDBY, epoch: 1 });
    expect(['HOLD', 'STABILIZE']).toContain(stored?.state.phase);
    expect(await watched.answer()).toBe('127.0.2.1');
  });
});
