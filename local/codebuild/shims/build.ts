import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { realClock } from '../../clock.ts';
import { type BaseImage, ensureBases } from '../../containers/bases/resolve.ts';
import { DockerfileError, findStage, readStages } from '../../containers/dockerfile.ts';
import type { BuildRequest, ContainerEngine } from '../../containers/types.ts';
import type { BuildCommand } from './dockerArguments.ts';
import type { ShimSettings } from './settings.ts';

type Mounts = NonNullable<BuildRequest['readOnlyMounts']>;

/** Where a pulled base finds the certificates of the host while it is built on. */
const CA_INSIDE = '/run/failover-drill-ca.crt';

/**
 * Files of the host that RUN steps may read: the user's npm settings, and for pulled bases the
 * certificates that the host trusts in addition. They are mounts, so no layer ever holds them.
 */
const hostMounts = async (bases: readonly BaseImage[], folder: string): Promise<Mounts> => {
  const mounts: { host: string; inside: string }[] = [];
  const npmrc = path.join(os.homedir(), '.npmrc');
  const settings = existsSync(npmrc) ? readFileSync(npmrc, 'utf8') : undefined;
  const ca = process.env['NODE_EXTRA_CA_CERTS'];
  const pulled = bases.some(({ origin }) => origin !== 'assembled');
  const useCa = pulled && ca !== undefined && existsSync(ca);
  if (useCa) mounts.push({ host: ca, inside: CA_INSIDE });
  if (settings !== undefined || useCa) {
    const file = path.join(folder, 'npmrc');
    const lines = [settings ?? '', ...(useCa ? [`cafile=${CA_INSIDE}`] : [])];
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    mounts.push({ host: file, inside: '/root/.npmrc' });
  }
  return mounts;
};

const readDockerfile = (file: string, shown: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new DockerfileError(`${shown}: there is no such Dockerfile in the build context`);
  }
};

/** A Dockerfile taken apart, with the files it stands for. */
export const openDockerfile = (command: BuildCommand) => {
  const context = path.resolve(command.context);
  const dockerfile =
    command.file === undefined ? path.join(context, 'Dockerfile') : path.resolve(command.file);
  const shown = command.file ?? 'Dockerfile';
  const graph = readStages(readDockerfile(dockerfile, shown), command.buildArgs, shown);
  findStage(graph, command.target, shown);
  return { context, dockerfile, shown, graph };
};

/** Makes the bases available and builds, telling every line of it. */
export const buildWithEngine = async (
  engine: ContainerEngine,
  settings: ShimSettings,
  command: BuildCommand,
  onLine: (line: string) => void,
): Promise<string> => {
  const { context, dockerfile, shown, graph } = openDockerfile(command);
  const options = { engine, dataDir: settings.dataDir, clock: realClock, log: onLine };
  const bases = await ensureBases(graph, command.target, shown, options);
  // In the folder of the build, which is removed also when the build is killed.
  const folder = await mkdtemp(path.join(path.dirname(settings.pushedFile), 'mounts-'));
  try {
    const { imageId } = await engine.build({
      context,
      dockerfile,
      buildArgs: command.buildArgs,
      labels: command.labels,
      tags: command.tags,
      noCache: command.noCache,
      readOnlyMounts: engine.kind === 'docker' ? [] : await hostMounts(bases, folder),
      onLine,
      ...(command.target === undefined ? {} : { target: command.target }),
    });
    return imageId;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
