/** The commands of a promotion. The work of each is loaded only when it is called. */
import { type Command, Option } from 'commander';
import { JSON_FLAG, run, withWhere, YES } from './run.ts';

const DRY_RUN = ['--dry-run', 'say what would be done, and do nothing'] as const;
const NO_WAIT = ['--no-wait', 'do not wait for the end'] as const;

const CODES =
  '\n\nExit codes: 0 done or begun, 1 it ended otherwise, 2 input to change, 3 refused, with the reason';

const promoteCommand = (program: Command): void => {
  withWhere(program.command('promote'))
    .description('let another image take the place of the one that the watch runs, step by step')
    .argument('<image>', 'a variant of the newest drill, or a digest such as sha256:…')
    .addOption(
      new Option('--mode <mode>', 'how: manual says what it would do (default: canary)').choices([
        'manual',
        'canary',
        'bluegreen',
      ]),
    )
    .option(...YES)
    .option('--force', 'in spite of what the drill says against it')
    .option(...DRY_RUN)
    .option(...NO_WAIT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `\nStaging first, then the standby, then the primary. Old and new are compared at every share of\nthe traffic; a worse one is taken back at once. Ctrl-C ends the waiting, not the promotion.\n\nExamples:\n  failover promote distroless --dry-run\n  failover promote distroless --yes\n  failover promote distroless --on aws --stage staging\n  failover promote distroless --mode bluegreen --no-wait --json${CODES}`,
    )
    .action((image, options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/promote.ts')).promote(image, options, output, signal),
      ),
    );
};

const rollbackCommand = (program: Command): void => {
  withWhere(program.command('rollback'))
    .description('take the last promotion back, under way or over')
    .option(...YES)
    .option(...DRY_RUN)
    .option(...NO_WAIT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `\nExamples:\n  failover rollback\n  failover rollback --yes\n  failover rollback --on aws${CODES}`,
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/promote.ts')).rollback(options, output, signal),
      ),
    );
};

export const promotionCommands = [promoteCommand, rollbackCommand];
