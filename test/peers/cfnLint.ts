/** cfn-lint on the packaged template of every role. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { templates } from '../package/templates.ts';
import { CACHE, pythonProgram, say } from './install.ts';

export const CFN_LINT = 'cfn-lint==1.58.0';

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

/** Errors of cfn-lint in the template of every role. */
const lintTemplates = async (): Promise<Match[]> => {
  const program = await pythonProgram(CFN_LINT, 'cfn-lint');
  mkdirSync(CACHE, { recursive: true });
  const files = Object.entries(await templates()).map(([role, template]) => {
    const file = path.join(CACHE, `${role}.json`);
    writeFileSync(file, JSON.stringify(template, null, 1));
    return file;
  });
  const args = ['--format', 'json', '--ignore-checks', 'W', '--', ...files];
  // Ends with a code made of what it found; only its output tells.
  const { stdout } = await run(program, args, { maxBuffer: 1 << 26 }).catch((error: unknown) => {
    const text: unknown = Reflect.get(Object(error), 'stdout');
    if (typeof text === 'string' && text.startsWith('[')) return { stdout: text };
    throw error;
  });
  say(`cfn-lint: ${files.length} templates`);
  return z.array(Match).parse(JSON.parse(stdout || '[]'));
};

/** Number of faults, each of them said. */
export const judgeTemplates = async (): Promise<number> => {
  const found = await lintTemplates();
  const errors = found.filter((match) => match.Level === 'Error' && !isExpected(match));
  for (const { Filename, Rule, Message, Location } of errors) {
    const at = Location.Path?.join('/') ?? '';
    say(`${path.basename(Filename)} ${at}: ${Rule.Id} ${Message}`);
  }
  for (const { rule, why } of EXPECTED) say(`expected ${rule}: ${why}`);
  const needless = found.some(isExpected) ? 0 : 1;
  if (needless) say('nothing of what is expected was found: take it off the list');
  say(`${errors.length} errors`);
  return errors.length + needless;
};
