/**
 * Decides again from stored evidence: the same bytes, or with other settings and how that differs.
 */
import { formatMs } from '../units.ts';
import { canonicalJson } from './canonical.ts';
import { type Decision, type DecisionInput, decide } from './decision.ts';
import { type Overridden, override } from './overrides.ts';
import { type Outcome, type Past, relive } from './timeline.ts';

/** Whether deciding again gives what was stored, bit for bit; else where they part. */
export const reproduces = (
  input: DecisionInput,
  stored: Decision,
): { readonly same: boolean; readonly differences: readonly string[] } => {
  const again = decide(input);
  const same = canonicalJson(again) === canonicalJson(stored);
  return { same, differences: same ? [] : differences(stored, again) };
};

/** What of two decisions would have led to something else, a line for each thing. */
const changes = (a: Decision, b: Decision): string[] => {
  const line = (what: string, was: string | null, is: string | null): string[] =>
    was === is ? [] : [`${what}: ${was ?? 'none'} -> ${is ?? 'none'}`];
  const gates = a.plan.gates.flatMap((gate, index) => {
    const other = b.plan.gates[index];
    if (other === undefined || gate.ok === other.ok) return [];
    return [
      `gate ${gate.gate}: ${gate.ok ? 'held' : 'did not hold'} -> ` +
        `${other.ok ? 'holds' : 'does not hold'} (${other.why})`,
    ];
  });
  return [
    ...line('plan', a.plan.plan, b.plan.plan),
    ...line('cause', a.cause, b.cause),
    ...line(`verdict of ${a.active.region}`, a.active.state, b.active.state),
    ...line(`verdict of ${a.other.region}`, a.other.state, b.other.state),
    ...line('votes needed', String(a.active.needed), String(b.active.needed)),
    ...gates,
  ];
};

/** What only people read in a decision, emptied: another version may say the same differently. */
const WORDS = new Set(['why', 'reason', 'value', 'limit', 'source']);

const wordless = (decision: Decision): string =>
  canonicalJson(
    JSON.parse(JSON.stringify(decision), (key, value: unknown) =>
      WORDS.has(key) && typeof value === 'string' ? '' : value,
    ),
  );

/** How two decisions differ in any way, in words; empty when they are the same bit for bit. */
export const differences = (a: Decision, b: Decision): string[] => {
  const lines = changes(a, b);
  if (lines.length > 0 || canonicalJson(a) === canonicalJson(b)) return lines;
  return wordless(a) === wordless(b)
    ? ['in its words only: another version of this tool says the same differently']
    : ['in details only, such as times'];
};

export type Replay =
  | {
      readonly ok: true;
      readonly asSet: Outcome;
      readonly asAsked: Outcome;
      /** For people; the first line is the answer. */
      readonly lines: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

const answer = (asSet: Outcome, asAsked: Outcome): string => {
  if (asSet.moved && asAsked.moved) {
    const laterMs = asAsked.atMs - asSet.atMs;
    if (laterMs === 0) return 'It would have moved at the same moment.';
    const when = laterMs > 0 ? 'later' : 'earlier';
    return `It would have moved ${formatMs(Math.abs(laterMs))} ${when}.`;
  }
  if (asAsked.moved) return 'It would have moved, where it stayed.';
  const why = asAsked.decision.plan.reason;
  return asSet.moved
    ? `It would not have moved in the time that the evidence covers: ${why}.`
    : `It would have stayed too: ${why}.`;
};

const SINGLE_VANTAGE_QUORUM_WORDS =
  'There was one observer, whose vote is the verdict: a quorum changes nothing here.';

/** Whether a quorum is asked of the only observer there was. */
const isIdle = ({ input }: Past, words: readonly string[]): boolean =>
  input.observers.length === 0 && words.some((word) => word.trim().startsWith('quorum'));

/** Relives the past under its own settings and under `words`, such as `down=5s`. */
export const whatIf = (past: Past, words: readonly string[]): Replay => {
  const own = { health: past.input.health, failover: past.input.settings };
  const asked: Overridden = override(own, words);
  if (!asked.ok) return asked;
  const asSet = relive(past, own);
  const asAsked = relive(past, asked.settings);
  const lines = [
    answer(asSet, asAsked),
    ...(isIdle(past, words) ? [SINGLE_VANTAGE_QUORUM_WORDS] : []),
    ...changes(asSet.decision, asAsked.decision),
  ];
  return { ok: true, asSet, asAsked, lines };
};
