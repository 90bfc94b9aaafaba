// Goal: what both drivers write, under which conditions, and that nothing stale or empty is written.
import { describe, expect, it } from 'vitest';
import {
  ASSERTED_TEXT,
  type FoundSwitch,
  judgeSwitchWrites,
  planSwitchWrites,
  type SwitchBody,
  type SwitchPlan,
  servingOf,
  switchText,
} from '../../../core/failover/switchObjects.ts';
import {
  backoffMs,
  type ChangeAnswer,
  epochOf,
  epochRecordName,
  nextChangeStep,
  planRecordChange,
  type RecordSet,
} from '../../../core/failover/switchRecord.ts';

const REGIONS = ['eu-central-1', 'eu-north-1', 'us-east-2'];

const body: SwitchBody = {
  state: 'standby',
  epoch: 12,
  decisionId: 'd12',
  evidenceHash: 'abc',
  expiresAtMs: 1_000,
};

const found = (over: Partial<FoundSwitch> = {}): FoundSwitch[] =>
  REGIONS.map((region) => ({
    region,
    reachable: true,
    etag: `"${region}"`,
    epoch: 11,
    decisionId: 'd11',
    state: 'home',
    ...over,
  }));

const write = (plan: SwitchPlan) => {
  if (plan.kind !== 'write') throw new Error(plan.why);
  return plan;
};

describe('driver quorum', () => {
  it('writes each switch only over what was read', () => {
    const plan = write(planSwitchWrites(found(), body));
    expect(plan.writes[0]).toEqual({
      region: 'eu-central-1',
      condition: { ifMatch: '"eu-central-1"' },
    });
    expect(plan.needed).toBe(2);
    const fresh = write(planSwitchWrites(found({ etag: null, epoch: null, state: null }), body));
    expect(fresh.writes[0]?.condition).toEqual({ ifNoneMatch: '*' });
  });

  it('holds with two of three written, not with one', () => {
    const plan = write(planSwitchWrites(found(), body));
    const judge = (...results: ('written' | 'condition-failed' | 'failed')[]) =>
      judgeSwitchWrites(
        plan,
        results.map((result, index) => ({ region: REGIONS[index]!, result })),
      );
    expect(judge('written', 'failed', 'written').done).toBe(true);
    expect(judge('written', 'failed', 'failed')).toMatchObject({ done: false, superseded: false });
    expect(judge('written', 'condition-failed', 'condition-failed')).toMatchObject({
      done: false,
      superseded: true,
    });
  });

  it('is repeated without harm: what is done is not written again', () => {
    const half = found().map((each, index) =>
      index === 0 ? { ...each, epoch: 12, decisionId: 'd12', state: 'standby' as const } : each,
    );
    const plan = write(planSwitchWrites(half, body));
    expect(plan.done).toEqual(['eu-central-1']);
    expect(plan.writes.map(({ region }) => region)).toEqual(['eu-north-1', 'us-east-2']);
    const one = [{ region: 'us-east-2', result: 'written' as const }];
    expect(judgeSwitchWrites(plan, one).done).toBe(true);
  });

  it('leaves a newer epoch alone, and does not need a region that cannot be reached', () => {
    expect(planSwitchWrites(found({ epoch: 13 }), body).kind).toBe('superseded');
    const partly = found().map((each, index) => ({ ...each, reachable: index !== 0 }));
    expect(write(planSwitchWrites(partly, body)).writes).toHaveLength(2);
  });

  it('says where a majority sends clients, and whether a rehearsal does', () => {
    const regions = { home: 'eu-west-1', standby: 'eu-central-1' };
    const away = found({ epoch: 12, state: 'standby' });
    const rehearsed = away.map((each) => ({ ...each, rehearsal: true }));
    const [first, second, last] = found();
    expect(servingOf(away, regions)).toEqual({ region: 'eu-central-1', epoch: 12 });
    expect(servingOf([first!, ...rehearsed.slice(1)], regions)).toEqual({
      ...{ region: 'eu-central-1', epoch: 12, rehearsal: true },
    });
    // One that a rehearsal wrote and that was left behind says nothing of where the others send them.
    expect(servingOf([rehearsed[0]!, second!, last!], regions)).toEqual({
      ...{ region: 'eu-west-1', epoch: 11 },
    });
  });

  it('says which side serves in text that a health check can find, and signs the rest', () => {
    const text = switchText(body, (rest) => `signed ${rest.length}`);
    expect(text).toContain(ASSERTED_TEXT);
    expect(switchText({ ...body, state: 'home' }, () => '')).not.toContain(ASSERTED_TEXT);
    expect(JSON.parse(text)).toEqual({ ...body, signature: expect.stringMatching(/^signed \d+$/) });
    expect(text).not.toMatch(/endpoint|http/);
  });
});

