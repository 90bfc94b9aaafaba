/** How every command runs: its options in common, its signals, its exit code. */
import { type Command, Option } from 'commander';
import { EXIT, exitCodeOf } from '../failure.ts';
import { type Output, openOutput } from '../output/output.ts';

export const CONFIG = ['-c, --config <file>', 'the configuration', 'failover.yml'] as const;
export const DATA = [
  '-d, --data <folder>',
  'where drills and watches are kept (default: in your data directory)',
] as const;
export const YES = ['-y, --yes', 'do it without asking'] as const;
export const JSON_FLAG = ['--json', 'print the result as JSON'] as const;

export const STAGE = ['--stage <name>', 'with --on aws: which stage (default: prod)'] as const;

export const onOption = (): Option =>
  new Option('--on <place>', 'work on what `failover deploy` has put there').choices(['aws']);

/** Where a command works that also operates what was deployed; any other place is the embedded cloud. */
export const withWhere = (command: Command): Command =>
  command
    .option(...DATA)
    .addOption(onOption())
    .option(...STAGE)
    .option('-c, --config <file>', 'with --on aws: the configuration (default: failover.yml)');

/** A second signal ends at once; the first lets the work stop cleanly. */
const interruptSignal = (): AbortSignal => {
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  return abort.signal;
};

type Work = (
  output: Output,
  signal: AbortSignal,
) => Promise<number> | number | Promise<void> | void;

/** Runs a command to its exit code; no error leaves as a stack trace. */
export const run = async (json: boolean | undefined, work: Work): Promise<void> => {
  const output = openOutput(json ?? false);
  // A fault that nobody waited for ends the work as a kill would: guards free what it held.
  process.once('uncaughtException', (error) => {
    output.failure(error);
    process.exit(exitCodeOf(error));
  });
  try {
    process.exitCode = (await work(output, interruptSignal())) ?? EXIT.ok;
  } catch (error) {
    output.failure(error);
    process.exitCode = exitCodeOf(error);
    // What was given up may still wait for answers that nobody needs.
    if (process.exitCode === EXIT.interrupted) process.exit();
  }
};
