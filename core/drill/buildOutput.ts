/** What builders print around the message that matters: steps, stacks, their own goodbyes. */
const NOISE: readonly RegExp[] = [
  /^\W*$/,
  /^at /,
  /^\w+: ('[^']*'|\d+),?$/,
  /complete log of this run/i,
  /^subprocess exited/i,
  /building at STEP .*: exit status \d+$/i,
  /^ERROR: \w+ build failed/i,
  /^(\[\d+\/\d+\] )?STEP \d/,
  /^(-->|COMMIT |DONE |CACHED$)/,
  /^(ERROR: )?(failed to solve(?!: failed to push)|process ".*" did not complete)/i,
  /behind a proxy/i,
  /^-{3,}|^>/,
];

/** Words of a line that says what broke. */
const TELLING =
  /\b(cannot|can't|could not|unable|not found|no such|denied|refused|unknown|invalid|missing|fatal|unexpected|does not exist|failed to push)\b|request to .* failed|error TS\d+|: error\b|(Syntax|Type|Reference|Fetch)Error/i;
const FAILING = /error|fail/i;

const LENGTH_MAX = 300;

/** BuildKit begins each line with its step and time, npm with its name. */
const bare = (line: string): string =>
  line
    .trim()
    .replace(/^#\d+ (\d+\.\d+ )?/, '')
    .replace(/^npm (error|ERR!) ?/, '')
    .trim();

/** The line of a builder's last output that says best why it failed; undefined when there is none. */
export const meaningfulLine = (output: string): string | undefined => {
  const lines = output
    .split(/\r?\n/)
    .map(bare)
    .filter((line) => !NOISE.some((noise) => noise.test(line)));
  const found =
    lines.findLast((line) => TELLING.test(line)) ??
    lines.findLast((line) => FAILING.test(line)) ??
    lines.at(-1);
  return found?.slice(0, LENGTH_MAX);
};
