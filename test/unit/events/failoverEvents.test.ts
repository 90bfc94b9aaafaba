// Goal: what watching and failover say is what the decisions made, and nothing else passes.
import { describe, expect, it } from 'vitest';
import { EVENT_SOURCE } from '../../../events/busEvent.ts';
import { Config } from '../../../events/config.ts';
import {
  alarmOfCloudWatch,
  CloudWatchAlarmEvent,
  externalAlarm,
} from '../../../events/externalAlarm.ts';
import { failoverCompleted } from '../../../events/failoverCompleted.ts';
import { failoverDecided } from '../../../events/failoverDecided.ts';
import { failoverSettings, healthSettings } from '../../../events/failoverSettings.ts';
import { healthVote } from '../../../events/healthVote.ts';
import { probeOutcome } from '../../../events/probeOutcome.ts';
import { regionVerdict } from '../../../events/regionVerdict.ts';
import { drive, HOME, STANDBY, START_MS, settingsWith } from '../../support/failovers.ts';

const decided = () => {
  const run = drive(settingsWith());
  run.see(START_MS, { active: 'DOWN', forMs: 40_000 });
  const start = run.did('start')[0]?.action;
  if (start?.do !== 'start') throw new Error('nothing was decided');
  return { decision: run.decisions[0]!, execution: start.execution };
};

describe('an event', () => {
  it('carries what was decided, under its name', () => {
    const { decision, execution } = decided();
    const { votes } = decision.active;
    expect(healthVote('shop', votes.slice(0, 2))).toEqual({
      source: EVENT_SOURCE,
      detailType: 'HealthVote',
      detail: { service: 'shop', votes: votes.slice(0, 2) },
    });
    expect(regionVerdict('shop', decision.active)).toMatchObject({
      detailType: 'RegionVerdict',
      detail: { state: 'DOWN', votes },
    });
    const { gates, reason } = decision.plan;
    const facts = { service: 'shop', atMs: START_MS, reason, gates: [...gates] };
    expect(failoverDecided({ ...execution, ...facts })).toMatchObject({
      detailType: 'FailoverDecided',
      detail: { name: 'shop-0-1', from: HOME, to: STANDBY, cause: 'down' },
    });
  });

  it('of an end names the region that serves', () => {
    const ended = {
      ...{ service: 'shop', execution: 'shop-0-1', cause: 'down' as const, epoch: 1 },
      outcome: 'failed' as const,
      ...{ active: HOME, atMs: START_MS, timings: null, lossMs: null, reason: 'held' },
    };
    expect(failoverCompleted(ended).detail).toEqual(ended);
  });

  it('is refused when it is none', () => {
    const { decision } = decided();
    const vote = decision.active.votes[0]!;
    expect(() => healthVote('shop', [{ ...vote, reason: 'stale' }])).toThrow('an abstention has a');
    expect(() => healthVote('Shop!', [vote])).toThrow();
    const sample = { startMs: 1, endMs: 2, failure: '', latencyMs: null };
    const outcome = { service: 'shop', observer: 'local', target: HOME, sample };
    expect(() => probeOutcome(outcome)).toThrow();
    expect(probeOutcome({ ...outcome, sample: { ...sample, failure: 'tls' } }).detailType).toBe(
      'ProbeOutcome',
    );
  });
});

describe('an alarm of CloudWatch', () => {
  const event = (value: string) => ({
    version: '0',
    id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '123456789012',
    time: '2026-11-20T12:00:00Z',
    region: HOME,
    resources: [`arn:aws:cloudwatch:${HOME}:123456789012:alarm:checkout-errors`],
    detail: { alarmName: 'checkout-errors', state: { value, reason: 'threshold crossed' } },
  });
  const translated = (value: string) =>
    alarmOfCloudWatch('shop', CloudWatchAlarmEvent.parse(event(value)));

  it('speaks against the region it stands in, and takes it back when it is OK', () => {
    expect(translated('ALARM')).toEqual({
      service: 'shop',
      region: HOME,
      ringing: true,
      source: 'cloudwatch:checkout-errors',
      atMs: START_MS,
    });
    expect(externalAlarm(translated('OK')).detail.ringing).toBe(false);
  });

  it('with too little data is no alarm', () => {
    expect(translated('INSUFFICIENT_DATA').ringing).toBe(false);
  });
});

describe('the settings of a configuration', () => {
  const configured = (over: object) =>
    Config.parse({
      service: 'shop',
      regions: { primary: HOME, standby: STANDBY },
      probes: [{ kind: 'http' }, { kind: 'database', table: 'products' }],
      ...over,
    });

  it('are the ones of the design when nothing is said', () => {
    const config = configured({});
    expect(healthSettings(config)).toEqual({
      intervalMs: 10_000,
      timeoutMs: 2_000,
      downMs: 30_000,
      upMs: 120_000,
      slow: null,
      quorum: { kind: 'share', share: 0.6, eligibleMin: 3 },
    });
    expect(failoverSettings(config)).toMatchObject({
      mode: 'approve',
      confirm: { downMs: 30_000, degradedMs: 300_000, unstableMs: 600_000 },
      ...{ suspectMs: 7_500, clearMs: 120_000, perDay: 2, soakMs: 1_800_000 },
      ...{ homeUpMs: 7_200_000, replicated: true, residency: 'any' },
    });
  });

  it('follow what is said', () => {
    const config = configured({
      health: { quorum: '2 of 5', slow: { p95: '800ms', for: '2m' }, unstable: '20m' },
      failover: { soak: '1h', homeUp: '3h', maintenance: ['sun 03:00-04:00'], timezone: 'UTC' },
      residency: { data: ['EU'] },
    });
    expect(healthSettings(config)).toMatchObject({
      slow: { p95Ms: 800, forMs: 120_000 },
      quorum: { kind: 'votes', votes: 2, of: 5 },
    });
    expect(failoverSettings(config)).toMatchObject({
      confirm: { degradedMs: 120_000, unstableMs: 1_200_000 },
      ...{ soakMs: 3_600_000, homeUpMs: 10_800_000, residency: ['EU'] },
      maintenance: ['sun 03:00-04:00'],
    });
  });

  it.each([
    [{ health: { quorum: '4 of 3' } }, 'expected a share'],
    [{ failover: { maintenance: ['sundays'] } }, 'expected days and times'],
    [{ health: { canaries: ['ftp://example.com'] } }, 'expected a URL'],
  ])('refuse %o', (over, message) => {
    expect(() => configured(over)).toThrow(message);
  });
});
