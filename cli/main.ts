#!/usr/bin/env node
/** The `failover` command. */
import { Command, Option } from 'commander';
import { check } from './commands/check.ts';
import { drill } from './commands/drill.ts';
import { EXIT, exitCodeOf } from './failure.ts';
import { type Output, openOutput } from './output/output.ts';

const CONFIG = ['-c, --config <file>', 'the configuration', 'failover.yml'] as const;
const DATA = [
  '-d, --data <folder>',
  'where drills are kept (default: in your data directory)',
] as const;
const JSON_FLAG = ['--json', 'print the result as JSON'] as const;

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
const run = async (json: boolean | undefined, work: Work): Promise<void> => {
  const output = openOutput(json ?? false);
  try {
    process.exitCode = (await work(output, interruptSignal())) ?? EXIT.ok;
  } catch (error) {
    output.failure(error);
    process.exitCode = exitCodeOf(error);
  }
};

const program = new Command('failover')
  .description(
    'Measures which image variant to run, whether the standby is ready, and whether failover works.',
  )
  .version('0.1.0')
  .showHelpAfterError('(failover --help shows what there is)')
  .configureHelp({ showGlobalOptions: true });

program
  .command('check')
  .description(
    'validate the configuration and its Dockerfile; print the plan, its time and rough cost',
  )
  .option(...CONFIG)
  .option('--defaults', 'print the configuration with all defaults filled in')
  .option(...JSON_FLAG)
  .addHelpText('after', '\nExample:\n  failover check --config examples/shop/failover.yml')
  .action((options) => run(options.json, (output) => check(options, output)));

program
  .command('drill')
  .description('build every variant, place and probe it round after round, and rank')
  .option(...CONFIG)
  .option(...DATA)
  .addOption(new Option('--profile <name>', 'how much to measure').choices(['quick', 'nightly']))
  .option('--resume', 'go on with a drill that was interrupted')
  .option('--no-install', 'never install a container builder')
  .option(...JSON_FLAG)
  .addHelpText(
    'after',
    '\nExamples:\n  failover drill --config examples/shop/failover.yml\n  failover drill --profile nightly --json > drill.json\n\nExit codes: 0 done, 1 failed, 2 input to change, 3 done but something is marked, 130 interrupted',
  )
  .action((options) => run(options.json, (output, signal) => drill(options, output, signal)));

await program.parseAsync();
