// Goal: what each step of a move writes, waits for, proves and puts back.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkApproval, checkSignature } from '../../../core/failover/approval.ts';
import { leftovers, nextShift, type ShiftView } from '../../../core/failover/failback.ts';
import { claimLease, fenceWaitMs, mayWrite } from '../../../core/failover/lease.ts';
import { openWindow, parseWindow } from '../../../core/failover/maintenance.ts';
import { timingsOf } from '../../../core/failover/timings.ts';
import { judgeRegion } from '../../../core/health/verdict.ts';
import {
  HOME,
  OBSERVERS,
  type Opinion,
  STANDBY,
  START_MS,
  votesOn,
} from '../../support/failovers.ts';
import { DEFAULTS } from '../../support/traces.ts';

describe('an approval from Slack', () => {
  const hmac = (text: string) => createHmac('sha256', 'signing secret').update(text).digest('hex');
  const body = 'payload=%7B%22type%22%3A%22block_actions%22%7D';
  const sign = (atMs: number, text = body) => {
    const timestamp = String(Math.floor(atMs / 1_000));
    return { timestamp, signature: `v0=${hmac(`v0:${timestamp}:${text}`)}`, body };
  };
  const refusal = (request: Parameters<typeof checkSignature>[0]) => {
    const check = checkSignature(request, START_MS, hmac);
    return check.ok ? null : check.refusal;
  };

  it('is taken with the right signature, and only for five minutes', () => {
    expect(refusal(sign(START_MS))).toBeNull();
    expect(refusal(sign(START_MS - 299_000))).toBeNull();
    expect(refusal(sign(START_MS - 301_000))).toBe('stale');
    expect(refusal(sign(START_MS + 301_000))).toBe('stale');
    expect(refusal({ ...sign(START_MS), timestamp: 'now' })).toBe('stale');
  });

  it('is refused when any part of it was made up', () => {
    expect(refusal(sign(START_MS, 'another body'))).toBe('forged');
    expect(refusal({ ...sign(START_MS), signature: '' })).toBe('forged');
    expect(refusal({ ...sign(START_MS), body: `${body}&x=1` })).toBe('forged');
  });

  it('answers one question once', () => {
    const asked = { decisionId: 'd1', epoch: 3, expiresAtMs: START_MS + 1_000 };
    const word = { decisionId: 'd1', epoch: 3, nonce: 'n1' };
    const check = (over: object, seen: string[] = [], nowMs = START_MS) => {
      const result = checkApproval({ ...word, ...over }, asked, new Set(seen), nowMs);
      return result.ok ? null : result.refusal;
    };
    expect(check({})).toBeNull();
    expect(check({}, ['n1'])).toBe('repeated');
    expect(check({ decisionId: 'd0' })).toBe('other-decision');
    expect(check({ epoch: 2 })).toBe('other-epoch');
    expect(check({}, [], START_MS + 1_000)).toBe('expired');
    expect(checkApproval(word, null, new Set(), START_MS).ok).toBe(false);
  });
});

describe('the lease', () => {
  const claimant = {
    holder: 'shop-4-1',
    epoch: 5,
    nowMs: START_MS,
    ttlMs: 30_000,
    skewMs: 2_000,
  };
  const held = (epoch: number, holder: string, leftMs: number) => ({
    epoch,
    holder,
    expiresAtMs: START_MS + leftMs,
  });

  it('is claimed under the condition that nothing has changed since it was read', () => {
    expect(claimLease(null, claimant)).toMatchObject({ ok: true, condition: { expect: 'absent' } });
    expect(claimLease(held(4, 'shop-3-1', -10_000), claimant)).toMatchObject({
      ok: true,
      item: { epoch: 5, holder: 'shop-4-1', expiresAtMs: START_MS + 30_000 },
      condition: { expect: 'epoch', epoch: 4, holder: 'shop-3-1' },
    });
  });

  it('waits for the end of another, and its skew', () => {
    expect(claimLease(held(4, 'shop-3-1', 1), claimant).ok).toBe(false);
    expect(claimLease(held(4, 'shop-3-1', -1_999), claimant).ok).toBe(false);
    expect(claimLease(held(4, 'shop-3-1', -2_000), claimant).ok).toBe(true);
  });

  it('is renewed by its holder after a crash, and never goes back in epoch', () => {
    expect(claimLease(held(5, 'shop-4-1', 20_000), claimant).ok).toBe(true);
    expect(claimLease(held(5, 'shop-4-2', -99_000), claimant).ok).toBe(false);
    expect(claimLease(held(6, 'shop-5-1', -99_000), claimant).ok).toBe(false);
  });

  it('is checked at each write: a paused executor finds it over', () => {
    const lease = { ttlMs: 30_000, skewMs: 2_000 };
    const check = {
      epoch: 5,
      leaseHeldMs: 1_000,
      lease,
      evidenceAgeMs: 2_000,
      evidenceMs: 30_000,
      foundEpoch: 4,
    };
    expect(mayWrite(check).ok).toBe(true);
    expect(mayWrite({ ...check, foundEpoch: null }).ok).toBe(true);
    expect(mayWrite({ ...check, leaseHeldMs: 90_000 }).why).toContain('lease');
    expect(mayWrite({ ...check, evidenceAgeMs: 90_000 }).why).toContain('evidence');
    expect(mayWrite({ ...check, foundEpoch: 6 }).why).toContain('epoch 6');
    expect(fenceWaitMs(lease)).toBe(32_000);
  });
});

