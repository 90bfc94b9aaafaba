/** How a command ends: exit codes that scripts can use, and errors as lines that say what to do. */
import { DrillError } from '../core/errors.ts';

export const EXIT = {
  ok: 0,
  /** The work failed. */
  failed: 1,
  /** The input must be changed by a person. */
  input: 2,
  /** The work is done, but something was marked: a variant that did not build, a cell that did not answer. */
  marked: 3,
  interrupted: 130,
} as const;

const INPUT_ERRORS = new Set<string>([
  'ConfigInvalid',
  'DockerfileInvalid',
  'InputInvalid',
  'CsvInvalid',
  'DrillNotFound',
  'AwsBlocked',
]);

/** One or more faults in a person's file, each with its own line. */
export class Faults extends DrillError {
  readonly lines: readonly string[];
  constructor(
    name: 'ConfigInvalid' | 'DockerfileInvalid' | 'CsvInvalid',
    lines: readonly string[],
  ) {
    super(name, lines.join('\n'));
    this.lines = lines;
  }
}

export const exitCodeOf = (error: unknown): number => {
  if (!(error instanceof DrillError)) return EXIT.failed;
  if (error.name === 'Interrupted') return EXIT.interrupted;
  return INPUT_ERRORS.has(error.name) ? EXIT.input : EXIT.failed;
};

const isDiskFull = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC';

/** What a person reads of an error: never a stack trace. */
export const linesOf = (error: unknown): readonly string[] => {
  if (error instanceof Faults) return error.lines;
  if (error instanceof DrillError) return [error.message];
  if (isDiskFull(error)) return [`no space left on the disk: free some space (${error.message})`];
  if (error instanceof Error) return [`${error.name}: ${error.message}`];
  return [String(error)];
};

/** What a command on AWS found in its way, by the name that scripts match. */
const checkOf = (error: unknown): { check?: string } => {
  const check = error instanceof DrillError ? error.details['check'] : undefined;
  return typeof check === 'string' ? { check } : {};
};

/** The same for programs. */
export const jsonOf = (
  error: unknown,
): { error: { name: string; check?: string; message: string; lines: readonly string[] } } => ({
  error: {
    name: error instanceof Error ? error.name : 'Error',
    ...checkOf(error),
    message: error instanceof Error ? error.message : String(error),
    lines: linesOf(error),
  },
});
