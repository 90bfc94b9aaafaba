// Goal: a flip counts as verified only by what is seen from outside, and a rehearsal by all it owes.
import { describe, expect, it } from 'vitest';
import { CHARGE_TAKEN } from '../../../core/failover/charge.ts';
import {
  judgeRehearsal,
  mayRehearse,
  type RehearsalWish,
} from '../../../core/failover/rehearsal.ts';
import {
  type DnsObservation,
  judgeVerification,
  oldSideNoWorse,
  planVerification,
  proofMoments,
  type RequestProof,
} from '../../../core/failover/verification.ts';
import { STANDBY, START_MS } from '../../support/failovers.ts';

const AUTHORITIES = ['ns1', 'ns2', 'ns3', 'ns4'];
const RESOLVERS = ['honest', 'clamping', 'ignorant'];

const plan = planVerification({
  authoritative: AUTHORITIES,
  resolvers: RESOLVERS,
  expected: { A: ['127.0.2.1'] },
  expectedRegion: STANDBY,
  epoch: 5,
  flippedAtMs: START_MS,
  ttlMs: 60_000,
});

/** All queries of the plan asked at each of these seconds, answered as wanted unless `over` says so. */
const answers = (
  seconds: readonly number[],
  over: (observation: DnsObservation) => Partial<DnsObservation> = () => ({}),
): DnsObservation[] =>
  seconds.flatMap((second) =>
    plan.queries.map(({ server, transport, type }) => {
      const observation: DnsObservation = {
        server,
        transport,
        type,
        rcode: 'NOERROR',
        values: type === 'A' ? ['127.0.2.1'] : [],
        ttlS: 60,
        atMs: START_MS + second * 1_000,
      };
      return { ...observation, ...over(observation) };
    }),
  );

const proof: RequestProof = { atMs: START_MS + 3_000, region: STANDBY, ok: true };
const judge = (seen: DnsObservation[], requests = [proof], second = 5) =>
  judgeVerification(plan, seen, requests, START_MS + second * 1_000);

describe('verification', () => {
  it('asks every server for both types, the authoritative ones also over TCP', () => {
    expect(plan.queries).toHaveLength(4 * 4 + 3 * 2);
    expect(plan).toMatchObject({ answersNeeded: 2, resolversNeeded: 2 });
    expect(plan.deadlineMs - START_MS).toBe(90_000);
  });

  it('needs every authoritative server twice', () => {
    expect(judge(answers([1])).outcome).toBe('waiting');
    expect(judge(answers([1, 2])).outcome).toBe('verified');
    const stale = ({ server, atMs }: DnsObservation) =>
      server === 'ns4' && atMs > START_MS + 1_500 ? { values: ['127.0.1.1'] } : {};
    expect(judge(answers([1, 2, 3], stale))).toMatchObject({
      outcome: 'waiting',
      authoritative: { good: 3, of: 4 },
    });
  });

  it('does without one resolver of three, and names it', () => {
    const old = ({ server }: DnsObservation) =>
      server === 'ignorant' ? { values: ['127.0.1.1'] } : {};
    expect(judge(answers([1, 2], old))).toMatchObject({
      outcome: 'verified',
      stragglers: ['ignorant'],
    });
    const two = ({ server }: DnsObservation) =>
      server === 'honest' ? {} : RESOLVERS.includes(server) ? { rcode: 'NXDOMAIN' } : {};
    expect(judge(answers([1, 2], two)).outcome).toBe('waiting');
  });

  it('sees the AAAA record that nobody moved', () => {
    const forgotten = ({ type }: DnsObservation) => (type === 'AAAA' ? { values: ['::1'] } : {});
    expect(judge(answers([1, 2], forgotten), [proof], 90).outcome).toBe('failed');
  });

  it('needs a request that proves the region', () => {
    for (const request of [
      { ...proof, region: 'eu-west-1' },
      { ...proof, region: null },
      { ...proof, ok: false },
    ]) {
      expect(judge(answers([1, 2]), [request]).outcome).toBe('waiting');
      expect(judge(answers([1, 2]), [request], 90).outcome).toBe('failed');
    }
    expect(judge(answers([1, 2]), []).why).toContain('no request was answered by eu-central-1');
  });

  it('tells since when it was so, not when it was believed', () => {
    const moments = (seen: DnsObservation[], requests = [proof]) => {
      const { authoritativeMs, effectiveMs } = proofMoments(plan, seen, requests);
      const secondOf = (ms: number | null) => (ms === null ? null : (ms - START_MS) / 1_000);
      return [secondOf(authoritativeMs), secondOf(effectiveMs)];
    };
    expect(moments(answers([1, 2]))).toEqual([1, 3]);
    // A good answer that a bad one followed was not yet for good.
    const shaky = ({ server, atMs }: DnsObservation) =>
      server === 'ns2' && atMs === START_MS + 2_000 ? { values: ['127.0.1.1'] } : {};
    expect(moments(answers([1, 2, 4, 5], shaky))).toEqual([4, 4]);
    // Two of three resolvers are enough; the third may keep its old answer for as long as it likes.
    const late = ({ server, atMs }: DnsObservation) =>
      (server === 'ignorant' || (server === 'clamping' && atMs < START_MS + 30_000)) && {
        values: ['127.0.1.1'],
      };
    const old = (seen: DnsObservation) => late(seen) || {};
    expect(moments(answers([1, 2, 29, 31], old))).toEqual([1, 31]);
    expect(moments(answers([1, 2], old))).toEqual([1, null]);
    expect(moments(answers([1, 2]), [])).toEqual([1, null]);
    expect(moments([])).toEqual([null, null]);
    const wrong = { ...proof, region: 'eu-west-1', atMs: START_MS + 4_000 };
    expect(moments(answers([1, 2]), [proof, wrong])).toEqual([1, null]);
  });

  it('is rolled back only to a side that is no worse', () => {
    expect(oldSideNoWorse('UP', 'UP')).toBe(true);
    expect(oldSideNoWorse('UP', 'DOWN')).toBe(true);
    expect(oldSideNoWorse('DEGRADED', 'UP')).toBe(false);
    expect(oldSideNoWorse('DOWN', 'DOWN')).toBe(false);
  });
});

