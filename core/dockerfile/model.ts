/** A Dockerfile as plain data, and what a finding about it says. Whoever reads the text fills this in. */

export type Flag = { readonly name: string; readonly value: string };

/** One instruction; continuation lines are joined, comments between them left out. */
export type Step = {
  /** Upper case. */
  readonly keyword: string;
  /** As written, without flags and without the bodies of here-documents. */
  readonly args: string;
  /** In the order written: `--mount` may stand more than once. */
  readonly flags: readonly Flag[];
  readonly heredocs: readonly { readonly name: string; readonly text: string }[];
  /** First and last line, from 1. */
  readonly line: number;
  readonly endLine: number;
};

export type FileStage = {
  readonly index: number;
  /** Name after AS in lower case, or undefined. */
  readonly name: string | undefined;
  /** What FROM names, as written. */
  readonly from: string;
  readonly line: number;
  readonly steps: readonly Step[];
};

/** `# failover:ignore rule reason` above an instruction. */
export type Ignore = {
  readonly rule: string;
  readonly reason: string;
  /** Line of the comment. */
  readonly line: number;
  /** Lines of the instruction that it speaks of. */
  readonly from: number;
  readonly to: number;
};

export type Dockerfile = {
  /** As a person would write its path. */
  readonly file: string;
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly Step[];
  readonly stages: readonly FileStage[];
  readonly ignores: readonly Ignore[];
};

export const SEVERITIES = ['low', 'medium', 'high'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a rule says of one image. */
export type Found = {
  readonly line: number;
  /** Name of the stage, or its number where it has none. */
  readonly stage: string;
  readonly what: string;
  /** One line. */
  readonly remedy: string;
};

export const isAtLeast = (severity: Severity, limit: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(limit);

export const stageName = ({ name, index }: Pick<FileStage, 'name' | 'index'>): string =>
  name ?? String(index);

export const flagValues = ({ flags }: Step, name: string): string[] =>
  flags.filter((flag) => flag.name === name).map(({ value }) => value);

export type Mount = Readonly<Record<string, string>>;

/** The `--mount` flags of a RUN, each as its options; `destination`, `dst` and `source` by their main names. */
export const mountsOf = (step: Step): Mount[] =>
  flagValues(step, 'mount').map((value) => {
    const options: Record<string, string> = { type: 'bind' };
    for (const part of value.split(',')) {
      const at = part.indexOf('=');
      const key = at < 0 ? part : part.slice(0, at);
      const main = key === 'dst' || key === 'destination' ? 'target' : key;
      options[main] = at < 0 ? 'true' : part.slice(at + 1);
    }
    return options;
  });
