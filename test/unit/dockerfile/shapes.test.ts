// Goal: each rule speaks where it should and nowhere else.
// Method: Dockerfiles in the shapes that people write, each named after what it shows. The comment at
// the end of a file lists every finding as rule@line; variants are its targets times its arguments.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDockerfile } from '../../../cli/dockerfile/read.ts';
import { type Findings, findingsOf } from '../../../core/dockerfile/findings.ts';
import { isRule, RULES } from '../../../core/dockerfile/rules.ts';
import { expandMatrix } from '../../../core/variants/matrix.ts';

const FOLDER = path.join(import.meta.dirname, 'shapes');
const files = globSync('*.Dockerfile', { cwd: FOLDER }).sort();

const setting = (text: string, key: string): string | undefined =>
  new RegExp(`^# ${key}: (.*)$`, 'm').exec(text)?.[1];

const argsOf = (text: string): Record<string, string[]> =>
  Object.fromEntries(
    (setting(text, 'args')?.split(' ') ?? []).map((arg) => {
      const [name = '', values = ''] = arg.split('=');
      return [name, values.split(',')];
    }),
  );

const judged = (file: string): Findings => {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  const dockerfile = readDockerfile(text, file);
  const target = setting(text, 'targets')?.split(' ') ?? [String(dockerfile.stages.length - 1)];
  return findingsOf(dockerfile, expandMatrix({ target, args: argsOf(text) }, []));
};

const expectedOf = (file: string): string[] => {
  const line = setting(readFileSync(path.join(FOLDER, file), 'utf8'), 'expect');
  if (line === undefined) throw new Error(`${file} does not say what to expect`);
  return line === 'nothing' ? [] : line.split(' ').sort();
};

describe('shapes of Dockerfiles', () => {
  it('are many, good and bad, and together break every rule', () => {
    const good = files.filter((file) => file.startsWith('good-'));
    expect(files.length).toBeGreaterThanOrEqual(40);
    expect(good.length).toBeGreaterThanOrEqual(20);
    const broken = new Set(files.flatMap(expectedOf).map((place) => place.split('@')[0] ?? ''));
    expect([...broken].filter((rule) => !isRule(rule))).toEqual([]);
    expect([...broken].sort()).toEqual(Object.keys(RULES).sort());
  });

  it.each(files)('%s', (file) => {
    const { findings } = judged(file);
    expect(findings.map(({ rule, line }) => `${rule}@${line}`).sort()).toEqual(expectedOf(file));
    for (const { severity, rule, what, remedy } of findings) {
      expect(severity).toBe(RULES[rule].severity);
      expect(`${what}${remedy}`).not.toMatch(/\n|undefined|hunter2|AKIA/);
    }
  });
});

it('keeps what a comment ignores, with the reason', () => {
  const { ignored } = judged('good-ignored-with-reason.Dockerfile');
  expect(ignored.map(({ rule, line, reason }) => [rule, line, reason])).toEqual([
    ['base-floating', 2, 'the digest is given by the pipeline'],
    ['root-user', 5, 'it binds to port 53'],
  ]);
});
