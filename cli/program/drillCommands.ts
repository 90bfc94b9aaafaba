/** The commands that make and run drills. The work of each is loaded only when it is called. */
import { type Command, Option } from 'commander';
import { UP_PORT } from '../choices.ts';
import { CONFIG, DATA, JSON_FLAG, onOption, run, STAGE } from './run.ts';

const initCommand = (program: Command): void => {
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
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/init.ts')).init(options, output, signal),
      ),
    );
};

const checkCommand = (program: Command): void => {
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
    .option('--live', 'read the certificates of the https endpoints of the regions, too')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover check --config examples/shop/failover.yml\n  failover check --fail-on medium --sarif findings.sarif\n\nWithout --fail-on, drill.gates.findings of the configuration decides.\nExit codes: 0 right, 2 input to change, 3 right but with findings as severe as --fail-on says, or drift of the standby with --live',
    )
    .action((options) =>
      run(options.json, async (output, signal) => {
        const { check, checkLive } = await import('../commands/check.ts');
        return options.live ? checkLive(options, output, signal) : check(options, output);
      }),
    );
};

const drillCommand = (program: Command): void => {
  program
    .command('drill')
    .description('build every variant, place and probe it round after round, and rank')
    .option(...CONFIG)
    .option(...DATA)
    .addOption(onOption())
    .option(...STAGE)
    .addOption(new Option('--profile <name>', 'how much to measure').choices(['quick', 'nightly']))
    .option(
      '--resume',
      'go on with a drill that was interrupted; with --on aws, follow the one that runs',
    )
    .option('--stop', 'with --on aws: stop the drill that runs')
    .option('--no-install', 'never install a container builder')
    .option('--enforce-iam', 'hold functions, machines and builds to the policies of their roles')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover drill --config examples/shop/failover.yml\n  failover drill --profile nightly --json > drill.json\n  failover drill --on aws --stage staging\n\nExit codes: 0 done, 1 failed, 2 input to change, 3 done but something is marked, 130 interrupted',
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/drill.ts')).drill(options, output, signal),
      ),
    );
};

const upCommand = (program: Command): void => {
  program
    .command('up')
    .description('keep the embedded cloud running; the schedule of the configuration starts drills')
    .option(...CONFIG)
    .option(...DATA)
    .option('--port <number>', 'port of the AWS endpoint; 0 takes a free one', String(UP_PORT))
    .option('--no-install', 'never install a container builder')
    .option('--enforce-iam', 'hold functions, machines and builds to the policies of their roles')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExample:\n  failover up --config examples/shop/failover.yml\n\nFAILOVER_SLACK_WEBHOOK: an incoming webhook that messages are sent to',
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/up.ts')).up(options, output, signal),
      ),
    );
};

export const drillCommands = [initCommand, checkCommand, drillCommand, upCommand];
