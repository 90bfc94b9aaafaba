// Goal: events of a watch become lines for people, each once, and only those that are news.
import { describe, expect, it } from 'vitest';
import { createFacts, factLine, factOf } from '../../../cli/watch/facts.ts';
import { cutTo } from '../../../cli/watch/live.ts';
import { SINGLE_VANTAGE_WORDS } from '../../../core/health/verdict.ts';
import { failoverCompleted } from '../../../events/failoverCompleted.ts';
import { regionVerdict } from '../../../events/regionVerdict.ts';
import { envelope } from '../../../local/eventbridge/events.ts';

const AT = Date.UTC(2026, 10, 21, 2, 14, 7);

const vote = (reason: 'starting' | 'stale' | null) => ({
  ...{ observer: 'local', target: 'eu-west-1', atMs: AT, sinceMs: null, doubtSinceMs: null },
  ...{ vote: reason === null ? ('DOWN' as const) : ('ABSTAIN' as const), reason },
  ...{ p95Ms: null, lastFailure: null },
});

const verdict = (state: 'DOWN' | 'UNKNOWN', reason: 'starting' | 'stale' | null) =>
  regionVerdict('web', {
    ...{ region: 'eu-west-1', state, atMs: AT, sinceMs: AT, doubtSinceMs: null },
    ...{ vantage: 'single' as const, needed: 1, eligible: 1, votes: [vote(reason)] },
    why: `1 DOWN of 1; ${SINGLE_VANTAGE_WORDS}`,
  });

const event = (content: { source: string; detailType: string; detail: object }) =>
  envelope({ ...content, detail: { ...content.detail } }, { id: 'e', region: 'r', timeMs: AT });

describe('facts of a watch', () => {
  it('tell a verdict without repeating what was said at the start', () => {
    const fact = factOf(event(verdict('DOWN', null)));
    expect(fact && factLine(fact)).toBe('2026-11-21T02:14:07.000Z eu-west-1 DOWN: 1 DOWN of 1');
  });

  it('leave out an observer that has only begun, and tell of one that went silent', () => {
    expect(factOf(event(verdict('UNKNOWN', 'starting')))).toBeUndefined();
    expect(factOf(event(verdict('UNKNOWN', 'stale')))?.text).toContain('eu-west-1 UNKNOWN');
  });

  it('tell how a failover ended', () => {
    const completed = failoverCompleted({
      ...{
        service: 'web',
        execution: 'web-0-1',
        cause: 'down',
        epoch: 1,
        outcome: 'failed',
        atMs: AT,
      },
      ...{ active: 'eu-west-1', timings: null, lossMs: null, reason: 'the lease was lost' },
    });
    expect(factOf(event(completed))?.text).toBe(
      'failed, eu-west-1 serves at epoch 1: the lease was lost',
    );
  });

  it('tell that a failback only took its time', () => {
    const timings = {
      ...{ detectMs: 0, decideMs: 0, fenceMs: 0, scaleMs: 0, flipMs: 9_000 },
      ...{ authoritativeMs: 500, effectiveMs: 0, rtoMs: 9_500 },
    };
    const home = (cause: 'failback' | 'down') =>
      factOf(
        event(
          failoverCompleted({
            ...{ service: 'web', execution: 'web-1-1', cause, epoch: 2, outcome: 'done' },
            ...{ active: 'eu-west-1', atMs: AT, timings, lossMs: null, reason: 'proved' },
          }),
        ),
      )?.text;
    expect(home('failback')).toBe('done, eu-west-1 serves at epoch 2 · took 9.5 s');
    expect(home('down')).toBe('done, eu-west-1 serves at epoch 2 · RTO 9.5 s');
  });

  it('are kept once, and told to who comes later', () => {
    const facts = createFacts();
    facts.hear(event(verdict('DOWN', null)));
    facts.hear(event(verdict('DOWN', null)));
    facts.hear(event({ source: 'somebody', detailType: 'RegionVerdict', detail: {} }));
    const told: string[] = [];
    facts.tellTo(({ text }) => told.push(text));
    expect(told).toEqual(['eu-west-1 DOWN: 1 DOWN of 1']);
    expect(facts.all()).toHaveLength(1);
  });
});

describe('a line of the block', () => {
  it('is cut to the terminal, with its colours whole', () => {
    const [on, off] = ['\u001b[31m', '\u001b[39m'];
    expect(cutTo(`eu ${on}DOWN${off} since`, 5)).toBe(`eu ${on}DO${off}`);
    expect(cutTo('short', 80)).toBe('short');
  });
});
