/**
 * `npm run test:peers`: what is deployed and what it calls, judged by programs that are not ours. Installs them
 * beside the packages of npm; needs python3 with venv and a Java from 17, and says so.
 * `npm run test:peers -- moto` runs one part.
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { judgeTemplates } from './cfnLint.ts';
import { judgeDeployment } from './deploy.ts';
import { judgeDeployCommand } from './deployCommand.ts';
import { DYNAMODB_LOCAL_FILES, judgeDynamodbLocal } from './dynamodbLocal.ts';
import { judgeHandlers } from './handlers.ts';
import { say } from './install.ts';
import { NOT_RUN } from './listed.ts';
import { judgeMoto, MOTO_TRIALS } from './moto.ts';
import { judgeTwoControllers } from './twoControllers.ts';

/** Every contract test runs on a peer, or is named with the reason. */
const judgeCoverage = async (): Promise<number> => {
  const files = globSync('**/*.test.ts', { cwd: path.join(PROJECT_FOLDER, 'test/contract') });
  const run = new Set([...DYNAMODB_LOCAL_FILES, ...MOTO_TRIALS.flatMap((one) => one.files)]);
  const named = (file: string): boolean =>
    NOT_RUN.some(({ what }) => file === what || (what.endsWith('/') && file.startsWith(what)));
  for (const { what, why } of NOT_RUN) say(`on no peer: ${what}: ${why}`);
  const missed = files.filter((file) => !run.has(file) && !named(file));
  for (const file of missed) say(`FAULT runs on no peer, and listed.ts does not say why: ${file}`);
  return missed.length;
};

const PARTS: Record<string, () => Promise<number>> = {
  coverage: judgeCoverage,
  'cfn-lint': judgeTemplates,
  handlers: judgeHandlers,
  'dynamodb-local': judgeDynamodbLocal,
  moto: judgeMoto,
  deploy: judgeDeployment,
  'deploy-command': judgeDeployCommand,
  'two-controllers': judgeTwoControllers,
};

// So that what was started ends, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  say(`no part is called ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const [name, judge] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    if ((await judge()) > 0) process.exitCode = 1;
  }
}
