import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { realClock } from '../clock.ts';
import { buildahEngine } from './buildah.ts';
import { runCommand } from './command.ts';
import { dockerEngine } from './docker.ts';
import { fullDisk, roomOf } from './fullDisk.ts';
import { installBuilder, installObstacle, readOsRelease } from './install.ts';
import { podmanEngine } from './podman.ts';
import { openStorage, type StorageDriver } from './storage.ts';
import { proveEngine } from './toy.ts';
import type { ContainerEngine, EngineKind } from './types.ts';

/** Which engine, in which version and with which storage. Enough to open it again elsewhere. */
export const EngineChoice = z.object({
  kind: z.enum(['docker', 'podman', 'buildah']),
  version: z.string(),
  driver: z.enum(['overlay', 'vfs']).optional(),
});
export type EngineChoice = z.infer<typeof EngineChoice>;

/** One tool that was tried, and why it was not taken. */
type Attempt = { readonly tool: string; readonly ok: boolean; readonly reason: string };

export type BuilderDetection = {
  readonly kind: EngineKind | 'none';
  readonly version: string;
  /** Why this one, or why none. */
  readonly reason: string;
  readonly attempts: readonly Attempt[];
  /** What `openEngine` takes; undefined for `none`. */
  readonly choice: EngineChoice | undefined;
  readonly ms: number;
};

export type DetectOptions = {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** May packages be installed when nothing works? */
  readonly allowInstall: boolean;
  readonly clock?: Clock;
};

const VERSION_TIMEOUT_MS = 10_000;
const ORDER: readonly EngineKind[] = ['docker', 'podman', 'buildah'];

const containersFolder = (dataDir: string) => path.join(dataDir, 'containers');

/** Opens the chosen engine on the storage of this data folder. */
export const openEngine = (choice: EngineChoice, dataDir: string): ContainerEngine => {
  const folder = containersFolder(dataDir);
  if (choice.kind === 'docker') return dockerEngine(choice.version, path.join(folder, 'scratch'));
  const storage = openStorage(folder, choice.driver ?? 'vfs');
  return choice.kind === 'podman'
    ? podmanEngine(choice.version, storage)
    : buildahEngine(choice.version, storage);
};

