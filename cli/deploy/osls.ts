/** Deploys stacks with osls (a fork of the Serverless Framework), each from a folder of its own. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';

const COPIED = ['serverless.yml', 'buildspec.yml', 'resources', 'statemachines'];
const OSLS = path.join(PROJECT_FOLDER, 'node_modules/serverless/bin/serverless.js');
/** Of what a program said before it failed. */
const LINES_KEPT = 15;

type Ended = { readonly code: number | null; readonly said: string };

/** What osls says after `Error:`, or the last lines of it all. */
const lastWords = (lines: readonly string[]): string => {
  const said = lines.map((line) => line.trim()).filter((line) => line !== '');
  const words = said.slice(said.lastIndexOf('Error:') + 1);
  return words.slice(-LINES_KEPT).join('\n  ');
};

/** In a group of its own: a Ctrl-C on the terminal reaches this process alone, which ends the other. */
const runNode = (
  script: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' };
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const keep = (chunk: Buffer): void => {
      lines.push(...chunk.toString().split('\n'));
      lines.splice(0, Math.max(0, lines.length - 10 * LINES_KEPT));
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve({ code, said: lastWords(lines) });
    });
  });

export type Place = { readonly role: string; readonly region: string };

export type Osls = {
  /**
   * `force`: also where the archives are those of the last time, whose change may not have been carried out.
   * @throws DrillError `DeployFailed` with the last words of osls, `Interrupted`.
   */
  deploy(
    place: Place,
    params: Readonly<Record<string, string>>,
    force: boolean,
    signal: AbortSignal,
  ): Promise<void>;
  close(): void;
};

const interrupted = (): DrillError => new DrillError('Interrupted', 'interrupted');

/**
 * Packages the functions once. `files` stand in the place of those of the same path beside serverless.yml.
 * @throws DrillError `ConfigInvalid` where osls is not installed, `DeployFailed` when packaging fails.
 */
export const openOsls = async (
  stage: string,
  files: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Osls> => {
  if (!existsSync(OSLS)) {
    throw new DrillError('ConfigInvalid', `osls is not installed in ${PROJECT_FOLDER}: npm ci`);
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'failover-deploy-'));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  const archives = path.join(folder, '.build');
  const script = path.join(PROJECT_FOLDER, 'scripts/package.ts');
  const packaged = await runNode(script, [archives], PROJECT_FOLDER, signal);
  if (signal.aborted || packaged.code !== 0) {
    close();
    if (signal.aborted) throw interrupted();
    throw new DrillError('DeployFailed', `the functions could not be packaged:\n${packaged.said}`);
  }
  /** osls keeps state in the folder it works in. */
  const folderFor = ({ role, region }: Place): string => {
    const own = path.join(folder, `${role}-${region}`);
    mkdirSync(own);
    for (const source of COPIED) {
      cpSync(path.join(PROJECT_FOLDER, source), path.join(own, source), { recursive: true });
    }
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(own, file), text);
    symlinkSync(path.join(PROJECT_FOLDER, 'node_modules'), path.join(own, 'node_modules'));
    symlinkSync(archives, path.join(own, '.build'));
    return own;
  };
  const deploy: Osls['deploy'] = async (place, params, force, aborted) => {
    const { role, region } = place;
    const told = Object.entries({ ...params, role }).flatMap(([key, value]) => [
      '--param',
      `${key}=${value}`,
    ]);
    const args = [
      'deploy',
      '--stage',
      stage,
      '--region',
      region,
      ...told,
      ...(force ? ['--force'] : []),
    ];
    const { code, said } = await runNode(OSLS, args, folderFor(place), aborted);
    if (aborted.aborted) throw interrupted();
    if (code !== 0) throw new DrillError('DeployFailed', said, { role, region });
  };
  return { deploy, close };
};
