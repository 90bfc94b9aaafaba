/** The commands around a watch. The work of each is loaded only when it is called. */
import { Argument, type Command, Option } from 'commander';
import { FAULT_KINDS } from '../choices.ts';
import { CONFIG, DATA, JSON_FLAG, run, withWhere, YES } from './run.ts';

const watchCommand = (program: Command): void => {
  program
    .command('watch')
    .description('watch a service in two regions, answer for its record, and fail over')
    .option(...CONFIG)
    .option(...DATA)
    .option('--port <number>', 'port of the AWS endpoint; 0 takes a free one', '0')
    .option('--no-install', 'never install a container builder')
    .option('--enforce-iam', 'hold functions, machines and builds to the policies of their roles')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nThe record is answered at dns.listen of the configuration (127.0.0.1:5300 unless set).\nWith --json, every fact is one line of JSON.\n\nExamples:\n  failover watch --config examples/shop/failover.yml\n  dig @127.0.0.1 -p 5300 shop.example.test\n  failover fault primary down\n  failover status\n\nFAILOVER_SLACK_WEBHOOK: an incoming webhook that messages are sent to\n\nExit codes: 0 stopped by a signal, 1 failed, 2 input to change',
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/watch.ts')).watch(options, output, signal),
      ),
    );
};

const statusCommand = (program: Command): void => {
  withWhere(program.command('status'))
    .description(
      'show how a watch stands: regions, votes, record, gates, what happened and what is next',
    )
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover status\n  failover status --json\n  failover status --on aws --stage staging\n\nExit codes: 0 shown, 1 no watch runs or AWS does not answer, 2 input to change',
    )
    .action((options) =>
      run(options.json, async (output) =>
        (await import('../commands/status.ts')).status(options, output),
      ),
    );
};

const ORDER_CODES =
  '\n\nExit codes: 0 moved, or still moving after three minutes, 1 the move failed, or no watch runs, 2 input to change, 3 nothing moved: the gates that do not hold are shown';

const flipCommand = (program: Command): void => {
  withWhere(program.command('flip'))
    .description('move traffic to the standby now, if the gates allow it')
    .option(...YES)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `\nExamples:\n  failover flip\n  failover flip --on aws\n  failover flip --on aws --stage staging --yes${ORDER_CODES}`,
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/order.ts')).order('flip', options, output, signal),
      ),
    );
};

const backCommand = (program: Command): void => {
  withWhere(program.command('back'))
    .description('move traffic back home, if the gates allow it')
    .option(...YES)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `\nExamples:\n  failover back\n  failover back --on aws\n  failover back --on aws --stage staging --yes${ORDER_CODES}`,
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/order.ts')).order('back', options, output, signal),
      ),
    );
};

const approveCommand = (program: Command): void => {
  withWhere(program.command('approve'))
    .description('say yes to the decision that waits for a person')
    .argument('<decision>', 'its id, as the status shows it')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `\nExamples:\n  failover approve 4f1c09aa2b7d35e8\n  failover approve 4f1c09aa2b7d35e8 --on aws${ORDER_CODES}`,
    )
    .action((decisionId, options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/order.ts')).approve(decisionId, options, output, signal),
      ),
    );
};

const handOverCommand = (program: Command): void => {
  withWhere(program.command('hand-over'))
    .description('let the other of two controllers take charge of a watch')
    .option(...YES)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover hand-over --on aws\n  failover hand-over --on aws --stage staging --yes\n\nThe one in charge is asked, and the other one takes charge within a minute. No traffic is moved.\nExit codes: 0 done, 3 refused, as while a move is under way or where there is one controller',
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/handOver.ts')).handOver(options, output, signal),
      ),
    );
};

const faultCommand = (program: Command): void => {
  program
    .command('fault')
    .description('break something in the embedded network of the watch that runs, or mend it')
    .argument('<where>', 'primary, standby, or a region')
    .addArgument(new Argument('<kind>', 'what to break, or clear').choices(FAULT_KINDS))
    .argument('[amount]', 'how much: 2s for slow, 30% for errors and loss, a region for cut')
    .option(...DATA)
    .addOption(
      new Option('--plane <which>', 'what is hit: the service, the AWS API there, or both').choices(
        ['service', 'aws', 'both'],
      ),
    )
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover fault primary down\n  failover fault primary slow 2s\n  failover fault standby errors 30%\n  failover fault eu-west-1 cut us-east-2\n  failover fault primary clear\n\nOnly what the watch itself runs can be broken. Faults are gone when the watch ends.',
    )
    .action((where, kind, amount, options) =>
      run(options.json, async (output) =>
        (await import('../commands/fault.ts')).fault({ where, kind, amount }, options, output),
      ),
    );
};

export const watchCommands = [
  watchCommand,
  statusCommand,
  flipCommand,
  backCommand,
  approveCommand,
  handOverCommand,
  faultCommand,
];
