import path from 'node:path';
import type { EngineChoice } from '../../containers/detect.ts';
import { openStorage } from '../../containers/storage.ts';
import type { ContainerEngine } from '../../containers/types.ts';
import { createCliRunner } from './containerCli.ts';
import { detectRunc } from './detect.ts';
import type { Ledger } from './leftovers.ts';
import { createProcessRunner } from './process.ts';
import { createRuncRunner } from './runc.ts';
import type { Runner } from './types.ts';

export type RunnerNeeds = {
  readonly dataDir: string;
  /** The engine that builds and keeps images; undefined where none works. */
  readonly engine: ContainerEngine | undefined;
  /** What `detectBuilder` found; undefined where none works. */
  readonly choice: EngineChoice | undefined;
  /** Why there is no engine, if there is none. */
  readonly reason: string;
  /** Unique on this machine. */
  readonly id: string;
};

/**
 * The best way to run tasks here: an OCI runtime over the images of buildah or podman, docker's or
 * podman's own `run`, and plain processes last. Open about why.
 */
export const chooseRunner = async (needs: RunnerNeeds, ledger: Ledger): Promise<Runner> => {
  const { engine, choice } = needs;
  if (!engine || !choice) {
    return createProcessRunner(ledger, `no container engine: ${needs.reason}`);
  }
  if (choice.kind === 'docker') {
    const program = { kind: 'docker', args: [], env: process.env } as const;
    return createCliRunner(program, ledger, `docker ${choice.version}`);
  }
  const found = await detectRunc(ledger.folder, needs.id);
  if (found.ok) {
    const reason = `${found.runtime} over ${choice.kind} ${choice.version}, proved by a container`;
    return createRuncRunner({ ...found, engine, ledger, reason });
  }
  if (choice.kind === 'podman') {
    const storage = openStorage(path.join(needs.dataDir, 'containers'), choice.driver ?? 'vfs');
    const program = { kind: 'podman', args: storage.args, env: storage.env } as const;
    return createCliRunner(program, ledger, `podman ${choice.version}: ${found.reason}`);
  }
  return createProcessRunner(
    ledger,
    `${choice.kind} builds images here but cannot run them: ${found.reason}`,
  );
};
