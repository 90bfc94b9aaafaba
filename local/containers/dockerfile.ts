import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { assignments, flagsAndRest, substitute } from '../../core/dockerfile/words.ts';

/** One instruction with its line (from 1) and its arguments as written, continuation lines joined. */
export type Step = {
  readonly keyword: string;
  readonly args: string;
  readonly line: number;
  readonly flags: Readonly<Record<string, string>>;
};

export type Stage = {
  readonly index: number;
  /** Name after AS, lower case, or undefined. */
  readonly name: string | undefined;
  /** What FROM names, variables replaced: an image, `scratch` or an earlier stage. */
  readonly from: string;
  readonly line: number;
  readonly steps: readonly Step[];
};

export type StageGraph = {
  readonly stages: readonly Stage[];
  /** Default values of the ARGs before the first FROM, overridden by the build arguments. */
  readonly globalArgs: Readonly<Record<string, string>>;
};

/** A Dockerfile that cannot be built; the message starts with file and line. */
export class DockerfileError extends Error {
  override readonly name = 'DockerfileError';
}

const stepOf = (instruction: Instruction): Step => {
  const keyword = instruction.getKeyword().toUpperCase();
  // The whole text keeps flags, here-documents and quotes, which the argument list would lose.
  const raw = (instruction.getTextContent() ?? '')
    .replace(/^\s*\S+\s*/, '')
    .replace(/\\[ \t]*\r?\n(?:\s*#.*\r?\n)*/g, ' ');
  const { flags, rest } = flagsAndRest(raw);
  const byName = Object.fromEntries(flags.map(({ name, value }) => [name, value]));
  return { keyword, args: rest, flags: byName, line: instruction.getRange().start.line + 1 };
};

const isFrom = (instruction: Instruction): instruction is From =>
  instruction.getKeyword().toUpperCase() === 'FROM';

/**
 * Reads the stages of a Dockerfile and replaces variables in FROM lines.
 * @param file is named in errors.
 */
export const readStages = (
  text: string,
  buildArgs: Readonly<Record<string, string>>,
  file = 'Dockerfile',
): StageGraph => {
  const globalArgs: Record<string, string> = {};
  const stages: {
    -readonly [K in keyof Stage]: Stage[K] extends readonly Step[] ? Step[] : Stage[K];
  }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = stepOf(instruction);
    const stage = stages.at(-1);
    if (isFrom(instruction)) {
      const name = instruction.getBuildStage()?.toLowerCase();
      const from = substitute(instruction.getImage() ?? '', globalArgs);
      if (from === '') {
        const written = instruction.getImage() ?? '';
        throw new DockerfileError(
          `${file}:${step.line}: FROM ${written} names no image: give the ARG a value`,
        );
      }
      stages.push({
        index: stages.length,
        name: name ?? undefined,
        from,
        line: step.line,
        steps: [],
      });
    } else if (stage) {
      stage.steps.push(step);
    } else if (step.keyword === 'ARG') {
      for (const [name, value] of assignments(step.args)) {
        const given =
          buildArgs[name] ?? (value === undefined ? undefined : substitute(value, globalArgs));
        if (given !== undefined) globalArgs[name] = given;
      }
    } else {
      throw new DockerfileError(
        `${file}:${step.line}: ${step.keyword} stands before the first FROM`,
      );
    }
  }
  if (stages.length === 0) throw new DockerfileError(`${file}: has no FROM line`);
  return { stages, globalArgs };
};

/** The stage called `target` (name or number); the last one when undefined. */
export const findStage = (
  { stages }: StageGraph,
  target: string | undefined,
  file = 'Dockerfile',
): Stage => {
  const stage =
    target === undefined
      ? stages.at(-1)
      : (stages.find((s) => s.name === target.toLowerCase()) ?? stages[Number(target)]);
  if (stage) return stage;
  const known = stages.map((s) => s.name ?? String(s.index)).join(', ');
  throw new DockerfileError(`${file}: stage "${target}" does not exist. Stages: ${known}.`);
};

const earlierStage = (graph: StageGraph, before: number, name: string): Stage | undefined =>
  graph.stages
    .slice(0, before)
    .findLast((s) => s.name === name.toLowerCase() || String(s.index) === name);

/** What a stage takes files from: its FROM and every `--from`, each with its line. */
const sourcesOf = (stage: Stage): { name: string; line: number }[] => [
  { name: stage.from, line: stage.line },
  ...stage.steps.flatMap((step) => {
    const from = step.flags['from'] ?? /(?:^|,)from=([^,]+)/.exec(step.flags['mount'] ?? '')?.[1];
    return from === undefined ? [] : [{ name: from, line: step.line }];
  }),
];

/** The stages needed for `target`, in the order to build them, and the images they start from. */
export const neededFor = (
  graph: StageGraph,
  target: Stage,
): { stages: Stage[]; images: { name: string; line: number }[] } => {
  const needed = new Set<Stage>();
  const images: { name: string; line: number }[] = [];
  const visit = (stage: Stage): void => {
    if (needed.has(stage)) return;
    needed.add(stage);
    for (const source of sourcesOf(stage)) {
      const other = earlierStage(graph, stage.index, source.name);
      if (other) visit(other);
      else if (source.name !== 'scratch' && !images.some((i) => i.name === source.name)) {
        images.push(source);
      }
    }
  };
  visit(target);
  return { stages: [...needed].sort((a, b) => a.index - b.index), images };
};
