// Goal: a name's record sets, by region and by share, and where switch objects stand.
import { describe, expect, it } from 'vitest';
import { type Answers, answerSets, sharedSets } from '../../../core/failover/answerSets.ts';
import {
  epochOf,
  epochSet,
  planRecordChange,
  planRecordProof,
  type RecordSet,
} from '../../../core/failover/switchRecord.ts';
import { switchRegions } from '../../../core/failover/switchRegions.ts';

const NAME = { record: 'www.example.com', ttlS: 60 };
const HOME = { region: 'eu-west-1', answers: { A: ['192.0.2.1'] } };
const AWAY = { region: 'eu-central-1', answers: { A: ['192.0.2.9', '192.0.2.10'] } };
const between = { from: AWAY, to: HOME };

describe('the sets of one region', () => {
  it('are one for each type of address', () => {
    const sets = answerSets(NAME, { AAAA: ['2001:db8::1'], A: ['192.0.2.1'] });
    expect(sets.map(({ type, values }) => [type, ...values])).toEqual([
      ['A', '192.0.2.1'],
      ['AAAA', '2001:db8::1'],
    ]);
    expect(sets.every(({ name, ttlS }) => name === NAME.record && ttlS === 60)).toBe(true);
  });
});

describe('shares', () => {
  it.each([0, -1])('of %d %% are the sets of the region that is left', (percent) => {
    expect(sharedSets(NAME, between, percent)).toEqual(answerSets(NAME, AWAY.answers));
  });

  it('of 100 % are the simple sets of the new region', () => {
    expect(sharedSets(NAME, between, 100)).toEqual(answerSets(NAME, HOME.answers));
  });

  it('in between are named by region and sum to 100', () => {
    const sets = sharedSets(NAME, between, 5) ?? [];
    expect(sets.map(({ share }) => share)).toEqual([
      { id: 'eu-west-1', weight: 5 },
      { id: 'eu-central-1', weight: 95 },
    ]);
  });

  it('cannot be had of regions with different types of addresses', () => {
    const both = { ...AWAY, answers: { ...AWAY.answers, AAAA: ['2001:db8::9'] } };
    expect(sharedSets(NAME, { from: both, to: HOME }, 5)).toBeNull();
    expect(sharedSets(NAME, { from: both, to: HOME }, 100)).toHaveLength(1);
  });

  it('are aliases where a region is a load balancer at the top of a zone, with a time to live of their own', () => {
    const side = (region: string) => ({
      region,
      answers: { alias: { zoneId: `Z${region}`, name: `${region}.elb.test` } },
    });
    const alias = { zoneId: 'Zaway', name: 'away.elb.test' };
    const set = { name: NAME.record, type: 'A', ttlS: 60, values: [], alias };
    expect(answerSets({ ...NAME, ttlS: 5 }, side('away').answers)).toEqual([set]);
    const shared = sharedSets(NAME, { from: side('home'), to: side('away') }, 25);
    expect(shared?.map((one) => [one.alias?.name, one.share])).toEqual([
      ['away.elb.test', { id: 'away', weight: 25 }],
      ['home.elb.test', { id: 'home', weight: 75 }],
    ]);
    const epoch = epochSet(NAME.record, 1);
    const found = { sets: [{ ...set, type: 'A' as const }], epoch };
    const wanted = (answers: Answers, at: number) => ({
      ...{ record: NAME.record, epoch: at, sets: answerSets(NAME, answers) },
    });
    expect(planRecordChange(found, wanted(side('home').answers, 2)).kind).toBe('change');
    expect(planRecordChange(found, wanted(side('away').answers, 1)).kind).toBe('already');
    expect(planRecordChange(found, wanted(side('home').answers, 1)).kind).toBe('refused');
  });
});

describe('steps of one epoch', () => {
  const at = (percent: number): RecordSet[] => sharedSets(NAME, between, percent) ?? [];
  const found = (sets: readonly RecordSet[], epoch: number) => ({
    sets,
    epoch: epochSet(NAME.record, epoch),
  });
  const wish = (percent: number, previous?: RecordSet[]) => ({
    ...{ record: NAME.record, epoch: 2, sets: at(percent) },
    ...(previous ? { previous } : {}),
  });

  it('follow the step before, and nothing else', () => {
    expect(planRecordChange(found(at(1), 2), wish(5, at(1))).kind).toBe('change');
    expect(planRecordChange(found(at(1), 2), wish(5)).kind).toBe('refused');
    expect(planRecordChange(found(at(25), 2), wish(5, at(1))).kind).toBe('refused');
    expect(planRecordChange(found(at(5), 2), wish(5, at(1))).kind).toBe('already');
    expect(planRecordChange(found(at(1), 3), wish(5, at(1))).kind).toBe('superseded');
  });

  it('know names with and without their last dot as the same', () => {
    const cname = (value: string) => answerSets(NAME, { CNAME: [value] });
    const plan = planRecordChange(found(cname('A.example.com.'), 2), {
      ...{ record: NAME.record, epoch: 2 },
      sets: cname('a.example.com'),
    });
    expect(plan.kind).toBe('already');
  });
});

describe('the proof that a zone can be written', () => {
  const sets = answerSets(NAME, HOME.answers);

  it('deletes the epoch and makes it again', () => {
    const epoch = epochSet(NAME.record, 7);
    expect(planRecordProof({ sets, epoch }, { record: NAME.record, epoch: 1 })).toEqual({
      kind: 'change',
      batch: [
        { action: 'DELETE', set: epoch },
        { action: 'CREATE', set: epoch },
      ],
    });
  });

  it('makes an epoch where there is none', () => {
    const plan = planRecordProof({ sets, epoch: null }, { record: NAME.record, epoch: 3 });
    if (plan.kind !== 'change') throw new Error(plan.why);
    expect(plan.batch.map(({ action, set }) => [action, epochOf(set)])).toEqual([['CREATE', 3]]);
  });

  it('is none without a record, or with an epoch that is none', () => {
    const none = planRecordProof({ sets: [], epoch: null }, { record: NAME.record, epoch: 0 });
    expect(none).toEqual({
      kind: 'refused',
      why: 'www.example.com has no address record in the zone',
    });
    const edited = { ...epochSet(NAME.record, 1), values: ['"hello"'] };
    const other = planRecordProof({ sets, epoch: edited }, { record: NAME.record, epoch: 0 });
    expect(other).toEqual({
      kind: 'refused',
      why: '_failover.www.example.com holds no epoch',
    });
  });
});

describe('the regions of the quorum switch', () => {
  const at = (over: Partial<Parameters<typeof switchRegions>[0]>) =>
    switchRegions({
      ...{ primary: 'eu-west-1', standby: 'eu-central-1', witness: null, observers: [] },
      ...over,
    });

  it('are three, the named ones first, and never the primary', () => {
    expect(at({ witness: 'eu-north-1', observers: ['eu-west-1', 'sa-east-1'] })).toEqual([
      'eu-central-1',
      'eu-north-1',
      'sa-east-1',
    ]);
    expect(at({})).toEqual(['eu-central-1', 'eu-north-1', 'us-east-2']);
    expect(at({ primary: 'eu-north-1' })).toHaveLength(3);
  });

  it('are not us-east-1, unless that is the standby', () => {
    expect(at({ witness: 'us-east-1' })).not.toContain('us-east-1');
    expect(at({ standby: 'us-east-1' })).toContain('us-east-1');
  });
});
