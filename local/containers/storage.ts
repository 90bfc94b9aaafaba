import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CommandOptions, CommandResult } from './command.ts';
import { lastWords, runCommand } from './command.ts';
import { BuildError, EngineError } from './errors.ts';
import type { BuildRequest } from './types.ts';

/** How layers are kept: `overlay` shares them, `vfs` copies and works everywhere. */
export type StorageDriver = 'overlay' | 'vfs';

/** Image storage of our own, so that nothing of the user's is touched and one folder frees all. */
export type Storage = {
  readonly folder: string;
  readonly driver: StorageDriver;
  /** Arguments that stand before the subcommand of podman and buildah. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly policyFile: string;
};

const POLICY = { default: [{ type: 'insecureAcceptAnything' }] };
const REGISTRIES =
  'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n';
// podman 4.3 cannot raise limits without CAP_SYS_RESOURCE nor set sysctls in the host's network.
const CONTAINERS_CONF = [
  '[containers]',
  'default_sysctls = []',
  'default_ulimits = ["nofile=1024:4096","nproc=1024:4096"]',
  '[engine]',
  'cgroup_manager = "cgroupfs"',
  'events_logger = "file"',
  '',
].join('\n');

export const openStorage = (folder: string, driver: StorageDriver): Storage => {
  const at = (...names: string[]) => path.join(folder, ...names);
  for (const name of ['etc', 'tmp']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('etc', 'policy.json'), JSON.stringify(POLICY));
  writeFileSync(at('etc', 'registries.conf'), REGISTRIES);
  writeFileSync(at('etc', 'containers.conf'), CONTAINERS_CONF);
  return {
    folder,
    driver,
    args: ['--root', at(driver), '--runroot', at('run'), '--storage-driver', driver],
    policyFile: at('etc', 'policy.json'),
    env: {
      ...process.env,
      TMPDIR: at('tmp'),
      CONTAINERS_REGISTRIES_CONF: at('etc', 'registries.conf'),
      CONTAINERS_CONF: at('etc', 'containers.conf'),
      BUILDAH_ISOLATION: 'chroot',
    },
  };
};

/** Throws half-written files of killed builds away. */
export const emptyTemporary = (storage: Storage): void => {
  const folder = path.join(storage.folder, 'tmp');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
};

/**
 * Runs `work` in a folder where the OCI layout is called `layout`. The tools make an image name of
 * the layout's path, which fails for a path with capitals.
 */
export const besideLayout = async <T>(
  storage: Storage,
  layout: string,
  work: (cwd: string) => Promise<T>,
): Promise<T> => {
  const cwd = mkdtempSync(path.join(storage.folder, 'tmp', 'load-'));
  symlinkSync(path.resolve(layout), path.join(cwd, 'layout'));
  try {
    return await work(cwd);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
};

export type Tool = (args: readonly string[], options?: CommandOptions) => Promise<CommandResult>;

/** The program with its storage arguments in front. */
export const toolOf =
  (program: string, storage: Storage): Tool =>
  (args, options = {}) =>
    runCommand(program, [...storage.args, ...args], { env: storage.env, ...options });

/** Runs and throws an EngineError that names the tool, the subcommand and its last words. */
export const must = async (
  program: string,
  tool: Tool,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> => {
  const result = await tool(args, options);
  if (result.code === 0) return result;
  const why = result.timedOut ? 'took too long' : lastWords(result);
  throw new EngineError(`${program} ${args[0] ?? ''} failed (exit ${result.code}): ${why}`);
};

const pairs = (flag: string, record: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(record).flatMap(([name, value]) => [flag, `${name}=${value}`]);

/** The `bud`/`build` arguments that podman and buildah share. */
export const buildArguments = (request: BuildRequest): string[] => [
  '--isolation=chroot',
  '--network=host',
  '--layers=true',
  '--pull-never',
  ...(request.noCache ? ['--no-cache'] : []),
  ...(request.target === undefined ? [] : ['--target', request.target]),
  ...pairs('--build-arg', request.buildArgs),
  ...pairs('--label', request.labels),
  ...(request.readOnlyMounts ?? []).flatMap(({ host, inside }) => ['-v', `${host}:${inside}:ro`]),
  ...request.tags.flatMap((tag) => ['--tag', tag]),
  '--file',
  request.dockerfile,
];

const TAIL_LINES = 20;

/** Runs a build command; a failing one becomes a BuildError with the end of its output. */
export const runBuild = async (
  program: string,
  run: (options: CommandOptions) => Promise<CommandResult>,
  request: BuildRequest,
): Promise<number> => {
  const tail: string[] = [];
  const started = performance.now();
  const result = await run({
    onLine: (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      request.onLine(line);
    },
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  if (result.code !== 0) {
    throw new BuildError(`${program} build failed (exit ${result.code})`, tail);
  }
  return performance.now() - started;
};
