/**
 * The programs that judge, installed beside the packages of npm: from PyPI into virtual environments, from
 * Maven Central file by file. Versions are pinned; jars by their digests, too.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';

export const CACHE = path.join(PROJECT_FOLDER, 'node_modules/.cache/failover-drill/peers');

const MAVEN_CENTRAL = 'https://repo1.maven.org/maven2';
const DOWNLOADS_MAX = 8;

const run = promisify(execFile);

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * Path of a program that a package of PyPI brings; needs python3 with venv.
 * @throws Error of python3 or pip when it cannot be installed.
 */
export const pythonProgram = async (requirement: string, program: string): Promise<string> => {
  const folder = path.join(CACHE, requirement);
  const file = path.join(folder, 'bin', program);
  if (existsSync(file)) return file;
  say(`installing ${requirement}`);
  mkdirSync(CACHE, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(path.join(folder, 'bin/pip'), ['--quiet', 'install', requirement]);
  return file;
};

const Jars = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

const download = async (source: string, sha256: string, folder: string): Promise<void> => {
  const file = path.join(folder, path.basename(source));
  if (existsSync(file)) return;
  const response = await fetch(`${MAVEN_CENTRAL}/${source}`);
  if (!response.ok) throw new Error(`${MAVEN_CENTRAL}/${source} answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`${source} has the digest ${found}, not ${sha256}`);
  writeFileSync(`${file}.part`, bytes);
  renameSync(`${file}.part`, file);
};

/**
 * Folder with DynamoDB Local and all it needs, the library of SQLite under the name Java looks for.
 * @throws Error naming the file that is not served, or is another than the one pinned.
 */
export const dynamodbLocalJars = async (): Promise<string> => {
  const file = path.join(import.meta.dirname, 'jars.json');
  const jars = Object.entries(Jars.parse(JSON.parse(readFileSync(file, 'utf8'))));
  const folder = path.join(CACHE, 'dynamodb-local');
  mkdirSync(folder, { recursive: true });
  const missing = jars.filter(([source]) => !existsSync(path.join(folder, path.basename(source))));
  if (missing.length > 0) say(`fetching ${missing.length} files of DynamoDB Local`);
  const next = missing[Symbol.iterator]();
  const fetchRest = async (): Promise<void> => {
    for (const [source, sha256] of next) await download(source, sha256, folder);
  };
  await Promise.all(Array.from({ length: DOWNLOADS_MAX }, fetchRest));
  const native = jars.find(([source]) => source.endsWith('.so'));
  if (!native) throw new Error('jars.json names no library of SQLite');
  const library = path.join(folder, 'libsqlite4java-linux-amd64.so');
  copyFileSync(path.join(folder, path.basename(native[0])), library);
  return folder;
};
