// Goal: workflows run commands that exist, with pinned actions, short-lived keys and no more rights than they need.
// Method: read every workflow as YAML, and look up each command, option, script and action that it names.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const Permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const Workflow = z.looseObject({
  permissions: Permissions,
  concurrency: z.looseObject({ group: z.string() }),
  jobs: z.record(
    z.string(),
    z.looseObject({
      'runs-on': z.string(),
      'timeout-minutes': z.int().max(90),
      environment: z.string().optional(),
      needs: z.string().optional(),
      permissions: Permissions.optional(),
      steps: z.array(
        z
          .looseObject({ uses: z.string().optional(), run: z.string().optional() })
          .refine(({ uses, run }) => (uses === undefined) !== (run === undefined)),
      ),
    }),
  ),
});

const FILES = globSync('.github/workflows/*.yml', { cwd: ROOT }).sort();
const workflows = FILES.map((file) => ({ file, ...Workflow.parse(parse(read(file))) }));
const jobs = workflows.flatMap(({ file, jobs: all }) =>
  Object.entries(all).map(([name, job]) => ({ at: `${file} ${name}`, ...job })),
);
const runs = jobs.flatMap(({ at, steps }) =>
  steps.flatMap(({ run }) => (run === undefined ? [] : [{ at, run }])),
);

const programs = globSync('cli/program/*.ts', { cwd: ROOT }).map(read).join('\n');
/** The source of one command: from its name to the next. */
const sourceOf = (command: string): string | undefined =>
  programs.split(".command('").find((text) => text.startsWith(`${command}'`));

describe('the workflows', () => {
  it('are there: to test, to deliver, to roll back', () => {
    expect(FILES.map((file) => path.basename(file))).toEqual([
      'ci.yml',
      'deliver.yml',
      'rollback.yml',
    ]);
  });

  it('pin every action to a commit, with its version beside it', () => {
    const lines = FILES.flatMap((file) => read(file).split('\n')).filter((line) =>
      /\buses:/.test(line),
    );
    expect(lines.length).toBeGreaterThan(10);
    expect(
      lines.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)),
    ).toEqual([]);
    // One version of each, so that an update is one search.
    const pins = new Set(lines.map((line) => line.trim().replace(/^- /, '')));
    const actions = [...pins].map((pin) => pin.split('@')[0]);
    expect(new Set(actions).size).toBe(pins.size);
  });

  it('may read the sources, and log in to AWS only where an environment is named', () => {
    for (const { file, permissions } of workflows)
      expect(permissions, file).toEqual({ contents: 'read' });
    const own = jobs.filter(({ permissions }) => permissions !== undefined);
    expect(own.map(({ at }) => at.split(' ')[1])).toEqual(['staging', 'production', 'rollback']);
    for (const { at, permissions, environment } of own) {
      expect(permissions, at).toEqual({ contents: 'read', 'id-token': 'write' });
      expect(environment, at).toBeDefined();
    }
  });

  it('hold no key, and give the shell nothing that a person has typed', () => {
    for (const file of FILES) {
      expect(read(file)).not.toMatch(/AWS_SECRET|aws-secret|ACCESS_KEY|secrets\./);
    }
    expect(runs.filter(({ run }) => run.includes('${{'))).toEqual([]);
  });

  it('run commands, options and scripts that are there', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const npm = runs.flatMap(({ run }) =>
      [...run.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? ''),
    );
    expect(npm.filter((name) => !scripts.includes(name))).toEqual([]);
    const commands = runs.flatMap(({ run }) =>
      [...run.matchAll(/npx failover (\w+)(.*)/g)].map(([, name = '', rest = '']) => ({
        name,
        rest,
      })),
    );
    expect(commands.length).toBeGreaterThan(7);
    const shared = read('cli/program/run.ts');
    for (const { name, rest } of commands) {
      const source = sourceOf(name);
      expect(source, name).toBeDefined();
      for (const [option] of rest.matchAll(/--[\w-]+/g)) {
        expect(`${source}${shared}`, `${name} ${option}`).toContain(option);
      }
    }
  });

  it('deliver only what was checked, drilled and in staging, and wait for a person before production', () => {
    const deliver = workflows.find(({ file }) => file.endsWith('deliver.yml'));
    const needs = Object.entries(deliver?.jobs ?? {}).map(([name, job]) => [name, job.needs]);
    expect(needs).toEqual([
      ['check', undefined],
      ['drill', 'check'],
      ['staging', 'drill'],
      ['production', 'staging'],
    ]);
    expect(deliver?.jobs['production']?.environment).toBe('production');
    const groups = workflows.filter(({ file }) => !file.endsWith('ci.yml'));
    expect(new Set(groups.map(({ concurrency }) => concurrency.group)).size).toBe(1);
  });
});
