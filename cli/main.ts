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

keepCompiled(process.env);

/** A reader that has seen enough, such as `head`, ends the command without a word. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

const hintOf = (command: string): string => `(${command} --help shows what there is)`;

const program = new Command('failover')
  .description(
    'Measures which image variant to run, whether the standby is ready, and whether failover works.',
  )
  .version('0.1.0')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.input))
  .showHelpAfterError(hintOf('failover'))
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

for (const command of program.commands) {
  command.showHelpAfterError(hintOf(`failover ${command.name()}`));
}

await program.parseAsync();
