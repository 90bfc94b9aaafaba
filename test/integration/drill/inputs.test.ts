// Goal: what a person or the machine got wrong gives one clear error, the right exit code, and loses nothing.
// Method: the command as a person runs it, on a service and a data folder with exactly one thing wrong.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, openWorkshop, writeService } from '../../support/drillCommand.ts';
import { untilNothing } from '../../support/leftovers.ts';

const workshop = openWorkshop('inputs');
const data = workshop.dataDir();
const config = writeService(workshop, { more: ['record: tiny.example.test'] });

afterAll(() => workshop.remove());

const drill = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  workshop.run(['drill', '--no-install', ...args], env);

/** Done; with marks where this machine was too busy for its samples. */
const DONE = [0, 3];

/** The lines on stderr that are an error: those on the way are indented, the heading has a dot in the middle. */
const errorsOf = ({ stderr }: Ended): string[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('  ') && !line.includes(' · '));

const expectOne = (ended: Ended, code: number, ...words: readonly string[]): void => {
  const lines = errorsOf(ended);
  expect(lines, ended.stderr).toHaveLength(1);
  for (const word of words) expect(lines[0]).toContain(word);
  expect(ended.code).toBe(code);
  expect(ended.stdout).toBe('');
};

/** Files that are each named after the one mistake in them, with what must be said of it on top. */
const MISTAKES = path.resolve(import.meta.dirname, '../../unit/cli/invalid');

describe('input of a person', () => {
  it.each(['unknown-key', 'unknown-region', 'primary-is-standby', 'stage-missing'])(
    'failover.yml with %s: the file, the line, and what to do',
    async (name) => {
      const file = path.join(MISTAKES, `${name}.yml`);
      const text = readFileSync(file, 'utf8');
      const [, said = ''] = /^# expect: (?:FILE|app\/Dockerfile)?:?(.*)$/m.exec(text) ?? [];
      const ended = await drill(['--config', file, '--data', data]);
      expectOne(ended, 2, said);
      expect(existsSync(data)).toBe(false);
    },
  );

  it('a Dockerfile that does not parse: its line, and the nearest instruction', async () => {
    const file = writeService(workshop, { name: 'misspelt', stages: { plain: ['RUNN true'] } });
    const ended = await drill(['--config', file, '--data', data]);
    expectOne(ended, 2, 'Dockerfile:5', 'RUNN', 'Did you mean RUN?');
  });

  it('a context that is too large: what to do about it', async () => {
    const file = writeService(workshop, { name: 'huge' });
    const blob = path.join(path.dirname(file), 'blob.bin');
    writeFileSync(blob, '');
    truncateSync(blob, 201_000_000);
    const ended = await drill(['--config', file, '--data', data]);
    rmSync(blob);
    expectOne(ended, 2, 'holds more than 200', '.dockerignore');
  });

  it('endpoints without an image: there is nothing to drill', async () => {
    const file = path.join(workshop.folder, 'endpoints.yml');
    const regions = ['primary', 'standby'].map(
      (role, at) =>
        `  ${role}: { name: ${at === 0 ? 'eu-west-1' : 'eu-central-1'}, endpoint: 'https://${role}.example.test' }`,
    );
    writeFileSync(file, ['service: plainly', 'regions:', ...regions, ''].join('\n'));
    for (const command of ['drill', 'up']) {
      const ended = await workshop.run([command, '--config', file, '--data', data]);
      expectOne(ended, 2, 'there is no image', 'matrix of targets');
    }
  });

  it('a webhook that is no URL: without repeating it', async () => {
    const ended = await drill(['--config', config, '--data', data], {
      FAILOVER_SLACK_WEBHOOK: 'T0/secret',
    });
    expectOne(ended, 2, 'FAILOVER_SLACK_WEBHOOK holds no http or https URL');
    expect(ended.stderr).not.toContain('T0/secret');
  });

  it('a port that is none', async () => {
    const ended = await workshop.run(['up', '--config', config, '--port', '70000']);
    expectOne(ended, 2, '"70000" is no port');
  });
});

