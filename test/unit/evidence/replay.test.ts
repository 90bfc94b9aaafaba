// Goal: a stored decision is made again bit for bit, and other settings are answered in words.
// Method: an outage of 100 s seen by five observers, probed as they would have, decided and relived.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, decisionId } from '../../../core/evidence/decision.ts';
import { override } from '../../../core/evidence/overrides.ts';
import { differences, reproduces, whatIf } from '../../../core/evidence/replay.ts';
import type { Observation, Past } from '../../../core/evidence/timeline.ts';
import { initialState } from '../../../core/failover/states.ts';
import { seededRandom } from '../../../core/random.ts';
import {
  evaluating,
  HOME,
  inputAt,
  OBSERVERS,
  STANDBY,
  START_MS,
  settingsWith,
} from '../../support/failovers.ts';
import { DEFAULTS, outage, watchWorld } from '../../support/traces.ts';

const FAULT_MS = 60_000;
const LENGTH_MS = 100_000;
/** This many observers see the fault; the others have a way around it. */
const past = (seeing: number): Past => {
  const observations: Observation[] = OBSERVERS.flatMap((observer, index) =>
    [HOME, STANDBY].map((target) => {
      const random = seededRandom('replay', observer, target);
      const broken = target === HOME && index < seeing;
      const world = outage('refused', broken ? FAULT_MS : 1e12, FAULT_MS + LENGTH_MS);
      const { samples } = watchWorld({ settings: DEFAULTS, random, untilMs: 300_000, world });
      return {
        observer,
        target,
        silenced: null,
        samples: samples.map((sample) => ({
          ...sample,
          startMs: START_MS + sample.startMs,
          endMs: START_MS + sample.endMs,
        })),
      };
    }),
  );
  const input = inputAt(evaluating(), START_MS + 100_000, { active: 'DOWN' });
  return { input, before: initialState(HOME, STANDBY, START_MS), observations };
};

const ask = (seeing: number, ...words: string[]) => {
  const replay = whatIf(past(seeing), words);
  if (!replay.ok) throw new Error(replay.why);
  return replay;
};

describe('a stored decision', () => {
  const input = inputAt(evaluating(), START_MS, { active: 'DOWN' });
  const stored: Decision = JSON.parse(JSON.stringify(decide(input)));

  it('is made again, bit for bit, also after a trip through a file', () => {
    const reread = JSON.parse(JSON.stringify(input)) as typeof input;
    expect(reproduces(reread, stored)).toEqual({ same: true, differences: [] });
  });

  it('that was altered is noticed, with what differs', () => {
    const forged = { ...stored, plan: { ...stored.plan, plan: 'hold' as const } };
    expect(reproduces(input, forged)).toEqual({ same: false, differences: ['plan: hold -> flip'] });
  });

  it('that another version put into other words is told from one that was altered', () => {
    const gates = stored.plan.gates.map((gate) => ({ ...gate, why: 'as it was said then' }));
    const older = { ...stored, plan: { ...stored.plan, gates } };
    const { same, differences: lines } = reproduces(input, older);
    expect(same).toBe(false);
    expect(lines).toEqual([expect.stringMatching(/^in its words only/)]);
    const aged = stored.plan.gates.map((gate) => ({ ...gate, ageMs: 7 }));
    const altered = { ...stored, plan: { ...stored.plan, gates: aged } };
    expect(reproduces(input, altered).differences).toEqual(['in details only, such as times']);
  });

  it('is named by all it rests on', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const id = decisionId(input, sha256);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(decisionId({ ...input, nowMs: input.nowMs + 1 }, sha256)).not.toBe(id);
  });

  it('differs from another in verdict, gates and plan, a line each', () => {
    const other = decide(inputAt(evaluating(), START_MS, { active: 'DOWN', other: 'DOWN' }));
    const lines = differences(stored, other);
    expect(lines[0]).toBe('plan: flip -> hold');
    expect(lines).toContain('verdict of eu-central-1: UP -> DOWN');
    expect(lines.some((line) => line.startsWith('gate G1: held -> does not hold'))).toBe(true);
  });
});

