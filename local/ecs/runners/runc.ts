import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ContainerEngine, RootFs } from '../../containers/types.ts';
import { outOfMemoryKills } from './cgroups.ts';
import { commandLine, environmentOf, identityOf } from './containerProcess.ts';
import { launch, whenStarted } from './launch.ts';
import { free, type Ledger } from './leftovers.ts';
import { ociConfig } from './ociConfig.ts';
import { childrenOf, markOf } from './processIdentity.ts';
import { exitCodeOf, signalProcess, stopSignalOf } from './signals.ts';
import {
  type ContainerImage,
  type ContainerSpec,
  type Exit,
  type Limit,
  type OutputSink,
  type Runner,
  type RunningContainer,
  StartError,
} from './types.ts';
import { createLinks, type Link } from './veth.ts';

export type RuncSettings = {
  readonly engine: Pick<ContainerEngine, 'rootfs'>;
  readonly ledger: Ledger;
  /** The OCI runtime program: runc or crun. */
  readonly runtime: string;
  /** `overlay` shares one mounted image between tasks; `copy` gives each a root file system. */
  readonly layering: 'overlay' | 'copy';
  readonly enforced: readonly Limit[];
  readonly reason: string;
};

const LIMITS: readonly Limit[] = ['cpu', 'memory', 'pids'];
const STDERR_LINE_MAX = 400;
const EXIT_NOT_LAUNCHED = 127;

const numberOf = (text: string): number =>
  createHash('sha256').update(text).digest().readUInt32BE(0);

/** Files that docker, too, puts over those of the image. Nothing outside is reached, so no resolver. */
const hostFiles = (bundle: string, hostname: string, address: string) => {
  const texts = {
    hosts: `127.0.0.1 localhost\n::1 localhost\n${address} ${hostname}\n`,
    hostname: `${hostname}\n`,
    'resolv.conf': '',
  };
  return Object.entries(texts).map(([name, text]) => {
    const host = path.join(bundle, name);
    writeFileSync(host, text, { mode: 0o644 });
    return { host, inside: `/etc/${name}` };
  });
};

/** One mounted root file system per image, made when first asked for. */
const createImages = ({ engine, ledger }: RuncSettings) => {
  const mounted = new Map<string, Promise<RootFs>>();
  const open = async (name: string, id: string): Promise<RootFs> => {
    const rootfs = await engine.rootfs(name);
    ledger.write(id, { mount: rootfs.path });
    return {
      path: rootfs.path,
      release: async () => {
        await rootfs.release();
        ledger.remove(id);
      },
    };
  };
  return {
    shared(image: ContainerImage): Promise<RootFs> {
      const known = mounted.get(image.digest);
      if (known) return known;
      const opening = open(image.name, `image-${image.digest.replace(':', '-')}`);
      mounted.set(image.digest, opening);
      opening.catch(() => mounted.delete(image.digest));
      return opening;
    },
    own: (image: ContainerImage, taskId: string) => open(image.name, `rootfs-${taskId}`),
    async close() {
      for (const opening of mounted.values()) {
        const rootfs = await opening.catch(() => undefined);
        await rootfs?.release();
      }
      mounted.clear();
    },
  };
};

const writeBundle = (
  bundle: string,
  rootfs: string,
  spec: ContainerSpec,
  image: ContainerImage,
  { link, enforced, cgroup }: { link: Link; enforced: readonly Limit[]; cgroup: string },
): void => {
  const identity = identityOf(rootfs, spec.user ?? image.config.user);
  const hostname = spec.taskId.slice(0, 12);
  for (const folder of ['rootfs', 'upper', 'work', 'state']) {
    mkdirSync(path.join(bundle, folder), { recursive: true });
  }
  symlinkSync(rootfs, path.join(bundle, 'lower'));
  const config = ociConfig({
    args: commandLine(image.config, spec),
    env: environmentOf(image.config.env, spec.environment, identity.home),
    cwd: spec.workingDirectory ?? (image.config.workingDir || '/'),
    identity,
    hostname,
    readonlyRoot: spec.readonlyRoot,
    cgroupPath: cgroup,
    cpuUnits: spec.cpuUnits,
    memoryMb: spec.memoryMb,
    enforced,
    files: hostFiles(bundle, hostname, link.taskAddress),
  });
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config), { mode: 0o600 });
};

const keepLastError = (child: ChildProcess) => {
  let last = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    last = chunk.toString().trim().split('\n').at(-1)?.slice(-STDERR_LINE_MAX) ?? last;
  });
  return () => last;
};

/** Real containers by an OCI runtime, each in namespaces of its own and with limits. Needs root. */
export const createRuncRunner = (settings: RuncSettings): Runner => {
  const { ledger, layering, enforced } = settings;
  const images = createImages(settings);
  const run = path.basename(ledger.folder);
  const links = createLinks(numberOf(`${run}${process.pid}`));

  const start = async (spec: ContainerSpec, output: OutputSink): Promise<RunningContainer> => {
    const { taskId, image } = spec;
    if (image.kind !== 'container') {
      throw new StartError('CannotCreateContainerError: this image is no container image');
    }
    const rootfs = await (layering === 'overlay'
      ? images.shared(image)
      : images.own(image, taskId));
    const link = links.take();
    const bundle = path.join(ledger.folder, taskId);
    const cgroup = `/failover-drill-${taskId}`;
    const holding = { cgroup, folder: bundle };
    const finish = async () => {
      await free(holding);
      if (layering === 'copy') await rootfs.release();
      link.release();
      ledger.remove(taskId);
    };
    ledger.write(taskId, holding);
    let child: ChildProcess;
    try {
      writeBundle(bundle, rootfs.path, spec, image, { link, enforced, cgroup });
      child = launch({ bundle, id: taskId, layering, link, runtime: settings.runtime });
    } catch (error) {
      await finish();
      throw error;
    }
    const lastError = keepLastError(child);
    child.stdout?.on('data', (chunk: Buffer) => output('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => output('stderr', chunk));
    // The streams are closed too, so that the last lines of output are read before the exit is told.
    const closed = new Promise<number>((resolve) => {
      child.once('error', () => resolve(EXIT_NOT_LAUNCHED));
      child.once('close', (code, signal) => resolve(exitCodeOf(code, signal)));
    });
    const { pid } = child;
    if (pid !== undefined) ledger.write(taskId, { ...holding, process: markOf(pid) });
    if (pid === undefined || !(await whenStarted(bundle, child))) {
      await closed;
      await finish();
      throw new StartError(`CannotStartContainerError: ${lastError() || 'the launch failed'}`);
    }
    const exited = closed.then(async (exitCode): Promise<Exit> => {
      const outOfMemory = outOfMemoryKills(cgroup) > 0;
      await finish();
      return { exitCode, outOfMemory };
    });
    const [runtimePid] = childrenOf(pid);
    return {
      endpoint: (port) => ({ host: link.taskAddress, port }),
      exited,
      stop: () => {
        // The runtime passes signals on to the container's first process.
        const signal = stopSignalOf(image.config.stopSignal);
        if (runtimePid !== undefined) signalProcess(runtimePid, signal);
      },
      kill: () => void signalProcess(pid, 'SIGKILL'),
      notEnforced: LIMITS.filter((limit) => !enforced.includes(limit)),
    };
  };

  return {
    kind: 'runc',
    reason: settings.reason,
    start,
    close: () => images.close(),
  };
};
