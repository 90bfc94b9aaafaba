/** A line of a builder's output and when it came, on any clock that does not go backwards. */
export type TimedLine = { readonly text: string; readonly atMs: number };

/** One instruction of a Dockerfile as it was carried out. */
export type BuildStep = {
  /** Name of the stage, or its number where it has none. */
  readonly stage: string;
  /** Number of the step in its stage, from 1. */
  readonly step: number;
  readonly instruction: string;
  /** When it began, since the first step did. */
  readonly fromMs: number;
  readonly ms: number;
  readonly cached: boolean;
};

type Open = { stage: string; step: number; instruction: string; sinceMs: number; cached: boolean };

/** buildah and podman: `[2/4] STEP 3/6: RUN x`, or without the bracket when there is one stage. */
const STEP = /^(?:\[(\d+)\/\d+\] )?STEP (\d+)\/\d+: (.*)$/;
/** docker without BuildKit: `Step 3/6 : RUN x`. */
const CLASSIC = /^Step (\d+)\/\d+ : (.*)$/;
/** What buildah and podman print once a stage is finished. */
const COMMIT = /^(?:\[\d+\/\d+\] )?COMMIT\b/;
const STAGE_NAME = /^FROM\s.*\sAS\s+(\S+)/i;
const USED_CACHE = /^\s*-+> Using cache/;

/** BuildKit's plain progress: `#7 [slim 2/5] RUN x`, `#7 DONE 1.2s`, `#7 CACHED`. */
const VERTEX = /^#(\d+) \[(?:(\S+) )?(\d+)\/\d+\] (.*)$/;
const VERTEX_END = /^#(\d+) (?:DONE ([\d.]+)s|(CACHED)|(ERROR|CANCELED))/;

const close = (open: Open, atMs: number): BuildStep => ({
  stage: open.stage,
  step: open.step,
  instruction: open.instruction,
  fromMs: open.sinceMs,
  ms: Math.max(0, atMs - open.sinceMs),
  cached: open.cached,
});

const sequentialSteps = (lines: readonly TimedLine[]): BuildStep[] => {
  const steps: BuildStep[] = [];
  const names = new Map<string, string>();
  let open: Open | undefined;
  let classicStage = -1;
  const finish = (atMs: number) => {
    if (open) steps.push(close(open, atMs));
    open = undefined;
  };
  for (const { text, atMs } of lines) {
    const modern = STEP.exec(text);
    const classic = modern ? null : CLASSIC.exec(text);
    if (modern || classic) {
      finish(atMs);
      const instruction = modern?.[3] ?? classic?.[2] ?? '';
      if (classic && /^FROM\s/i.test(instruction)) classicStage += 1;
      const number = modern ? String(Number(modern[1] ?? '1') - 1) : String(classicStage);
      const named = STAGE_NAME.exec(instruction)?.[1];
      if (named) names.set(number, named);
      const stage = names.get(number) ?? number;
      const step = Number(modern?.[2] ?? classic?.[1]);
      open = { stage, step, instruction, sinceMs: atMs, cached: false };
    } else if (COMMIT.test(text)) {
      finish(atMs);
    } else if (open && USED_CACHE.test(text)) {
      open.cached = true;
    }
  }
  finish(lines.at(-1)?.atMs ?? 0);
  return steps;
};

const graphSteps = (lines: readonly TimedLine[]): BuildStep[] => {
  const vertices = new Map<string, Open & { ms: number | undefined }>();
  for (const { text, atMs } of lines) {
    const begun = VERTEX.exec(text);
    if (begun?.[1]) {
      if (vertices.has(begun[1])) continue;
      vertices.set(begun[1], {
        stage: begun[2] ?? '0',
        step: Number(begun[3]),
        instruction: begun[4] ?? '',
        sinceMs: atMs,
        cached: false,
        ms: undefined,
      });
      continue;
    }
    const ended = VERTEX_END.exec(text);
    const vertex = ended?.[1] === undefined ? undefined : vertices.get(ended[1]);
    if (!vertex || !ended) continue;
    vertex.cached ||= ended[3] !== undefined;
    vertex.ms = ended[2] === undefined ? atMs - vertex.sinceMs : Number(ended[2]) * 1000;
    // Logs come in batches whose lines share a time: the step began at the latest so long before its end.
    vertex.sinceMs = Math.min(vertex.sinceMs, atMs - vertex.ms);
  }
  const lastMs = lines.at(-1)?.atMs ?? 0;
  return [...vertices.values()].map(({ ms, ...open }) => ({
    ...close(open, lastMs),
    ms: open.cached ? 0 : Math.max(0, ms ?? lastMs - open.sinceMs),
  }));
};

/**
 * The steps of a build from the output of buildah, podman, docker or BuildKit (plain progress).
 * Times are those of the lines, save BuildKit's, which it prints itself.
 */
export const parseSteps = (lines: readonly TimedLine[]): BuildStep[] => {
  const steps = lines.some(({ text }) => VERTEX.test(text))
    ? graphSteps(lines)
    : sequentialSteps(lines);
  const firstMs = Math.min(...steps.map(({ fromMs }) => fromMs));
  return steps.map((step) => ({ ...step, fromMs: step.fromMs - firstMs }));
};
