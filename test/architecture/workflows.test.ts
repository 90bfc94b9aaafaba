// Goal: workflows run commands that exist, with pinned actions, short-lived keys and no more rights than they need.
// Method: read every workflow as YAML, hand each command to the command line itself, idle, and look up scripts and actions.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { awsCommands } from '../../cli/program/awsCommands.ts';
import { drillCommands } from '../../cli/program/drillCommands.ts';
import { evidenceCommands } from '../../cli/program/evidenceCommands.ts';
import { promotionCommands } from '../../cli/program/promotionCommands.ts';
import { resultCommands } from '../../cli/program/resultCommands.ts';
import { watchCommands } from '../../cli/program/watchCommands.ts';
import { onAws, type WhereOptions } from '../../cli/where/options.ts';

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

/** The command line itself, but that it does nothing. */
const idleProgram = (): Command => {
  const program = new Command('failover').exitOverride().configureOutput({ writeErr: () => {} });
  for (const add of [
    ...[...drillCommands, ...watchCommands, ...promotionCommands, ...evidenceCommands],
    ...[...resultCommands, ...awsCommands],
  ]) {
    add(program);
  }
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    command.action(() => undefined);
  }
  return program;
};

/** What a line in a workflow means to the command line, or why it is refused. */
const parsedLine = (line: string) => {
  const words = line.split(' ').map((word) => word.replace(/^"(.*)"$/, '$1'));
  // What a variable holds must be a word that would be taken.
  const filled = words.map((word) => (word === '$MODE' ? 'canary' : word));
  try {
    const program = idleProgram().parse(filled, { from: 'user' });
    const command = program.commands.find((one) => one.name() === words[0]);
    const options: WhereOptions = command?.opts() ?? {};
    const hasPlace = command?.options.some(({ long }) => long === '--on') ?? false;
    // Without it the configuration of a drill is one of this machine.
    const isHere = words[0] === 'drill' && options.on === undefined;
    return { line, where: hasPlace && !isHere ? onAws(options) : null };
  } catch (error) {
    return { line, fault: String(error) };
  }
};

describe('the workflows', () => {
  it('are there: to test, to deliver, to promote, to roll back', () => {
    expect(FILES.map((file) => path.basename(file))).toEqual([
      'ci.yml',
      'deliver.yml',
      'promote.yml',
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
    expect(own.map(({ at }) => path.basename(at))).toEqual([
      ...['staging', 'drill-staging', 'production'].map((job) => `deliver.yml ${job}`),
      ...['staging', 'production'].map((job) => `promote.yml ${job}`),
      ...['image', 'commit'].map((job) => `rollback.yml ${job}`),
    ]);
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

  it('run scripts that are there', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const npm = runs.flatMap(({ run }) =>
      [...run.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? ''),
    );
    expect(npm.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  it('run commands as the command line takes them', () => {
    const lines = runs.flatMap(({ run }) =>
      [...run.matchAll(/npx failover (.*)/g)].map(([, line = '']) => line),
    );
    expect(lines.length).toBeGreaterThan(12);
    const parsed = lines.map(parsedLine);
    expect(parsed.filter((one) => 'fault' in one)).toEqual([]);
    // A deployment names its stage; what operates one says that it is on AWS, and which.
    const places = parsed.map((one) => ('where' in one ? (one.where?.options ?? null) : null));
    expect(new Set(places)).toEqual(
      new Set([
        null,
        ' --on aws --config $FAILOVER_CONFIG',
        ...['staging', '$STAGE'].map(
          (stage) => ` --on aws --stage ${stage} --config $FAILOVER_CONFIG`,
        ),
      ]),
    );
  });

  it.each([
    ['drill --on gcp', "option '--on <place>' argument 'gcp' is invalid"],
    ['promote --on aws', "missing required argument 'image'"],
    ['promot x', "unknown command 'promot'"],
    ['rollback --stage staging', 'add --on aws'],
    ['deploy --on aws', "unknown option '--on'"],
  ])('would not pass with: %s', (line, fault) => {
    expect(parsedLine(line)).toEqual({ line, fault: expect.stringContaining(fault) });
  });

  it('deliver only what was checked, drilled and in staging, and wait for a person before production', () => {
    const deliver = workflows.find(({ file }) => file.endsWith('deliver.yml'));
    const needs = Object.entries(deliver?.jobs ?? {}).map(([name, job]) => [name, job.needs]);
    expect(needs).toEqual([
      ['check', undefined],
      ['drill', 'check'],
      ['staging', 'drill'],
      ['drill-staging', 'staging'],
      ['production', 'drill-staging'],
    ]);
    const promotion = workflows.find(({ file }) => file.endsWith('promote.yml'));
    expect(promotion?.jobs['production']?.needs).toBe('staging');
    for (const flow of [deliver, promotion]) {
      for (const [name, job] of Object.entries(flow?.jobs ?? {})) {
        const commands = job.steps
          .map(({ run }) => run ?? '')
          .filter((run) => /--on aws|deploy/.test(run));
        const touches = commands.filter((run) => !run.includes('--dry-run'));
        const isProduction = (run: string): boolean => !run.includes('--stage staging');
        if (touches.some(isProduction)) expect(job.environment, name).toBe('production');
        else if (touches.length > 0) expect(job.environment, name).toBe('staging');
      }
    }
    const groups = workflows.filter(({ file }) => !file.endsWith('ci.yml'));
    expect(new Set(groups.map(({ concurrency }) => concurrency.group)).size).toBe(1);
  });
});
