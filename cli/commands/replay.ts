/** `failover replay`: decides again from a record, also with other settings. */
import { DrillError } from '../../core/errors.ts';
import { reproduces, whatIf } from '../../core/evidence/replay.ts';
import type { Outcome } from '../../core/evidence/timeline.ts';
import { decisionOf } from '../../events/failoverRecord.ts';
import { ReplayOutput } from '../../events/replayOutput.ts';
import { dataFolder } from '../dataFolder.ts';
import { findRecord } from '../failovers/find.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';

export type ReplayOptions = { readonly data?: string; readonly set?: readonly string[] };

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
  { data, set = [] }: ReplayOptions,
  output: Output,
): Promise<number> => {
  const { entries, broken } = await findRecord(dataFolder(data, process.env), name);
  if (broken !== null) output.note(`the record cannot be trusted: ${broken}`);
  const entry = decisionOf(entries);
  if (entry === null) {
    throw new DrillError('InputInvalid', `${name}: the record holds no decision to replay`);
  }
  const { same, differences } = reproduces(entry.input, entry.decision);
  const asked = set.length === 0 ? null : whatIf(entry, set);
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
