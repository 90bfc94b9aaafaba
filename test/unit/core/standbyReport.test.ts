// Goal: the report says how far data is behind, what the way between the regions was, and where the standby
// differs; changes over the nights reach Slack once, within its limits.
import { describe, expect, it } from 'vitest';
import { drillMessage } from '../../../core/report/slack.ts';
import { emptySketch, insert } from '../../../core/sketch/sketch.ts';
import { encode } from '../../../core/sketch/wire.ts';
import type { NightAlert } from '../../../events/nights.ts';
import type { StandbyRecord } from '../../../events/standby.ts';
import { type KeptDrill, reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';

const kept = drillRecords();
const reportOf = (drill: KeptDrill) => reportOfDrill(drill, FINISHED_AT);
const kinds = (drill: KeptDrill) => reportOf(drill).problems.map(({ kind }) => kind);

describe('replication', () => {
  it('is shown for both directions, the one that a failover depends on first', () => {
    const { replication, problems } = reportOf(kept);
    expect(replication).toMatchObject([
      { from: 'eu-west-1', to: 'eu-central-1', roles: 'primary → standby', unseen: 0 },
      { from: 'eu-central-1', to: 'eu-west-1', roles: 'standby → primary', heartbeats: 160 },
    ]);
    expect(replication[0]?.lag?.p50).toBeGreaterThan(50);
    expect(problems).toEqual([]);
  });

  it('that is further behind than may be lost is a problem', () => {
    const [problem, ...more] = reportOf({ ...kept, plan: { ...kept.plan, rpoMs: 60 } }).problems;
    expect(problem).toMatchObject({
      kind: 'ReplicationBehind',
      where: 'eu-west-1 → eu-central-1 (primary → standby)',
      what: expect.stringMatching(
        /^data is 6\d\.\d ms behind at p95, more than failover\.rpo of 60/,
      ),
    });
    expect(more.length).toBeLessThanOrEqual(1);
    expect(kinds({ ...kept, plan: { ...kept.plan, rpoMs: 60_000 } })).toEqual([]);
  });

  it('whose heartbeats never came is a problem, whatever may be lost', () => {
    const bursts = kept.bursts.map((burst) =>
      burst.sent['replication'] === undefined
        ? burst
        : { ...burst, errors: { 'replication.unseen': 20 } },
    );
    expect(kinds({ ...kept, bursts })).toContain('ReplicationBehind');
  });

  it('that nobody could read is said not to be measured', () => {
    const bursts = kept.bursts.map(({ sent: { replication: _, ...sent }, ...burst }) => ({
      ...{ ...burst, sent },
    }));
    const { replication, notMeasured } = reportOf({ ...kept, bursts });
    expect(replication).toEqual([]);
    expect(notMeasured.map(({ what }) => what)).toContain('replication lag');
  });
});

describe('the pair of regions', () => {
  it('is told with what is known of it', () => {
    expect(reportOf(kept).pair).toMatchObject({ knownRttMs: 27, measuredRttMs: null });
  });

  it('with a way much longer than usual is a problem', () => {
    const connecting = (ms: number): KeptDrill => ({
      ...kept,
      bursts: kept.bursts.map((burst) => {
        const sketch = emptySketch();
        insert(sketch, ms * 1_000);
        return { ...burst, sketches: { ...burst.sketches, 'tcp.connect': encode(sketch) } };
      }),
    });
    expect(kinds(connecting(33))).toEqual([]);
    expect(kinds(connecting(95))).toEqual(['RoundTripSlow']);
  });
});

describe('the standby', () => {
  const service = {
    ...{ name: 'shop', desired: 2, running: 2, cpu: '256', memoryMb: '512', ulimits: [] },
    digests: ['sha256:1'],
  };
  const record: StandbyRecord = {
    checkedAtMs: Date.parse(FINISHED_AT),
    primary: { region: 'eu-west-1', service, certificate: null },
    standby: {
      region: 'eu-central-1',
      service: { ...service, digests: ['sha256:2'] },
      certificate: null,
    },
    environment: { missing: [], extra: [], different: [] },
    notMeasured: [],
  };

  it('that differs is a problem of the drill', () => {
    const { standby, problems } = reportOf({ ...kept, standby: record });
    expect(standby?.drifts).toHaveLength(1);
    expect(problems).toEqual([
      {
        kind: 'StandbyDrift',
        where: 'image in eu-central-1',
        what: 'runs 2, the primary 1: deploy the same image to both',
      },
    ]);
  });

  it('that nobody looked at has no word', () => {
    expect(reportOf(kept).standby).toBeNull();
  });
});

describe('alerts over the nights in Slack', () => {
  const alert = (id: number, state: NightAlert['state']): NightAlert => ({
    ...{ id: `shop-20261105-${id}`, state, word: 'image', of: 'fat', where: null },
    why: 'it moved against what runs today',
    lead: {
      scope: 'all up',
      metric: 'http.total.p50',
      unit: 'ms',
      role: 'candidate',
      variant: 'fat',
    },
    ...{ since: '2026-11-05', before: 1, after: 1.12, changePct: 12, method: 'edivisive', p: 1e-9 },
    ...{ members: ['all up | http.total.p50 | candidate fat'], acknowledged: null },
  });
  const textWith = (alerts: NightAlert[]): string => {
    const nights = {
      ...{ status: 'judged' as const, first: '2026-10-01', last: '2026-11-20' },
      ...{ measured: 40, holes: 2, series: 70, timelines: [], alerts },
    };
    const { blocks } = drillMessage({ ...reportOf(kept), nights }, 'slim');
    return JSON.stringify(blocks);
  };

  it('say what is new with how to acknowledge it, and only count what is known', () => {
    const text = textWith([alert(1, 'new'), alert(2, 'known'), alert(3, 'acknowledged')]);
    expect(text).toContain('image fat: http.total p50, all up, fat by today');
    expect(text).toContain('+12.0 % since 2026-11-05 (1.00 × → 1.12 ×)');
    expect(text).toContain('failover ack shop-20261105-1');
    expect(text).toContain('1 known, not acknowledged');
    expect(text).not.toMatch(/shop-20261105-[23]/);
  });

  it('are quiet when all is acknowledged, and cut when there are many', () => {
    expect(textWith([alert(1, 'acknowledged')])).not.toContain('Over the nights');
    const many = textWith(Array.from({ length: 9 }, (_, at) => alert(at + 1, 'new')));
    expect(many).toContain('… and 4 more');
  });
});
