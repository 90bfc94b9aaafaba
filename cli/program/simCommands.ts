/** The simulation. Its work is loaded only when it is called. */
import { type Command, Option } from 'commander';
import { SIM_LEVELS } from '../choices.ts';
import { JSON_FLAG, run } from './run.ts';

const EXAMPLES = `
Levels: system runs the functions and machines as they are on an embedded cloud in one process;
decision runs the rules of core/ on fault traces, fast enough for millions of seeds.

Examples:
  failover sim --seed 42
  failover sim --seeds 1..300 --parallel --profile calls
  failover sim --seeds 1..1000000 --shard 3/8 --hours 6 --parallel
  failover sim --level decision --seed 42 --days 30
  failover sim --level decision --seeds 1..20000 --parallel
  failover sim --level decision --profile flapping --seed 7
  failover sim --level decision --seed 7 --until 00:04:20
  failover sim --compare --seeds 1..50
  failover sim --replay ~/.local/share/failover --set down=15s --set quorum=2of5

Exit codes: 0 every invariant holds, 1 one is broken, 2 input to change, 130 interrupted`;

/** For an option that may be given more than once. */
const gathered = (value: string, before: readonly string[] = []): string[] => [...before, value];

const simCommand = (program: Command): void => {
  program
    .command('sim')
    .description('try to break the failover with seeded faults on virtual time, and check it')
    .addOption(new Option('--level <name>', 'what is run').choices(SIM_LEVELS).default('system'))
    .option('--seed <text>', 'seed of one run, told whole (default: 1)')
    .option('--seeds <from..to>', 'many seeds, each an incident of about twenty minutes')
    .option('--days <number>', 'days of service instead of one incident')
    .option('--profile <name>', 'which mix of faults', 'default')
    .option('--until <time>', 'stop there: a moment as reports print it, or such as 90s')
    .option('--parallel [workers]', 'on several processors (default: all)')
    .option('--shard <i/n>', 'only part i of n of the seeds')
    .option('--hours <number>', 'as many of the seeds as that time allows, in order')
    .option('--compare', 'our rules and those of other systems on the same traces')
    .option('--replay <data>', 'the probes that a watch has kept there, under other settings')
    .option('--set <key=value>', 'with --replay: another setting; more than once', gathered)
    .option('--save <file>', 'write the comparison as a document, with its plot')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/sim.ts')).sim(options, output, signal),
      ),
    );
};

export const simCommands = [simCommand];
