/** The commands that judge what AWS would be asked for. The work of each is loaded only when it is called. */
import { type Command, Option } from 'commander';
import { CONFIG, JSON_FLAG, run, YES } from './run.ts';

const lintCommand = (program: Command): void => {
  program
    .command('lint')
    .description(
      'check the templates and state machines: would a flip work without the primary and us-east-1?',
    )
    .option(...CONFIG)
    .addOption(
      new Option('--fail-on <severity>', 'end with 3 from this severity of findings on')
        .choices(['low', 'medium', 'high', 'none'])
        .default('medium'),
    )
    .option('--sarif <file>', 'write the findings as SARIF')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover lint --config examples/shop/failover.yml\n  failover lint --fail-on high --sarif lint.sarif\n\nExit codes: 0 nothing as severe as --fail-on says, 2 input to change, 3 findings as severe as that',
    )
    .action((options) =>
      run(options.json, async (output) =>
        (await import('../commands/lint.ts')).lint(options, output),
      ),
    );
};

const costCommand = (program: Command): void => {
  program
    .command('cost')
    .description(
      'what a drill and a month of watching would cost on AWS, beside what else there is',
    )
    .option(...CONFIG)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExample:\n  failover cost --config examples/shop/failover.yml\n\nExit codes: 0 told, 2 input to change',
    )
    .action((options) =>
      run(options.json, async (output) =>
        (await import('../commands/cost.ts')).cost(options, output),
      ),
    );
};

const deployCommand = (program: Command): void => {
  program
    .command('deploy')
    .description(
      'put it into an account of AWS: a stack for each role and region, in the right order',
    )
    .option(...CONFIG)
    .option('--stage <name>', 'prod, or one of stages in the configuration', 'prod')
    .option('--dry-run', 'look at the account and tell what would be done; changes nothing')
    .option('--destroy', 'take it away again; the record goes on answering as it does')
    .addOption(
      new Option(
        '--keep <what>',
        'with --destroy, leave the tables and buckets of drills and failovers',
      )
        .choices(['nothing', 'evidence'])
        .default('nothing'),
    )
    .option(...YES)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nCredentials are those of the AWS SDK: AWS_PROFILE, the environment, or a role.\nSafe to repeat and to interrupt: it goes on from where it was.\n\nExamples:\n  failover deploy --dry-run\n  failover deploy --stage staging\n  failover deploy --destroy --keep evidence\n\nExit codes: 0 done, 1 failed, 2 input to change: nothing was changed, 3 done but the record was left as it is, 130 interrupted',
    )
    .action((options) =>
      run(options.json, async (output, signal) =>
        (await import('../commands/deploy.ts')).deploy(options, output, signal),
      ),
    );
};

export const awsCommands = [lintCommand, costCommand, deployCommand];
