// Goal: a drill rehearses the failover for real: it breaks its own placement of the service, the shadow
// name moves and comes back, and the report says how long that took.
// Method: one drill on plain processes with a quick watch; nothing of it may be left.
import { afterAll, describe, expect, it } from 'vitest';
import { DrillReport } from '../../../events/drillReport.ts';
import { openWorkshop, writeService } from '../../support/drillCommand.ts';
import { untilNothing } from '../../support/leftovers.ts';

const workshop = openWorkshop('rehearsal');
afterAll(() => workshop.remove());

const WATCH = [
  'record: tiny.example.test',
  'health: { interval: 1s, timeout: 1s, down: 2s, up: 3s }',
  'failover: { mode: auto }',
  'dns: { ttl: 1s, driver: record }',
];

const drillWith = async (name: string, rehearsal: string): Promise<DrillReport> => {
  const config = writeService(workshop, {
    ...{ name, stages: { plain: [], slow: ['ENV DELAY_MS=3'] }, more: WATCH },
    drill: [`rehearsal: ${rehearsal}`],
  });
  const data = workshop.dataDir(name);
  const { stdout, stderr } = await workshop.run([
    ...['drill', '--no-install', '--json', '--config', config, '--data', data],
  ]);
  expect(stderr).not.toContain('Error');
  expect(await untilNothing([data])).toEqual([]);
  return DrillReport.parse(JSON.parse(stdout));
};

describe('a rehearsal in the drill', () => {
  it('of a shadow breaks one side, proves the other, and goes home', async () => {
    const { rehearsal } = await drillWith('shadowed', '{ depth: shadow, rto: 60s }');
    expect(rehearsal).toMatchObject({ outcome: 'SUCCEEDED', depth: 'shadow' });
    const { rtoMs = 0, timings, executions = [] } = rehearsal ?? {};
    // Detection takes `down` at least; the parts are those of this very move.
    expect(rtoMs).toBeGreaterThan(2_000);
    expect(timings?.detectMs).toBeGreaterThan(2_000);
    expect(timings?.authoritativeMs).not.toBeNull();
    expect(executions).toHaveLength(2);
  });

  it('of the live service is skipped where nobody watches it, and says so', async () => {
    const { rehearsal } = await drillWith('unwatched', '{ depth: full }');
    expect(rehearsal).toMatchObject({ outcome: 'SKIPPED', executions: [] });
    expect(rehearsal?.why).toContain('nobody watches');
  });
});
