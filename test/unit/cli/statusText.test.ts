// Goal: what a person reads of a watch says what is so, and what to do next.
import { describe, expect, it } from 'vitest';
import { statusLines } from '../../../cli/output/statusText.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { SINGLE_VANTAGE_WORDS } from '../../../core/health/verdict.ts';
import { type RegionStatus, StatusOutput } from '../../../events/statusOutput.ts';

const AT = Date.UTC(2026, 10, 21, 2, 14, 7);

const vote = (observer: string, said: 'UP' | 'DOWN' | 'ABSTAIN') => ({
  ...{ observer, target: 'eu-west-1', atMs: AT, vote: said, sinceMs: null, doubtSinceMs: null },
  reason: said === 'ABSTAIN' ? ('canary-failed' as const) : null,
  p95Ms: null,
  lastFailure: said === 'DOWN' ? 'timeout' : null,
});

const region = (over: Partial<RegionStatus>): RegionStatus => ({
  ...{ region: 'eu-west-1', role: 'primary', active: true, state: 'UP', sinceMs: AT },
  ...{ doubtSinceMs: null, needed: 3, eligible: 4, votes: [], why: '' },
  ...over,
});

const gate = (name: 'G1' | 'G9' | 'G10', ok: boolean): StatusOutput['gates'][number] => ({
  ...{ gate: name, ok, otherwise: 'hold', value: null, limit: null, ageMs: null },
  ...{ source: 'votes', why: 'as it is' },
});

const STATUS: StatusOutput = {
  ...{ atMs: AT, place: null, service: 'shop', controllers: null },
  record: 'shop.example.test',
  answer: { server: '127.0.0.1:5300', addresses: ['127.31.0.1'] },
  ...{ mode: 'auto', phase: 'STEADY', phaseSinceMs: AT, home: 'eu-west-1', active: 'eu-west-1' },
  leftAway: false,
  ...{ epoch: 11, vantage: 'quorum' },
  regions: [
    region({}),
    region({ region: 'eu-central-1', role: 'standby', active: false, sinceMs: null }),
  ],
  replicationMs: { value: 1_200, ageMs: 10 },
  rpoMs: 60_000,
  capacity: { value: { ready: 4, wanted: 4, scalable: true }, ageMs: 10 },
  ...{ approval: null, execution: null, held: null, flips: [], promotion: null },
  ...{ faults: [], facts: [], gates: [gate('G1', true), gate('G9', true)] },
};

const LOST = { region: 'eu-central-1', lastMs: null, silent: true };

const textOf = (over: Partial<StatusOutput> = {}): string =>
  statusLines(StatusOutput.parse({ ...STATUS, ...over }), plainStyle).join('\n');

