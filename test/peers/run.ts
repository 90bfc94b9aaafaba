/**
 * `npm run test:peers`: what is deployed, judged by programs that are not ours. Installs them from PyPI
 * into a virtual environment beside the packages of npm; needs python3 with venv, and says so.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { templates } from '../package/templates.ts';

const CFN_LINT = 'cfn-lint==1.58.0';
const CACHE = path.join(PROJECT_FOLDER, 'node_modules/.cache/failover-drill/peers');
const VENV = path.join(CACHE, CFN_LINT);

const run = promisify(execFile);

const Match = z.looseObject({
  Filename: z.string(),
  Level: z.string(),
  Message: z.string(),
  Rule: z.looseObject({ Id: z.string() }),
  Location: z.looseObject({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
});
type Match = z.output<typeof Match>;

/** What it finds and what is right all the same, with the reason. */
const EXPECTED: readonly { rule: string; message: RegExp; why: string }[] = [
  {
    rule: 'E3601',
    message: /^'\{% .* %\}' is not of type '(?:number|integer)'/,
    why: 'in JSONata an expression may stand where a number does; cfn-lint knows JSONPath there',
  },
];

const isExpected = ({ Rule: { Id }, Message }: Match): boolean =>
  EXPECTED.some(({ rule, message }) => rule === Id && message.test(Message));

const install = async (): Promise<string> => {
  const program = path.join(VENV, 'bin/cfn-lint');
  if (existsSync(program)) return program;
  process.stdout.write(`installing ${CFN_LINT}\n`);
  mkdirSync(CACHE, { recursive: true });
  await run('python3', ['-m', 'venv', VENV]);
  await run(path.join(VENV, 'bin/pip'), ['--quiet', 'install', CFN_LINT]);
  return program;
};

/** Errors of cfn-lint in the template of every role. */
const lintTemplates = async (): Promise<Match[]> => {
  const program = await install();
  const files = Object.entries(await templates()).map(([role, template]) => {
    const file = path.join(CACHE, `${role}.json`);
    writeFileSync(file, JSON.stringify(template, null, 1));
    return file;
  });
  // Ends with a code made of what it found; only its output tells.
  const { stdout } = await run(
    program,
    ['--format', 'json', '--ignore-checks', 'W', '--', ...files],
    {
      maxBuffer: 1 << 26,
    },
  ).catch((error: unknown) => {
    const text: unknown = Reflect.get(Object(error), 'stdout');
    if (typeof text === 'string' && text.startsWith('[')) return { stdout: text };
    throw error;
  });
  process.stdout.write(`cfn-lint: ${files.length} templates\n`);
  return z.array(Match).parse(JSON.parse(stdout || '[]'));
};

const found = await lintTemplates();
const errors = found.filter((match) => match.Level === 'Error' && !isExpected(match));
for (const { Filename, Rule, Message, Location } of errors) {
  const at = Location.Path?.join('/') ?? '';
  process.stdout.write(`${path.basename(Filename)} ${at}: ${Rule.Id} ${Message}\n`);
}
for (const { rule, why } of EXPECTED) process.stdout.write(`expected ${rule}: ${why}\n`);
if (!found.some(isExpected)) {
  process.stdout.write('nothing of what is expected was found: take it off the list\n');
  process.exitCode = 1;
}
process.stdout.write(`${errors.length} errors\n`);
if (errors.length > 0) process.exitCode = 1;
