/** `failover verify`: whether a record of evidence is whole and unchanged. Needs nothing but the file. */
import { DrillError } from '../../core/errors.ts';
import { verifyChain } from '../../core/evidence/chain.ts';
import { RecordCheck } from '../../events/replayOutput.ts';
import { readRecordFile, sha256 } from '../failovers/recordFile.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';

export type VerifyOptions = { readonly head?: string };

const linesOf = (check: RecordCheck, style: Style): string[] => {
  const { file, ok, entries, head, headChecked, why } = check;
  if (!ok) return [style.bad(`${file}: ${why ?? 'it is not whole'}`)];
  const compared = headChecked
    ? `ends in ${head}, as expected`
    : `ends in ${head}; compare it with the hash in \`failover history --json\`, or pass it as --head: entries cut off at the end show only so`;
  return [style.good(`${file}: ${entries} entries, whole and unchanged`), compared];
};

const HEAD = /^[0-9a-f]{64}$/;

export const verify = (file: string, { head }: VerifyOptions, output: Output): number => {
  if (head !== undefined && !HEAD.test(head)) {
    throw new DrillError('InputInvalid', `--head ${head}: expected 64 hexadecimal digits`);
  }
  const entries = readRecordFile(file);
  const check = verifyChain(entries, sha256, head);
  const said: RecordCheck = {
    file,
    ok: check.ok,
    entries: entries.length,
    head: entries.at(-1)?.hash ?? null,
    headChecked: head !== undefined,
    index: check.ok ? null : check.index,
    why: check.ok ? null : check.why,
  };
  output.result(RecordCheck.parse(said), (style) => linesOf(said, style));
  return check.ok ? EXIT.ok : EXIT.failed;
};
