/** The commands that show and judge what is stored. The work of each is loaded only when it is called. */
import { Argument, type Command, Option } from 'commander';
import { EXPORTS, SCHEMA_NAMES } from '../choices.ts';
import { JSON_FLAG, run, withWhere } from './run.ts';

const historyCommand = (program: Command): void => {
  withWhere(program.command('history'))
    .description('list the drills, failovers and promotions that are kept, newest first')
    .option('-n, --limit <count>', 'how many', '20')
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  failover history --limit 5\n  failover history --on aws')
    .action((options) =>
      run(options.json, async (output) =>
        (await import('../commands/history.ts')).history(options, output),
      ),
    );
};

const reportCommand = (program: Command): void => {
  withWhere(program.command('report'))
    .description('show what a drill found, or how a failover or a promotion went')
    .argument('[id]', 'id of a drill, a failover or a promotion (default: whichever ended last)')
    .option('--html <file>', 'also write the report as one HTML file')
    .option('--save <file>', 'of a failover: also write its record of evidence')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover report\n  failover report --html report.html\n  failover report shop-0-1 --save shop-0-1.json\n  failover report --on aws\n\nExit codes: 0 shown, 2 input to change, 3 shown, but the record of the failover is not whole',
    )
    .action((id, options) =>
      run(options.json, async (output) =>
        (await import('../commands/report.ts')).report(id, options, output),
      ),
    );
};

const ackCommand = (program: Command): void => {
  withWhere(program.command('ack'))
    .description('say that an alert over the nights was seen: it stays quiet until it changes')
    .argument('[alert]', 'id of the alert, as the report shows it')
    .option('-l, --list', 'list the alerts that are kept')
    .option('--note <text>', 'why it may be so; shown with the alert')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  failover ack --list\n  failover ack shop-20261105-1 --note "new TLS library, accepted"\n  failover ack --list --on aws',
    )
    .action((id, options) =>
      run(options.json, async (output) =>
        (await import('../commands/ack.ts')).ack(id, options, output),
      ),
    );
};

const rankCommand = (program: Command): void => {
  withWhere(program.command('rank'))
    .description('rank a drill again from its records, or any table of samples')
    .argument('[drill]', 'id of the drill (default: the newest)')
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
      '\nExamples:\n  failover rank\n  failover rank --on aws\n  failover rank --input samples.csv --reference slim --q 0.5,0.95\n\nExit codes: 0 ranked, 2 input to change, 3 ranked, but the table has holes',
    )
    .action((id, options) =>
      run(options.json, async (output) =>
        (await import('../commands/rank.ts')).rank(id, options, output),
      ),
    );
};

const exportCommand = (program: Command): void => {
  withWhere(program.command('export'))
    .description('print the numbers of a drill as CSV')
    .argument('[drill]', 'id of the drill (default: the newest)')
    .option('--csv', 'as CSV, which is the default')
    .addOption(new Option('--what <rows>', 'which rows').choices(EXPORTS).default('rounds'))
    .addOption(new Option(...JSON_FLAG).conflicts('csv'))
    .addHelpText(
      'after',
      '\nExamples:\n  failover export --csv > rounds.csv\n  failover export --what placements --json\n  failover export --what nights > nights.csv\n  failover export --on aws > rounds.csv',
    )
    .action((id, options) =>
      run(options.json, async (output) =>
        (await import('../commands/export.ts')).exportDrill(id, options, output),
      ),
    );
};

const schemaCommand = (program: Command): void => {
  program
    .command('schema')
    .description(
      'print the JSON Schema of the configuration, or of what a command prints with --json',
    )
    .addArgument(new Argument('<name>', 'which one').choices(SCHEMA_NAMES))
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExample:\n  failover schema config > failover.schema.json')
    .action((name, options) =>
      run(options.json, async (output) =>
        (await import('../commands/schema.ts')).schema(name, output),
      ),
    );
};

const regionsCommand = (program: Command): void => {
  program
    .command('regions')
    .description('rank the regions that could stand by for a primary, and say why')
    .requiredOption('-p, --primary <region>', 'the region that serves')
    .option(
      '--residency <places>',
      'where data may be: EU, countries, regions, with commas between',
    )
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExample:\n  failover regions --primary eu-west-1 --residency EU')
    .action((options) =>
      run(options.json, async (output) =>
        (await import('../commands/regions.ts')).regions(options, output),
      ),
    );
};

const anomaliesCommand = (program: Command): void => {
  program
    .command('anomalies')
    .description('find alarms and change points in a series of nights, or of any numbers')
    .requiredOption('-i, --input <file>', 'CSV with the columns time,value; empty values are holes')
    .addOption(
      new Option('--method <name>', 'ask one method instead of both').choices([
        'ewma',
        'edivisive',
      ]),
    )
    .option('--otava-compat', 'merge change points as Apache Otava does')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nWith the further columns reference (what runs today) and control (the same image again),\nan alert says whether the image, its environment or the measurement moved.\n\nExamples:\n  failover anomalies --input nights.csv\n  failover anomalies --input nights.csv --method edivisive --json\n\nExit codes: 0 the end of the series is in line, 1 failed, 2 input to change, 3 it is out of line',
    )
    .action((options) =>
      run(options.json, async (output) =>
        (await import('../commands/anomalies.ts')).anomalies(options, output),
      ),
    );
};

export const resultCommands = [
  historyCommand,
  reportCommand,
  rankCommand,
  exportCommand,
  schemaCommand,
  regionsCommand,
  anomaliesCommand,
  ackCommand,
];
