/** Runs the `failover` command as a person does, on a service made for one test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { keepUse } from './grantUse.ts';

const MAIN = path.join(PROJECT_FOLDER, 'cli/main.ts');

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout and stderr together contain the text. */
  until(text: string | RegExp, withinMs?: number): Promise<void>;
  said(): string;
};

/** Commands whose machines are held to their roles. */
const HOLD = ['drill', 'up', 'watch'];

const BUILDERS = ['docker', 'podman', 'buildah'];

/** A folder that hides every container builder when it comes first on PATH. */
const hideBuilders = (folder: string): string => {
  const bin = path.join(folder, 'no-builders');
  mkdirSync(bin, { recursive: true });
  for (const name of BUILDERS) {
    writeFileSync(path.join(bin, name), '#!/bin/sh\nexit 127\n');
    chmodSync(path.join(bin, name), 0o755);
  }
  return bin;
};

/** A temporary place for services and data folders; drills in it run as plain processes unless told otherwise. */
export const openWorkshop = (prefix: string) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), `failover-${prefix}-`));
  const bin = hideBuilders(folder);

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Running => {
    const plain = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      FAILOVER_SLACK_WEBHOOK: undefined,
    };
    const isHeld = HOLD.includes(args[0] ?? '') && !args.includes('--on');
    const holding = isHeld ? ['--enforce-iam'] : [];
    const child = spawn(process.execPath, [MAIN, ...args, ...holding], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...plain, ...env },
    });
    let stdout = '';
    let stderr = '';
    const heard = new Set<() => void>();
    const hear = (): void => {
      for (const each of heard) each();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      hear();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      hear();
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code, signal) => {
        const data = args[args.indexOf('--data') + 1];
        const [command = ''] = args;
        if (HOLD.includes(command) && args.includes('--data') && data) keepUse(command, data);
        resolve({ code, signal, stdout, stderr });
      });
    });
    const said = () => `${stdout}\n${stderr}`;
    const until = (text: string | RegExp, withinMs = 180_000): Promise<void> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`"${text}" was not said within ${withinMs} ms: ${said()}`));
        }, withinMs);
        const look = (): void => {
          if (typeof text === 'string' ? !said().includes(text) : !text.test(said())) return;
          clearTimeout(timer);
          heard.delete(look);
          resolve();
        };
        heard.add(look);
        void ended.then(({ code }) => {
          clearTimeout(timer);
          reject(new Error(`ended with ${code} before "${text}" was said: ${said()}`));
        });
        look();
      });
    return { child, ended, until, said };
  };

  return {
    folder,
    dataDir: (name = 'data') => path.join(folder, name),
    start,
    run: (args: readonly string[], env?: NodeJS.ProcessEnv) => start(args, env).ended,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
};

export type Workshop = ReturnType<typeof openWorkshop>;

const SERVER = `
const http = require('node:http');
const { DELAY_MS = '0', SICK, LIVES = 'Infinity', PORT = '8080', HOST = '0.0.0.0' } = process.env;
let lives = Number(LIVES);
http.createServer((request, response) => {
  if (request.url !== '/healthz') lives -= 1;
  if (lives < 0) process.exit(7);
  if (SICK) response.statusCode = 503;
  setTimeout(() => response.end('ok'), Number(DELAY_MS));
}).listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
`;

export type Service = {
  readonly name?: string;
  /** Dockerfile lines of each stage after the common base, the reference first. */
  readonly stages?: Readonly<Record<string, readonly string[]>>;
  readonly rounds?: number;
  readonly vantages?: readonly string[];
  /** Lines under \`drill:\`. */
  readonly drill?: readonly string[];
  /** Further top-level lines. */
  readonly more?: readonly string[];
};

const STAGES = { plain: [], slow: ['ENV DELAY_MS=3'] };

/** Writes a service with a multi-stage Dockerfile and its configuration; answers with the configuration's path. */
export const writeService = ({ folder }: Workshop, service: Service = {}): string => {
  const { name = 'tiny', stages = STAGES, rounds = 1, drill = [], more = [] } = service;
  const { vantages = ['eu-west-1'] } = service;
  const home = path.join(folder, name);
  mkdirSync(home, { recursive: true });
  const names = Object.keys(stages);
  const dockerfile = [
    'FROM node:24-slim AS base',
    'WORKDIR /app',
    'COPY server.js .',
    ...Object.entries(stages).flatMap(([stage, lines]) => [
      `FROM base AS ${stage}`,
      ...lines,
      'CMD ["node", "server.js"]',
    ]),
  ];
  const config = [
    `service: ${name}`,
    'regions: { primary: eu-west-1, standby: eu-central-1 }',
    'image:',
    `  matrix: { target: [${names.join(', ')}] }`,
    `  reference: ${names[0]}`,
    'run: { port: 8080, health: /healthz }',
    'probes:',
    '  - { kind: http, path: / }',
    'drill:',
    `  profile: { rounds: ${rounds}, samples: 5, rate: 25/s }`,
    `  vantages: [${vantages.join(', ')}]`,
    ...drill.map((line) => `  ${line}`),
    ...more,
  ];
  writeFileSync(path.join(home, 'server.js'), SERVER);
  writeFileSync(path.join(home, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
  writeFileSync(path.join(home, '.dockerignore'), 'failover.yml\n');
  const file = path.join(home, 'failover.yml');
  writeFileSync(file, `${config.join('\n')}\n`);
  return file;
};