describe('a maintenance window', () => {
  const open = (window: string, iso: string, timeZone = 'UTC') =>
    openWindow([window], Date.parse(iso), timeZone) !== undefined;

  it('is open on its day, from its first minute to before its last', () => {
    expect(open('sun 03:00-04:00', '2026-11-22T03:00:00Z')).toBe(true);
    expect(open('sun 03:00-04:00', '2026-11-22T03:59:59Z')).toBe(true);
    expect(open('sun 03:00-04:00', '2026-11-22T04:00:00Z')).toBe(false);
    expect(open('sun 03:00-04:00', '2026-11-23T03:30:00Z')).toBe(false);
  });

  it('is read on the wall clock of its zone, across the shift of the clocks', () => {
    expect(open('sun 03:00-04:00', '2026-07-05T01:30:00Z', 'Europe/Berlin')).toBe(true);
    expect(open('sun 03:00-04:00', '2026-11-22T02:30:00Z', 'Europe/Berlin')).toBe(true);
    expect(open('sun 03:00-04:00', '2026-11-22T01:30:00Z', 'Europe/Berlin')).toBe(false);
  });

  it('crosses midnight, also into another week', () => {
    expect(open('sat 23:00-01:00', '2026-11-22T00:30:00Z')).toBe(true);
    expect(open('fri-sat 22:00-02:00', '2026-11-21T01:00:00Z')).toBe(true);
    expect(open('02:00-04:00', '2026-11-25T03:00:00Z')).toBe(true);
    expect(open('sat-mon 10:00-11:00', '2026-11-22T10:30:00Z')).toBe(true);
  });

  it.each(['sun', '3:00-4:00', 'sunday 03:00-04:00', '03:00-03:00', '03:00-24:30', 'sun-- 1-2'])(
    '"%s" is none',
    (text) => {
      expect(parseWindow(text)).toBeUndefined();
    },
  );
});

describe('the way home', () => {
  const verdict = (region: string, opinion: Opinion) =>
    judgeRegion(region, votesOn(region, opinion, START_MS), OBSERVERS, START_MS, DEFAULTS);
  const shift = (over: Partial<ShiftView> = {}) =>
    nextShift({
      weight: 0,
      home: verdict(HOME, 'UP'),
      away: verdict(STANDBY, 'UP'),
      heldMs: 600_000,
      holdMs: 300_000,
      ...over,
    });

  it('goes by 1, 5, 25 and 100 percent', () => {
    const weights: number[] = [];
    for (let step = shift(); step.do === 'set'; step = shift({ weight: weights.at(-1)! })) {
      weights.push(step.weight);
    }
    expect(weights).toEqual([1, 5, 25, 100]);
    expect(shift({ weight: 100 })).toEqual({ do: 'done' });
  });

  it('watches each weight, pauses in doubt, and retreats from a bad home', () => {
    expect(shift({ weight: 5, heldMs: 299_999 }).do).toBe('wait');
    expect(shift({ weight: 5, home: verdict(HOME, 'DOUBT') }).do).toBe('wait');
    expect(shift({ weight: 5, home: verdict(HOME, 'ABSTAIN') }).do).toBe('wait');
    expect(shift({ weight: 5, home: verdict(HOME, 'DOWN') })).toMatchObject({ do: 'retreat' });
    const both = { home: verdict(HOME, 'DOWN'), away: verdict(STANDBY, 'DOWN') };
    expect(shift({ weight: 5, ...both }).do).toBe('wait');
  });

  it('names what a failover left behind', () => {
    const before = {
      desiredCounts: { 'eu-central-1/shop': 2 },
      alarmsSilenced: [],
      schedulesDisabled: ['weekly report'],
      fences: [],
    };
    expect(leftovers(before, before)).toEqual([]);
    const now = {
      desiredCounts: { 'eu-central-1/shop': 6 },
      alarmsSilenced: ['errors'],
      schedulesDisabled: ['weekly report', 'cleanup'],
      fences: ['concurrency 0 of checkout'],
    };
    expect(leftovers(before, now)).toEqual([
      'eu-central-1/shop wants 6 tasks, it wanted 2',
      'alarm still silenced: errors',
      'schedule still disabled: cleanup',
      'fence still up: concurrency 0 of checkout',
    ]);
  });
});

describe('the time of a failover', () => {
  const moments = {
    faultMs: 1_000,
    confirmedMs: 35_000,
    decidedMs: 36_000,
    fencedMs: 36_500,
    scaledMs: 40_000,
    flippedMs: 41_000,
    authoritativeMs: 49_000,
    effectiveMs: 60_000,
  };

  it('is split into parts that sum to the RTO', () => {
    const { rtoMs, ...parts } = timingsOf(moments);
    expect(rtoMs).toBe(59_000);
    expect(Object.values(parts).reduce((sum, part) => (sum ?? 0) + (part ?? 0), 0)).toBe(rtoMs);
  });

  it('is unknown until it was seen to be over', () => {
    const unseen = { ...moments, fencedMs: null, scaledMs: null, effectiveMs: null };
    expect(timingsOf(unseen)).toMatchObject({ rtoMs: null, fenceMs: 0, scaleMs: 0, flipMs: 5_000 });
  });
});
