/** `failover replay`: decides again from a record, also with other settings. */
import { DrillError } from '../../core/errors.ts';
import { reproduces, whatIf } from '../../core/evidence/replay.ts';
import type { Outcome, Past } from '../../core/evidence/timeline.ts';
import { decisionOf } from '../../events/failoverRecord.ts';
import { ReplayOutput } from '../../events/replayOutput.ts';
import type { SampleChunk } from '../../events/watchState.ts';
import { findRecord } from '../failovers/find.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import type { WhereOptions } from '../where/options.ts';

export type ReplayOptions = WhereOptions & { readonly set?: readonly string[] };

/** The past of a decision, and how it went on: a longer wait is only answered by later probes. */
const goneOn = (past: Past, later: readonly SampleChunk[]): Past => ({
  ...past,
  observations: past.observations.map((each) => {
    const lastMs = each.samples.at(-1)?.startMs ?? 0;
    const more = later
      .filter(({ observer, target }) => observer === each.observer && target === each.target)
      .flatMap(({ samples }) => samples.filter(({ startMs }) => startMs > lastMs));
    return { ...each, samples: [...each.samples, ...more] };
  }),
});

const relived = (outcome: Outcome) => ({
  moved: outcome.moved,
  atMs: outcome.moved ? outcome.atMs : outcome.untilMs,
  decision: outcome.decision,
});

const linesOf = (replay: ReplayOutput, style: Style): string[] => {
  const { execution, same, differences, whatIf: asked } = replay;
  const again = same
    ? [style.good(`${execution}: decided again from its record, bit for bit the same`)]
    : [
        style.bad(`${execution}: decided again from its record, it comes out differently`),
        ...differences.map((line) => `  ${line}`),
      ];
  if (asked === null) return again;
  const [first = '', ...others] = asked.lines;
  return [
    ...again,
    '',
    `With ${asked.set.join(', ')}: ${style.bold(first)}`,
    ...others.map((line) => `  ${line}`),
  ];
};

export const replay = async (
  name: string,
  { set = [], ...where }: ReplayOptions,
  output: Output,
): Promise<number> => {
  const { entries, broken, later } = await findRecord(where, name, output);
  if (broken !== null) output.note(`the record cannot be trusted: ${broken}`);
  const entry = decisionOf(entries);
  if (entry === null) {
    throw new DrillError('InputInvalid', `${name}: the record holds no decision to replay`);
  }
  const { same, differences } = reproduces(entry.input, entry.decision);
  const asked = set.length === 0 ? null : whatIf(goneOn(entry, later), set);
  if (asked !== null && !asked.ok) throw new DrillError('InputInvalid', `--set: ${asked.why}`);
  const said: ReplayOutput = ReplayOutput.parse({
    execution: name,
    same,
    differences,
    whatIf: asked && {
      set,
      asSet: relived(asked.asSet),
      asAsked: relived(asked.asAsked),
      lines: asked.lines,
    },
  });
  output.result(said, (style) => linesOf(said, style));
  return same && broken === null ? EXIT.ok : EXIT.failed;
};