describe('the status of a watch', () => {
  it('says which region serves, and whether the standby is ready', () => {
    const text = textOf();
    expect(text).toContain(
      'shop   primary eu-west-1 UP since 02:14:07 · 0 of 0 observers · serves',
    );
    expect(text).toContain('replication 1.2 s of 1 min 0 s · 4 of 4 tasks ready');
    expect(text).toContain('shop.example.test → 127.31.0.1 · dig @127.0.0.1 -p 5300');
    expect(text).not.toContain(SINGLE_VANTAGE_WORDS);
  });

  it('counts the votes, and says why an observer abstains', () => {
    const votes = [vote('us-east-2', 'DOWN'), vote('sa-east-1', 'ABSTAIN')];
    const text = textOf({
      regions: [region({ state: 'DOWN', votes }), STATUS.regions[1] ?? region({})],
    });
    expect(text).toContain(
      'primary eu-west-1 DOWN since 02:14:07 · 1 of 2 observers (sa-east-1 abstains: its canary fails), votes 0 ms old · last failure: timeout · serves',
    );
  });

  it('tells how old the votes are: an observer that has stopped shows', () => {
    const votes = [vote('us-east-2', 'UP'), { ...vote('sa-east-1', 'UP'), atMs: AT - 75_000 }];
    const text = textOf({
      atMs: AT + 2_000,
      regions: [region({ votes }), STATUS.regions[1] ?? region({})],
    });
    expect(text).toContain('2 of 2 observers, votes 2.0 s to 1 min 17 s old · serves');
  });

  it('tells which gates a move would not pass, unless one is under way', () => {
    expect(textOf()).toContain('gates to eu-central-1: all 2 hold');
    const gates = [gate('G1', true), gate('G9', false), gate('G10', false)];
    const shut =
      'gates to eu-central-1: G9 (mode, or a person) would not hold; G10 (switch can be written) asked anew by an order; 1 hold';
    expect(textOf({ gates })).toContain(shut);
    const execution = {
      ...{ name: 'shop-11-1', decisionId: 'd1', kind: 'failover', from: 'eu-west-1' },
      ...{ to: 'eu-central-1', epoch: 12, startedAtMs: AT, cause: 'down', automatic: true },
    } as never;
    expect(statusLines({ ...STATUS, gates, execution }, plainStyle).join()).not.toContain('gates');
  });

  it('names the same place in every command that it advises', () => {
    const approval = { decisionId: 'd1', epoch: 11, expiresAtMs: AT + 60_000 };
    const on = ' --on aws --stage staging';
    const linesAt = (over: Partial<StatusOutput>) =>
      statusLines({ ...STATUS, ...over }, plainStyle, on).join();
    expect(linesAt({ approval })).toContain(`failover approve d1${on}`);
    expect(linesAt({ phase: 'FAILBACK_READY' })).toContain(`failover back${on}`);
    expect(linesAt({ held: 'hold G1' })).toContain(`failover flip${on} asks again`);
  });

  it.each<[string, Partial<NonNullable<StatusOutput['controllers']>>, string]>([
    [
      'as on any day, in the middle',
      {},
      '\n       eu-central-1 is in charge (said so 12.0 s ago) · eu-west-3 stands by (heard a vote 3.0 s ago)',
    ],
    [
      'first of all when the second has taken over',
      { inCharge: 'eu-west-3', readIn: 'eu-west-3', first: LOST },
      'shop   THE SECOND CONTROLLER IS IN CHARGE: eu-west-3 (said so 3.0 s ago) · eu-central-1 is silent (does not answer)',
    ],
    [
      'how the place is given back',
      { inCharge: 'eu-west-3', readIn: 'eu-west-3' },
      'eu-central-1 stands by (heard a vote 12.0 s ago) · give it back: failover hand-over',
    ],
    [
      'when nobody is',
      { readIn: 'eu-west-3', first: { ...LOST, lastMs: AT - 240_000 } },
      'shop   NOBODY IS IN CHARGE: eu-central-1 was (said so 4 min 0 s ago) · eu-west-3 stands by (heard a vote 3.0 s ago) · what follows is as eu-west-3 knows it',
    ],
    [
      'when it cannot be known',
      { inCharge: null, first: LOST },
      'shop   NOBODY IS KNOWN TO BE IN CHARGE: no copy of the lease tells · eu-central-1 is silent (does not answer)',
    ],
  ])('tells of two controllers who is in charge: %s', (_what, over, words) => {
    const controllers = {
      ...{ inCharge: 'eu-central-1', readIn: 'eu-central-1' },
      first: { region: 'eu-central-1', lastMs: AT - 12_000, silent: false },
      second: { region: 'eu-west-3', lastMs: AT - 3_000, silent: false },
    };
    expect(textOf({ controllers: { ...controllers, ...over } })).toContain(words);
  });

  it('says what a single vantage cannot tell', () => {
    expect(textOf({ vantage: 'single' })).toContain(SINGLE_VANTAGE_WORDS);
  });

  it('says when nothing answers', () => {
    expect(textOf({ answer: null })).toContain('shop.example.test → no answer');
  });

  it.each<[string, Partial<StatusOutput>, string]>([
    [
      'an approval',
      {
        phase: 'AWAIT_APPROVAL',
        approval: { decisionId: 'd1', epoch: 11, expiresAtMs: AT + 60_000 },
      },
      'waits for a person until 02:15:07 UTC: failover approve d1',
    ],
    ['a failed flip', { phase: 'HOLD' }, 'a flip was tried and failed'],
    ['home being well', { phase: 'FAILBACK_READY', active: 'eu-central-1' }, 'failover back'],
    ['being away', { phase: 'STABILIZE', active: 'eu-central-1' }, 'away from home'],
    [
      'what a rehearsal has left away',
      { phase: 'STABILIZE', active: 'eu-central-1', leftAway: true },
      'it goes home once eu-west-1 has been well for long enough, or now by failover back',
    ],
    [
      'what is held',
      { phase: 'HOLD_BOTH', held: 'hold G1 G2' },
      'held by G1 (target up), G2 (not both bad): failover flip asks again and shows why',
    ],
    [
      'what is held on the way home',
      { phase: 'HOLD_BOTH', active: 'eu-central-1', held: 'hold G1' },
      'held by G1 (target up): failover back asks again and shows why',
    ],
    [
      'that nobody sees enough',
      { phase: 'SUSPECT', held: 'UNKNOWN' },
      'held: too few observers can tell how eu-west-1 is',
    ],
    ['a fault', { faults: ['eu-west-1: down'] }, 'fault set: eu-west-1: down'],
  ])('says what %s means', (_what, over, words) => {
    expect(textOf(over)).toContain(words);
  });

  it('tells the last facts, with their times', () => {
    const fact = (n: number) => ({
      ...{ atMs: AT + n * 1_000, service: 'shop', kind: 'held' as const, text: `no ${n}` },
    });
    const text = textOf({ facts: [0, 1, 2, 3, 4, 5, 6].map(fact) });
    expect(text).not.toContain('no 1');
    expect(text).toContain('02:14:13 held: no 6');
  });
});
