/** The commands that check a failover's record of evidence. The work of each is loaded only when it is called. */
import type { Command } from 'commander';
import { JSON_FLAG, run, withWhere } from './run.ts';

/** For an option that may be given more than once. */
const gathered = (value: string, before: readonly string[] = []): string[] => [...before, value];

const replayCommand = (program: Command): void => {
  withWhere(program.command('replay'))
    .description('decide a failover again from its record, also with other settings')
    .argument('<failover>', 'id of the failover, or the file of its record')
    .option('--set <key=value>', 'another setting; may be given more than once', gathered)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nSettings: quorum, down, up, degraded, unstable, rpo, cooldown, perDay, mode\n\nExamples:\n  failover replay shop-0-1\n  failover replay shop-0-1 --set quorum=2of5 --set down=5s\n  failover replay shop-0-1.json\n  failover replay shop-0-1 --on aws\n\nExit codes: 0 the same decision, bit for bit, 1 another one, or the record is not whole, 2 input to change',
    )
    .action((name, options) =>
      run(options.json, async (output) =>
        (await import('../commands/replay.ts')).replay(name, options, output),
      ),
    );
};

const verifyCommand = (program: Command): void => {
  program
    .command('verify')
    .description('check that a record of evidence is whole and unchanged; needs only the file')
    .argument('<file>', 'the record, as `failover report <failover> --save <file>` writes it')
    .option('--head <hash>', 'hash that it must end in, as `failover history --json` has it')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExample:\n  failover verify shop-0-1.json\n\nExit codes: 0 whole, 1 changed or cut, 2 input to change',
    )
    .action((file, options) =>
      run(options.json, async (output) =>
        (await import('../commands/verify.ts')).verify(file, options, output),
      ),
    );
};

export const evidenceCommands = [replayCommand, verifyCommand];
