// Goal: the first failover.yml of a service is right as it stands, for any Dockerfile and any answers.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { init } from '../../../cli/commands/init.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import {
  exposedPort,
  imageStages,
  type StarterAnswers,
  serviceNameOf,
  starterConfig,
} from '../../../cli/config/starter.ts';
import { checkConfig } from '../../../cli/config/validate.ts';
import type { Output } from '../../../cli/output/output.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { failoverSettings, healthSettings } from '../../../events/failoverSettings.ts';
import { readStages } from '../../../local/containers/dockerfile.ts';

const DOCKERFILE = `
FROM node:24 AS build
RUN npm ci
FROM node:24-slim AS slim
EXPOSE 3000/tcp 9000
COPY --from=build /app /app
FROM slim AS debug
RUN apt-get install strace
FROM scratch
COPY --from=0 /app /app
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'starter-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quiet = () => {
  const results: unknown[] = [];
  const output: Output = {
    json: true,
    style: plainStyle,
    result: (value) => results.push(value),
    note: () => undefined,
    failure: () => undefined,
  };
  return { results, output };
};

const initIn = async (name: string, dockerfile: string | undefined, force = false) => {
  const own = path.join(folder, name);
  mkdirSync(own, { recursive: true });
  if (dockerfile !== undefined) writeFileSync(path.join(own, 'Dockerfile'), dockerfile);
  const { results, output } = quiet();
  const config = path.join(own, 'failover.yml');
  await init({ config, yes: true, force }, output, new AbortController().signal);
  return { config, result: results[0] };
};

describe('what is read from a Dockerfile', () => {
  const { stages } = readStages(DOCKERFILE, {}, 'Dockerfile');

  it('are the stages that no other builds on', () => {
    expect(imageStages(stages)).toEqual(['debug', '3']);
  });

  it('is the port of a stage, or of what it is built on', () => {
    expect(exposedPort(stages, 'slim')).toBe(3_000);
    expect(exposedPort(stages, 'debug')).toBe(3_000);
    expect(exposedPort(stages, '3')).toBeUndefined();
  });
});

describe('a service name', () => {
  it.each([
    ['shop', 'shop'],
    ['My Shop_2', 'my-shop-2'],
    ['42-shop', 'shop'],
    ['---', 'service'],
    ['a -- b--', 'a-b'],
    ['recommendation-service', 'recommendation-serv'],
    ['four-words-of-a-shop-name', 'four-words-of-a-sho'],
    ['a-name-that-is-cut--off', 'a-name-that-is-cut'],
  ])('from the folder %j', (name, service) => expect(serviceNameOf(name)).toBe(service));
});

describe('failover init --yes', () => {
  it('writes what check accepts', async () => {
    const { config, result } = await initIn('My Shop', DOCKERFILE);
    expect(result).toEqual({ file: config, service: 'my-shop', variants: ['debug', '3'] });
    const checked = checkConfig(loadConfig(config));
    expect(checked.config.image?.reference).toBe('3');
    const [first] = readFileSync(config, 'utf8').split('\n');
    expect(first).toMatch(/^# yaml-language-server: \$schema=\.\.?\/.*failover\.schema\.json$/);
  });

  it('writes what check accepts without a Dockerfile, too', async () => {
    const { config, result } = await initIn('empty', undefined);
    expect(result).toMatchObject({ variants: [] });
    expect(checkConfig(loadConfig(config)).config.image).toBeUndefined();
  });

  it('never writes over a file unless told to', async () => {
    const { config } = await initIn('shop', DOCKERFILE);
    writeFileSync(config, 'mine');
    await expect(initIn('shop', DOCKERFILE)).rejects.toThrow('exists. Keep it, or write over it');
    expect(readFileSync(config, 'utf8')).toBe('mine');
    await initIn('shop', DOCKERFILE, true);
    expect(readFileSync(config, 'utf8')).toContain('service: shop');
  });

  it('says what is wrong with a Dockerfile that does not parse', async () => {
    await expect(initIn('broken', 'RUN echo hello\n')).rejects.toMatchObject({
      name: 'DockerfileInvalid',
    });
  });
});

describe('answers', () => {
  const answers: StarterAnswers = {
    ...{ service: 'shop', record: 'shop.example.com', primary: 'eu-west-1' },
    ...{ standby: 'eu-central-1', witness: undefined, port: 80, health: '/up', path: '/' },
    image: { targets: ['slim', 'on', '3'], reference: 'on' },
    schema: './failover.schema.json',
  };

  it('stand in the file as they were given, whatever YAML makes of such words', () => {
    const file = path.join(folder, 'failover.yml');
    writeFileSync(file, starterConfig({ ...answers, health: '/a: b #c' }));
    const { config } = loadConfig(file);
    expect(config.image?.matrix.target).toEqual(['slim', 'on', '3']);
    expect(config.run).toMatchObject({ health: '/a: b #c', port: 80 });
    expect(config.record).toBe('shop.example.com');
    expect(config.regions.witness).toBeUndefined();
    expect(config.probes.map(({ kind }) => kind)).toEqual(['http', 'tcp', 'dns']);
  });
});

describe('the sections that are commented out', () => {
  it('say what holds without them', async () => {
    const { config: file } = await initIn('quiet', DOCKERFILE);
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n');
    const from = lines.findIndex((line) => line.startsWith('# health:'));
    const to = lines.findIndex((line) => line.startsWith('# notify:'));
    expect(to).toBeGreaterThan(from);
    const spoken = lines.map((line, at) => (at >= from && at < to ? line.slice(2) : line));
    const loud = path.join(folder, 'quiet', 'loud.yml');
    writeFileSync(loud, spoken.join('\n'));
    const [said, unsaid] = [loadConfig(loud).config, loadConfig(file).config];
    expect(said.health).toBeDefined();
    expect(said.failover).toBeDefined();
    expect(healthSettings(said)).toEqual(healthSettings(unsaid));
    expect(failoverSettings(said)).toEqual(failoverSettings(unsaid));
  });
});
