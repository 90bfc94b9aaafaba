#!/usr/bin/env node
/** The `failover` command. */
import { Command } from 'commander';
import { keepCompiled } from './compiled.ts';
import { EXIT } from './failure.ts';
import { awsCommands } from './program/awsCommands.ts';
import { drillCommands } from './program/drillCommands.ts';
import { evidenceCommands } from './program/evidenceCommands.ts';
import { promotionCommands } from './program/promotionCommands.ts';
import { resultCommands } from './program/resultCommands.ts';
import { simCommands } from './program/simCommands.ts';
import { watchCommands } from './program/watchCommands.ts';
import { refuseWrongWords } from './program/wrongWords.ts';

keepCompiled(process.env);

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
  .configureHelp({ showGlobalOptions: true });

for (const addCommand of [
  ...drillCommands,
  ...watchCommands,
  ...promotionCommands,
  ...evidenceCommands,
  ...resultCommands,
  ...awsCommands,
  ...simCommands,
])
  addCommand(program);

const words = process.argv.slice(2);
refuseWrongWords(program, 'failover', words);
for (const command of program.commands) {
  refuseWrongWords(command, `failover ${command.name()}`, words);
}

await program.parseAsync();