describe('the machine', () => {
  const taken = net.createServer();
  let port = 0;
  beforeAll(async () => {
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    port = Number(Reflect.get(Object(taken.address()), 'port'));
  });
  afterAll(() => {
    taken.close();
  });

  it('a port that is taken: which, and how to choose another', async () => {
    const args = ['up', '--no-install', '--config', config, '--data', data, '--port', String(port)];
    const ended = await workshop.run(args);
    expectOne(ended, 1, `cannot listen on 127.0.0.1:${port}`, '--port');
    expect(await untilNothing([data])).toEqual([]);
  });

  it('a DNS port that is taken', async () => {
    const file = writeService(workshop, {
      name: 'dnstaken',
      more: ['record: shop.example.test', 'dns:', `  listen: 127.0.0.1:${port}`],
    });
    const ended = await drill(['--config', file, '--data', data]);
    expectOne(ended, 1, `cannot listen on 127.0.0.1:${port}`, 'dns.listen');
    expect(await untilNothing([data])).toEqual([]);
  });

  it('a data folder that cannot be made', async () => {
    const file = path.join(workshop.folder, 'file');
    writeFileSync(file, '');
    const ended = await drill(['--config', config, '--data', path.join(file, 'data')]);
    expectOne(ended, 2, `the data folder ${file}/data cannot be made`, '--data');
  });

  it('a data folder in use: by whom, and nothing of it is touched', async () => {
    const own = workshop.dataDir('held');
    const args = ['--no-install', '--config', config, '--data', own];
    const up = workshop.start(['up', ...args, '--port', '0']);
    await up.until('For AWS clients:');
    const ended = await workshop.run(['drill', ...args]);
    expectOne(ended, 1, `the data folder ${own} is in use by process ${up.child.pid} (http://`);
    up.child.kill('SIGTERM');
    expect((await up.ended).code).toBe(0);
    expect(await untilNothing([own])).toEqual([]);
  });

  const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

  it.skipIf(!isRoot)('a full disk, at the start and in the middle of a drill', async () => {
    const mount = path.join(workshop.folder, 'small');
    mkdirSync(mount);
    const sizes = { '1m': 'the start', '24m': 'the drill' };
    for (const size of Object.keys(sizes)) {
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', mount]).status).toBe(
        0,
      );
      try {
        const ended = await drill(['--config', config, '--data', path.join(mount, 'data')]);
        const lines = errorsOf(ended);
        expect(lines, ended.stderr).toHaveLength(1);
        expect(lines[0]).toMatch(/no space left|ENOSPC/i);
        expect(ended.code).toBe(1);
        expect(await untilNothing([path.join(mount, 'data')])).toEqual([]);
      } finally {
        spawnSync('umount', [mount]);
      }
    }
  });
});

describe('a corrupt data folder', () => {
  const whole = workshop.dataDir('whole');
  const broken = workshop.dataDir('broken');

  beforeAll(async () => {
    const ended = await drill(['--config', config, '--data', whole]);
    expect(DONE, ended.stderr).toContain(ended.code);
  });

  const files = [
    'stepfunctions/eu-central-1/machines/failover-drill-tiny.json',
    'scheduler/state.json',
    'scheduler/deliveries.log',
    'route53/state.json',
    'ecs/state.json',
    'ecr/state.json',
    'codebuild/state.json',
    'slack/messages.jsonl',
    'ssm/eu-central-1.json',
    's3/*/bucket.json',
    's3/*/objects/*',
    'dynamodb/eu-central-1/ledger.sqlite',
    'dynamodb/eu-central-1/tables/CURRENT',
    'lock.sqlite',
  ];

  it.each(files)('%s: named, with what to do, and left as it is', async (pattern) => {
    rmSync(broken, { recursive: true, force: true });
    cpSync(whole, broken, { recursive: true, filter: (file) => !file.endsWith('/containers') });
    const [file = ''] = globSync(`${broken}/${pattern}`);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, 'garbage {\n');
    const ended = await drill(['--config', config, '--data', broken]);
    const shown = file.endsWith('CURRENT') ? path.dirname(file) : file;
    expectOne(ended, 1, shown, 'restore it from a copy, or move it away');
    expect(await untilNothing([broken])).toEqual([]);
  });

  it('a journal of one execution: named, and the others are known', async () => {
    rmSync(broken, { recursive: true, force: true });
    cpSync(whole, broken, { recursive: true });
    const [journal = ''] = globSync(`${broken}/stepfunctions/**/journal.jsonl`);
    writeFileSync(journal, 'garbage {\n');
    const ended = await drill(['--resume', '--config', config, '--data', broken]);
    expect(ended.stderr).toContain(
      `an execution is lost: ${journal} has a line 1 that is not JSON`,
    );
    expectOne(ended, 2, 'no drill of tiny was interrupted');
  });
});