describe('a rehearsal', () => {
  const wish: RehearsalWish = {
    nowMs: START_MS,
    depth: 'full',
    state: { phase: 'STEADY' },
    blockingAlarms: [],
    window: '11:00-13:00',
    maintenance: [],
    timeZone: 'UTC',
    deployInProgress: false,
    otherRehearsal: null,
    standbyCapacity: { ready: 4, wanted: 4 },
  };
  const start = (over: Partial<RehearsalWish>) => {
    const answer = mayRehearse({ ...wish, ...over });
    return answer.start ? 'start' : answer.outcome;
  };

  it.each<[string, Partial<RehearsalWish>]>([
    ['start', {}],
    ['SKIPPED', { state: { phase: 'SUSPECT' } }],
    ['SKIPPED', { state: { phase: 'STABILIZE' } }],
    ['SKIPPED', { state: { phase: 'STEADY', charge: { held: false, epoch: 3 } } }],
    ['SKIPPED', { blockingAlarms: ['checkout errors'] }],
    ['SKIPPED', { window: '02:00-04:00' }],
    ['SKIPPED', { maintenance: ['fri 11:30-12:30'] }],
    ['SKIPPED', { deployInProgress: true }],
    ['SKIPPED', { otherRehearsal: 'drill of yesterday' }],
    ['CAPACITY_CHECK_FAILED', { standbyCapacity: { ready: 3, wanted: 4 } }],
    ['start', { depth: 'replay', state: { phase: 'SUSPECT' }, window: '02:00-04:00' }],
  ])('%s: %o', (expected, over) => {
    expect(start(over)).toBe(expected);
  });

  const run = {
    ended: true,
    interruptedBy: null,
    faultTargets: 4,
    verified: true,
    rtoMs: 50_000,
    rtoMaxMs: 60_000,
    relapsesMs: 0,
    reverted: true,
    passedOn: false,
    configHashBefore: 'h1',
    configHashAfter: 'h1',
  };

  it.each<[string, Partial<Parameters<typeof judgeRehearsal>[0]>]>([
    ['SUCCEEDED', {}],
    ['PENDING', { ended: false }],
    ['INTERRUPTED', { interruptedBy: 'a real suspicion' }],
    ['FAILED', { interruptedBy: 'a real suspicion', reverted: false }],
    ['INTERRUPTED', { interruptedBy: CHARGE_TAKEN, reverted: false, passedOn: true }],
    ['FAILED', { reverted: false, passedOn: true }],
    ['FAILED', { configHashAfter: 'h2' }],
    ['FAILED', { faultTargets: 0 }],
    ['FAILED', { verified: false }],
    ['FAILED', { rtoMs: 60_001 }],
    ['FAILED', { rtoMs: null }],
    ['SUCCEEDED', { rtoMs: null, rtoMaxMs: null }],
    ['FAILED', { relapsesMs: 400 }],
  ])('%s: %o', (outcome, over) => {
    expect(judgeRehearsal({ ...run, ...over })).toMatchObject({ outcome });
  });

  it('does not say of what another controller brings home that it was put back', () => {
    const interrupted = { ...run, interruptedBy: CHARGE_TAKEN };
    expect(judgeRehearsal(interrupted).why).toBe(
      'stopped by a controller that took charge meanwhile, and put back',
    );
    expect(judgeRehearsal({ ...interrupted, reverted: false, passedOn: true }).why).toBe(
      'stopped by a controller that took charge meanwhile: whoever is in charge brings home what it moved',
    );
  });
});
