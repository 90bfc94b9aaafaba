import * as z from 'zod';
import { parseConfigFile, prepareLayout, readLayoutImage } from './layout.ts';
import {
  besideLayout,
  buildArguments,
  emptyTemporary,
  must,
  runBuild,
  type Storage,
  toolOf,
} from './storage.ts';
import type { BuildRequest, ContainerEngine, ImageFacts } from './types.ts';

const Inspected = z
  .array(
    z.object({
      Id: z.string(),
      Created: z.string(),
      Size: z.number(),
      Config: z.unknown(),
      RootFS: z.object({ Layers: z.array(z.string()).nullish() }).optional(),
    }),
  )
  .min(1);

const factsOf = (stdout: string): ImageFacts => {
  const [seen] = Inspected.parse(JSON.parse(stdout));
  return {
    ...parseConfigFile({
      created: seen?.Created,
      config: seen?.Config,
      rootfs: { diff_ids: seen?.RootFS?.Layers ?? [] },
    }),
    imageId: `sha256:${(seen?.Id ?? '').replace(/^sha256:/, '')}`,
    sizeBytes: seen?.Size ?? 0,
  };
};

/** podman, building in `chroot` isolation as buildah does. */
export const podmanEngine = (version: string, storage: Storage): ContainerEngine => {
  const tool = toolOf('podman', storage);
  const call = (args: readonly string[], timeoutMs?: number) =>
    must('podman', tool, args, timeoutMs === undefined ? {} : { timeoutMs });
  const policy = ['--signature-policy', storage.policyFile];

  const inspect = async (name: string) => {
    const result = await tool(['image', 'inspect', name]);
    return result.code === 0 ? factsOf(result.stdout) : undefined;
  };

  const build = async (request: BuildRequest) => {
    const args = ['build', ...policy, ...buildArguments(request), request.context];
    const ms = await runBuild('podman', (options) => tool(args, options), request);
    const facts = await inspect(request.tags[0] ?? '');
    return { imageId: facts?.imageId ?? '', ms };
  };

  const rootfs = async (name: string) => {
    const container = `failover-rootfs-${crypto.randomUUID()}`;
    await call(['create', '--pull=never', '--network=none', '--name', container, name, 'none']);
    const { stdout } = await call(['mount', container]);
    const release = async () => {
      await tool(['umount', container]);
      await call(['rm', '--force', container]);
    };
    return { path: stdout.trim(), release };
  };

  const cleanUp = async () => {
    await tool(['umount', '--all']);
    await call(['rm', '--all', '--force']);
    emptyTemporary(storage);
  };

  return {
    kind: 'podman',
    version,
    build,
    inspect,
    rootfs,
    cleanUp,
    pull: async (name, timeoutMs) => {
      await call(['pull', ...policy, '--quiet', name], timeoutMs);
    },
    tag: async (name, as) => {
      await call(['tag', name, as]);
    },
    pushToLayout: async (name, folder, ref) => {
      prepareLayout(folder);
      await call(['push', ...policy, '--quiet', '--format=oci', name, `oci:${folder}:${ref}`]);
      return readLayoutImage(folder, ref);
    },
    loadFromLayout: (folder, ref, name) =>
      besideLayout(storage, folder, async (cwd) => {
        const pull = ['pull', ...policy, '--quiet', `oci:layout:${ref}`];
        const { stdout } = await must('podman', tool, pull, { cwd });
        await call(['tag', stdout.trim().split('\n').at(-1) ?? '', name]);
        // The name made of the path would keep the image alive after its removal.
        await tool(['rmi', 'localhost/layout:latest']);
      }),
    remove: async (name) => {
      await call(['rmi', '--force', name]);
    },
  };
};
