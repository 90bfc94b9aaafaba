// Goal: every operation of AWS that this project uses is also tried with Debian's awscli.
// Method: the commands that the sources send and the tasks of the state machines, against the arguments in the
// tables beside this file; names of test cases do not count.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const PROJECT = path.resolve(import.meta.dirname, '../../..');
const read = (pattern: string): { readonly file: string; readonly text: string }[] =>
  globSync(pattern, { cwd: PROJECT })
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(PROJECT, file), 'utf8') }));

const SENT = /\bnew (?:\w+\.)?([A-Z]\w+)Command\(/g;

/** What an optimised integration calls, from its documentation; an unknown one must be added here. */
const INTEGRATIONS: Readonly<Record<string, readonly string[]>> = {
  'lambda:invoke': ['Invoke'],
  'lambda:invoke.waitForTaskToken': ['Invoke'],
  'codebuild:startBuild.sync': ['StartBuild', 'BatchGetBuilds'],
  'states:startExecution.sync:2': ['StartExecution', 'DescribeExecution'],
};

/**
 * What `deploy` alone asks, of AWS itself: the embedded cloud has nothing to deploy into and does not
 * answer it. `npm run test:peers -- deploy-command` holds it to moto.
 */
const DEPLOYING = ['aws/account.ts', 'aws/leftOvers.ts', 'aws/stacks.ts', 'aws/subnets.ts'];

/** Each operation that is used, with one file that uses it. */
const used = (): Map<string, string> => {
  const operations = new Map<string, string>();
  for (const { file, text } of read('{aws,cli,functions,local,probes}/**/*.ts')) {
    if (DEPLOYING.includes(file)) continue;
    for (const [, name = ''] of text.matchAll(SENT)) operations.set(name, file);
  }
  for (const { file, text } of read('statemachines/*.asl.yaml')) {
    for (const [, resource = ''] of text.matchAll(/Resource: ['"]?arn:aws:states:::([\w:.-]+)/g)) {
      const calls = INTEGRATIONS[resource];
      expect(calls, `${file} uses ${resource}, which INTEGRATIONS does not know`).toBeDefined();
      for (const name of calls ?? []) operations.set(name, file);
    }
  }
  return operations;
};

const asTyped = (operation: string): string =>
  operation.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** Every literal of the tables but the names of their cases. */
const typed = (): Set<string> =>
  new Set(
    read('test/contract/awscli/*.test.ts')
      .filter(({ file }) => !file.endsWith('coverage.test.ts'))
      .flatMap(({ text }) => [
        ...text.replaceAll(/\bname: '[^'\n]*'/g, '').matchAll(/['`]([a-z0-9-]+)['`]/g),
      ])
      .map(([, literal = '']) => literal),
  );

it('awscli tries every operation that is used', () => {
  const operations = used();
  expect(operations.size).toBeGreaterThan(50);
  const literals = typed();
  const untried = [...operations].filter(([name]) => !literals.has(asTyped(name)));
  expect(untried.map(([name, file]) => `${name} (${file})`)).toEqual([]);
});

it.each(DEPLOYING)('%s is used by the deploying command alone', (name) => {
  const users = read('{aws,cli,functions,local,probes,sim}/**/*.ts')
    .filter(({ text }) => text.includes(`/${name}'`))
    .map(({ file }) => file);
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter((file) => !/^(?:cli\/deploy|aws)\//.test(file))).toEqual([]);
});
