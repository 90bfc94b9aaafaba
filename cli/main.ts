#!/usr/bin/env node
/** The `failover` command. */
import { Argument, Command, Option } from 'commander';
import { anomalies } from './commands/anomalies.ts';
import { check } from './commands/check.ts';
import { drill } from './commands/drill.ts';
import { EXPORTS, exportDrill } from './commands/export.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { rank } from './commands/rank.ts';
import { regions } from './commands/regions.ts';
import { report } from './commands/report.ts';
import { SCHEMA_NAMES, schema } from './commands/schema.ts';
import { UP_PORT, up } from './commands/up.ts';
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
  }
};

/** A reader that has seen enough, such as `head`, ends the command without a word. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

const program = new Command('failover')
  .description(
    'Measures which image variant to run, whether the standby is ready, and whether failover works.',
  )
  .version('0.1.0')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.input))
  .showHelpAfterError('(failover --help shows what there is)')
  .configureHelp({ showGlobalOptions: true });

program
  .command('init')
  .description('write a first failover.yml beside a Dockerfile')
  .option(...CONFIG)
  .option('-y, --yes', 'take every default without asking')
  .option('--force', 'write over a file that is there')
  .option(...JSON_FLAG)
  .addHelpText(
    'after',
    '\nExamples:\n  failover init\n  failover init --yes --config app/failover.yml',
  )
  .action((options) => run(options.json, (output, signal) => init(options, output, signal)));

program
  .command('check')
  .description(
    'validate the configuration and its Dockerfile; print the plan, its time and rough cost',
  )
  .option(...CONFIG)
  .option('--defaults', 'print the configuration with all defaults filled in')
  .addOption(
    new Option('--fail-on <severity>', 'end with 3 from this severity of findings on').choices([
      'low',
      'medium',
      'high',
      'none',
    ]),
  )
  .option('--sarif <file>', 'write the findings as SARIF')
  .option('--junit <file>', 'write the findings as JUnit XML')
  .option(...JSON_FLAG)
  .addHelpText(
    'after',
    '\nExamples:\n  failover check --config examples/shop/failover.yml\n  failover check --fail-on medium --sarif findings.sarif\n\nWithout --fail-on, drill.gates.findings of the configuration decides.\nExit codes: 0 right, 2 input to change, 3 right but with findings as severe as --fail-on says',
  )
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

program
  .command('up')
  .description('keep the embedded cloud running; the schedule of the configuration starts drills')
  .option(...CONFIG)
  .option(...DATA)
  .option('--port <number>', 'port of the AWS endpoint; 0 takes a free one', String(UP_PORT))
  .option('--no-install', 'never install a container builder')
  .option(...JSON_FLAG)
  .addHelpText(
    'after',
    '\nExample:\n  failover up --config examples/shop/failover.yml\n\nFAILOVER_SLACK_WEBHOOK: an incoming webhook that messages are sent to',
  )
  .action((options) => run(options.json, (output, signal) => up(options, output, signal)));

program
  .command('history')
  .description('list the drills that are kept, newest first')
  .option(...DATA)
  .option('-n, --limit <count>', 'how many', '20')
  .option(...JSON_FLAG)
  .addHelpText('after', '\nExample:\n  failover history --limit 5')
  .action((options) => run(options.json, (output) => history(options, output)));

program
  .command('report')
  .description('show what a drill found')
  .argument('[drill]', 'id of the drill (default: the newest)')
  .option(...DATA)
  .option('--html <file>', 'also write the report as one HTML file')
  .option(...JSON_FLAG)
  .addHelpText('after', '\nExamples:\n  failover report\n  failover report --html report.html')
  .action((id, options) => run(options.json, (output) => report(id, options, output)));

program
  .command('rank')
  .description('rank a drill again from its records, or any table of samples')
  .argument('[drill]', 'id of the drill (default: the newest)')
  .option(...DATA)
  .option(
    '-i, --input <file>',
    'a CSV with the columns round,variant,region,vantage,metric,value_ms in any order',
  )
  .option('--reference <variant>', 'what the others are compared with (default: the first)')
  .option('--control <variant>', 'the reference measured a second time, as A/A check')
  .option('--metric <name>', 'what to rank by (default: the only one, or http.total)')
  .option('--q <quantiles>', 'quantile of each burst, such as 0.5 or 0.5,0.95 (default: 0.5)')
  .option('--alpha <share>', 'chance of any false difference (default: 0.05)')
  .option('--seed <text>', 'seed of the resampling behind the chance to be best (default: 1)')
  .option(...JSON_FLAG)
  .addHelpText(
    'after',
    '\nExamples:\n  failover rank\n  failover rank --input samples.csv --reference slim --q 0.5,0.95',
  )
  .action((id, options) => run(options.json, (output) => rank(id, options, output)));

program
  .command('export')
  .description('print the numbers of a drill as CSV')
  .argument('[drill]', 'id of the drill (default: the newest)')
  .option(...DATA)
  .option('--csv', 'as CSV, which is the default')
  .addOption(new Option('--what <rows>', 'which rows').choices(EXPORTS).default('rounds'))
  .addOption(new Option(...JSON_FLAG).conflicts('csv'))
  .addHelpText(
    'after',
    '\nExamples:\n  failover export --csv > rounds.csv\n  failover export --what placements --json',
  )
  .action((id, options) => run(options.json, (output) => exportDrill(id, options, output)));

program
  .command('schema')
  .description(
    'print the JSON Schema of the configuration, or of what a command prints with --json',
  )
  .addArgument(new Argument('<name>', 'which one').choices(SCHEMA_NAMES))
  .option(...JSON_FLAG)
  .addHelpText('after', '\nExample:\n  failover schema config > failover.schema.json')
  .action((name, options) => run(options.json, (output) => schema(name, output)));

program
  .command('regions')
  .description('rank the regions that could stand by for a primary, and say why')
  .requiredOption('-p, --primary <region>', 'the region that serves')
  .option('--residency <places>', 'where data may be: EU, countries, regions, with commas between')
  .option(...JSON_FLAG)
  .addHelpText('after', '\nExample:\n  failover regions --primary eu-west-1 --residency EU')
  .action((options) => run(options.json, (output) => regions(options, output)));

program
  .command('anomalies')
  .description('find alarms and change points in a series of nights, or of any numbers')
  .requiredOption('-i, --input <file>', 'CSV with the columns time,value; empty values are holes')
  .addOption(
    new Option('--method <name>', 'ask one method instead of both').choices(['ewma', 'edivisive']),
  )
  .option('--otava-compat', 'merge change points as Apache Otava does')
  .option(...JSON_FLAG)
  .addHelpText(
    'after',
    '\nWith the further columns reference (what runs today) and control (the same image again),\nan alert says whether the image, its environment or the measurement moved.\n\nExamples:\n  failover anomalies --input nights.csv\n  failover anomalies --input nights.csv --method edivisive --json\n\nExit codes: 0 the end of the series is in line, 1 failed, 2 input to change, 3 it is out of line',
  )
  .action((options) => run(options.json, (output) => anomalies(options, output)));

await program.parseAsync();