const versionOf = async (tool: EngineKind): Promise<string | undefined> => {
  const result = await runCommand(tool, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  if (result.code !== 0) return undefined;
  return /\d+\.\d+\S*?(?=[,\s]|$)/.exec(result.stdout)?.[0] ?? result.stdout.trim();
};

/** A docker CLI from 23 on needs the buildx plugin for BuildKit; an older one has it built in. */
const buildKitObstacle = async (version: string): Promise<string | undefined> => {
  if (Number.parseInt(version, 10) < 23) return undefined;
  const { code } = await runCommand('docker', ['buildx', 'version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  return code === 0 ? undefined : 'BuildKit is missing: docker has no buildx plugin';
};

const daemonObstacle = async (): Promise<string | undefined> => {
  const result = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  if (result.code === 0) return undefined;
  return result.timedOut
    ? 'the docker daemon does not answer'
    : (result.stderr.trim().split('\n').at(-1) ?? 'no docker daemon');
};

const prove = async (choice: EngineChoice, dataDir: string): Promise<string | undefined> => {
  const engine = openEngine(choice, dataDir);
  const obstacle = await proveEngine(engine, path.join(containersFolder(dataDir), 'scratch'));
  if (obstacle === undefined) return undefined;
  const full = fullDisk(choice.kind, obstacle, dataDir, roomOf(dataDir));
  // Plain processes would not fit there either, and measure something else.
  if (full) throw full;
  return obstacle;
};

type Tried = { attempt: Attempt; choice?: EngineChoice };

const tryTool = async (tool: EngineKind, dataDir: string): Promise<Tried> => {
  const version = await versionOf(tool);
  const fail = (reason: string): Tried => ({ attempt: { tool, ok: false, reason } });
  if (version === undefined) return fail('not installed');
  if (tool === 'docker') {
    const obstacle = (await daemonObstacle()) ?? (await buildKitObstacle(version));
    if (obstacle) return fail(obstacle);
  }
  const drivers: (StorageDriver | undefined)[] =
    tool === 'docker' ? [undefined] : ['overlay', 'vfs'];
  let reason = '';
  for (const driver of drivers) {
    const choice = { kind: tool, version, ...(driver === undefined ? {} : { driver }) };
    const obstacle = await prove(choice, dataDir);
    const how = driver === undefined ? '' : ` on ${driver} storage`;
    if (obstacle === undefined) {
      return { attempt: { tool, ok: true, reason: `built a two-stage image${how}` }, choice };
    }
    reason = `building a two-stage image failed${how}: ${obstacle}`;
  }
  return fail(reason);
};

const verdictFile = (dataDir: string) => path.join(containersFolder(dataDir), 'engine.json');

/** The choice of an earlier run, if the tool still has that version and docker did not come up since. */
const remembered = async (dataDir: string): Promise<EngineChoice | undefined> => {
  let choice: EngineChoice;
  try {
    choice = EngineChoice.parse(JSON.parse(readFileSync(verdictFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
  if (choice.kind !== 'docker' && (await daemonObstacle()) === undefined) return undefined;
  return (await versionOf(choice.kind)) === choice.version ? choice : undefined;
};

const search = async (dataDir: string, attempts: Attempt[]): Promise<EngineChoice | undefined> => {
  for (const tool of ORDER) {
    const { attempt, choice } = await tryTool(tool, dataDir);
    attempts.push(attempt);
    if (choice) return choice;
  }
  return undefined;
};

const installAndSearch = async (
  options: DetectOptions,
  attempts: Attempt[],
): Promise<EngineChoice | undefined> => {
  const clock = options.clock ?? realClock;
  const note = (reason: string) => {
    attempts.push({ tool: 'apt-get', ok: false, reason });
    return undefined;
  };
  if (!options.allowInstall) return note('installing packages is forbidden (--no-install)');
  const obstacle = installObstacle(process.getuid?.(), readOsRelease());
  if (obstacle) return note(obstacle);
  const failed = await installBuilder(clock.now(), options.log);
  if (failed) return note(failed);
  const { attempt, choice } = await tryTool('buildah', options.dataDir);
  attempts.push({ ...attempt, tool: 'buildah (just installed)' });
  return choice;
};

/**
 * Finds a container builder by really building a two-stage toy image: docker with BuildKit, then
 * podman, then buildah. A choice of an earlier run is proved again, which its layer cache makes cheap.
 * @throws DrillError `DiskFull` where a tool fails for want of space in the data folder.
 */
export const detectBuilder = async (options: DetectOptions): Promise<BuilderDetection> => {
  const clock = options.clock ?? realClock;
  const startedMs = clock.monotonicMs();
  const attempts: Attempt[] = [];
  mkdirSync(containersFolder(options.dataDir), { recursive: true });
  const known = await remembered(options.dataDir);
  let choice: EngineChoice | undefined;
  if (known && (await prove(known, options.dataDir)) === undefined) {
    choice = known;
    attempts.push({ tool: known.kind, ok: true, reason: 'built a two-stage image again' });
  }
  choice ??= await search(options.dataDir, attempts);
  choice ??= await installAndSearch(options, attempts);
  if (choice) writeFileSync(verdictFile(options.dataDir), JSON.stringify(choice));
  const last = attempts.at(-1);
  const reason = choice
    ? (last?.reason ?? '')
    : attempts.map((a) => `${a.tool}: ${a.reason}`).join('; ');
  return {
    kind: choice?.kind ?? 'none',
    version: choice?.version ?? '',
    reason,
    attempts,
    choice,
    ms: clock.monotonicMs() - startedMs,
  };
};