const NAME = 'www.example.test';
const a = (...values: string[]): RecordSet => ({ name: NAME, type: 'A', ttlS: 60, values });
const epochSet = (text: string): RecordSet => ({
  name: epochRecordName(NAME),
  type: 'TXT',
  ttlS: 60,
  values: [text],
});
const wanted = { record: NAME, epoch: 5, sets: [a('127.0.2.1')] };

describe('driver record', () => {
  it('replaces exactly what stands there, with the epoch, in one batch', () => {
    const plan = planRecordChange({ sets: [a('127.0.1.1')], epoch: epochSet('"epoch=4"') }, wanted);
    expect(plan).toEqual({
      kind: 'change',
      batch: [
        { action: 'DELETE', set: a('127.0.1.1') },
        { action: 'DELETE', set: epochSet('"epoch=4"') },
        { action: 'CREATE', set: a('127.0.2.1') },
        { action: 'CREATE', set: epochSet('"epoch=5"') },
      ],
    });
  });

  it('starts the epoch where there is none yet', () => {
    const plan = planRecordChange({ sets: [a('127.0.1.1')], epoch: null }, wanted);
    expect(plan.kind === 'change' && plan.batch).toHaveLength(3);
  });

  it.each([
    ['already', [a('127.0.2.1')], '"epoch=5"'],
    ['superseded', [a('127.0.1.1')], '"epoch=6"'],
    ['refused', [a('192.0.2.7')], '"epoch=5"'],
    ['refused', [a('127.0.1.1')], '"written by hand"'],
    ['refused', [], '"epoch=4"'],
  ] as const)('%s', (kind, sets, epoch) => {
    expect(planRecordChange({ sets, epoch: epochSet(epoch) }, wanted).kind).toBe(kind);
  });

  it('never leaves the name without an answer', () => {
    const now = { sets: [a('127.0.1.1')], epoch: null };
    for (const sets of [[], [a()]]) {
      expect(planRecordChange(now, { ...wanted, sets }).kind).toBe('refused');
    }
  });

  it('reads an epoch only where one was written', () => {
    expect(epochOf(epochSet('"epoch=7"'))).toBe(7);
    expect(epochOf(null)).toBeNull();
    expect(epochOf({ ...epochSet('"epoch=7"'), values: ['"epoch=7"', '"epoch=8"'] })).toBeNull();
  });
});

describe('a change under way', () => {
  const step = (answer: ChangeAnswer, over: object = {}) =>
    nextChangeStep(answer, { submits: 1, refusals: 1, elapsedMs: 1_000, ...over }, 0.5);

  it('is polled, resubmitted, or done', () => {
    expect(step('INSYNC')).toEqual({ do: 'done' });
    expect(step('PENDING')).toEqual({ do: 'poll', inMs: 1_000 });
    for (const answer of ['NoSuchChange', 'Throttling', 'PriorRequestNotComplete'] as const) {
      expect(step(answer)).toEqual({ do: 'resubmit', inMs: 1_000 });
    }
  });

  it('ends: after ten minutes, or five submits', () => {
    expect(step('PENDING', { elapsedMs: 600_000 }).do).toBe('give-up');
    expect(step('Throttling', { submits: 5 }).do).toBe('give-up');
    expect(step('INSYNC', { elapsedMs: 600_001 }).do).toBe('done');
  });

  it('backs off with jitter, up to 20 s', () => {
    expect([0, 1, 2, 10].map((refusals) => backoffMs(refusals, 1))).toEqual([
      1_000, 2_000, 4_000, 20_000,
    ]);
    expect(backoffMs(3, 0)).toBe(0);
  });
});