describe('what if', () => {
  it('nothing were different: it moves when a quorum has seen 30 s of it', () => {
    const { asSet, lines } = ask(5);
    if (!asSet.moved) throw new Error('it did not move');
    const sinceFaultMs = asSet.atMs - START_MS - FAULT_MS;
    expect(sinceFaultMs).toBeGreaterThanOrEqual(30_000);
    expect(sinceFaultMs).toBeLessThan(40_500);
    expect(lines).toEqual(['It would have moved at the same moment.']);
  });

  it('down were shorter, or longer', () => {
    expect(ask(5, 'down=20s').lines[0]).toMatch(/^It would have moved (9|1\d)\.\d s earlier\.$/);
    expect(ask(5, 'down=60s').lines[0]).toMatch(/^It would have moved (2|3)\d\.\d s later\.$/);
    expect(ask(5, 'down=2m').lines[0]).toMatch(/^It would not have moved/);
  });

  it('two of five were enough: it would have moved, where it stayed', () => {
    expect(ask(2).asSet.moved).toBe(false);
    expect(ask(2, 'quorum=2of5').lines[0]).toBe('It would have moved, where it stayed.');
    expect(ask(2, 'quorum=2of5', 'mode=manual').lines[0]).toMatch(/^It would have stayed too/);
  });

  it('there was one observer: a quorum says nothing, and that is said', () => {
    const five = past(5);
    const observations = five.observations
      .filter(({ observer }) => observer === OBSERVERS[0])
      .map((each) => ({ ...each, observer: 'local' }));
    const one = { ...five, observations, input: { ...five.input, observers: [] } };
    const linesFor = (word: string) => {
      const replay = whatIf(one, [word]);
      if (!replay.ok) throw new Error(replay.why);
      return replay.lines.join(' ');
    };
    expect(linesFor('quorum=2of5')).toMatch(/at the same moment.*There was one observer/);
    expect(linesFor('down=20s')).not.toContain('one observer');
  });

  it('a person had not been needed, or had been: the word is said when it was said', () => {
    const approved = past(5);
    const state = { ...approved.input.state, approved: true };
    const settings = settingsWith({ mode: 'approve' });
    const input = { ...approved.input, state, settings };
    const as = (...words: string[]) => {
      const replay = whatIf({ ...approved, input }, words);
      if (!replay.ok) throw new Error(replay.why);
      return replay;
    };
    expect(as().asSet).toMatchObject({ moved: true, atMs: input.nowMs });
    expect(as('mode=auto').lines[0]).toMatch(/^It would have moved \d\.\d s earlier\.$/);
    expect(as('mode=manual').lines[0]).toMatch(/^It would not have moved/);
  });

  it('an observer was silenced: it stays silent in the replay', () => {
    const one = past(5);
    const silent = one.observations.map((each) =>
      each.observer === OBSERVERS[0] ||
      each.observer === OBSERVERS[1] ||
      each.observer === OBSERVERS[2]
        ? { ...each, silenced: 'canary-failed' as const }
        : each,
    );
    const replay = whatIf({ ...one, observations: silent }, []);
    if (!replay.ok) throw new Error(replay.why);
    expect(replay.asSet.moved).toBe(false);
    expect(replay.asSet.decision.active.state).toBe('UNKNOWN');
  });
});

describe('settings for a replay', () => {
  const own = { health: DEFAULTS, failover: settingsWith() };
  const set = (...words: string[]) => override(own, words);

  it('are applied one after the other', () => {
    const changed = set('quorum=2of5', 'down=5s', 'perDay=unlimited', 'rpo=1m', 'cooldown=0s');
    expect(changed).toMatchObject({
      ok: true,
      settings: {
        health: { downMs: 5_000, quorum: { kind: 'votes', votes: 2, of: 5 } },
        failover: { confirm: { downMs: 5_000 }, perDay: null, rpoMs: 60_000, cooldownMs: 0 },
      },
    });
    expect(set('up=1s', 'degraded=1m', 'unstable=2m', 'perDay=3')).toMatchObject({ ok: true });
  });

  it.each([
    ['quorom=2of5', 'did you mean "quorum"?'],
    ['colour=red', 'known are quorum, down'],
    ['down', 'is not key=value'],
    ['down=5', '"5" is no value of "down"'],
    ['mode=never', '"never" is no value of "mode"'],
    ['perDay=0', '"0" is no value of "perDay"'],
  ])('%s is refused: %s', (word, why) => {
    expect(set(word)).toMatchObject({ ok: false, why: expect.stringContaining(why) });
  });
});
