import { existsSync } from 'node:fs';
import path from 'node:path';
import { DockerfileError } from '../dockerfile.ts';
import { findProgram } from '../hostFiles.ts';
import { enterCommand, type Isolation } from './isolation.ts';
import type { StageConfig } from './stageConfig.ts';
import { findUser } from './users.ts';

/** A command line of this machine with all it needs. */
export type HostCommand = {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An absolute path of the stage as a path of this machine, when the stage has it. */
const mapPath = (root: string, word: string): string =>
  word.startsWith('/') && existsSync(path.join(root, word)) ? path.join(root, word) : word;

const plainProgram = (root: string, program: string): string => {
  if (/(^|\/)node$/.test(program)) return process.execPath;
  return mapPath(root, program);
};

const plainCommand = (root: string, config: StageConfig, argv: readonly string[]): HostCommand => {
  const [program = '', ...rest] = argv[0] === 'docker-entrypoint.sh' ? argv.slice(1) : argv;
  const env = Object.entries(config.env)
    .filter(
      ([name]) => name !== 'PATH' && name !== 'SSL_CERT_FILE' && name !== 'NODE_EXTRA_CA_CERTS',
    )
    .map(([name, value]) => [name, mapPath(root, value)]);
  const searchPath = `${path.dirname(process.execPath)}:${process.env['PATH'] ?? DEFAULT_PATH}`;
  return {
    argv: [plainProgram(root, program), ...rest.map((word) => mapPath(root, word))],
    cwd: path.join(root, config.workingDir),
    env: { PATH: searchPath, ...Object.fromEntries(env) },
  };
};

/**
 * How a command of a stage is started on this machine: inside its folder where the kernel lets us,
 * otherwise on the machine itself with absolute paths pointed into the folder.
 */
export const hostCommand = (
  isolation: Isolation,
  root: string,
  config: StageConfig,
  argv: readonly string[],
  privateAt?: string,
): HostCommand => {
  if (isolation === 'none') return plainCommand(root, config, argv);
  const { uid, gid } = findUser(root, config.user);
  const folder = config.workingDir;
  const options = { isolation, root, folder, uid, gid };
  const entered = privateAt === undefined ? options : { ...options, privateAt };
  return {
    argv: enterCommand(entered, argv),
    cwd: '/',
    env: { PATH: DEFAULT_PATH, HOME: uid === 0 ? '/root' : '/', ...config.env },
  };
};

/** Refuses RUN on the machine itself when it names absolute paths, which would be the machine's own. */
export const checkPlainRun = (text: string, line: number): void => {
  const named = /(?:^|[\s"'=:>(])(\/(?!dev\/(?:null|stdout|stderr)\b)[\w.-][^\s"']*)/.exec(text);
  if (!named && findProgram('sh')) return;
  throw new DockerfileError(
    `line ${line}: RUN names ${named?.[1] ?? 'a shell'}, and without a container engine or a mount ` +
      'namespace that would be a path of this machine. Use paths relative to WORKDIR, or install buildah',
  );
};
