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

const Inspected = z.object({ FromImageID: z.string(), Config: z.string(), Manifest: z.string() });
const Sizes = z.object({ layers: z.array(z.object({ size: z.number() })) });

const factsOf = (stdout: string): ImageFacts => {
  const seen = Inspected.parse(JSON.parse(stdout));
  const layers = Sizes.parse(JSON.parse(seen.Manifest)).layers;
  return {
    imageId: `sha256:${seen.FromImageID}`,
    ...parseConfigFile(JSON.parse(seen.Config)),
    sizeBytes: layers.reduce((sum, layer) => sum + layer.size, 0),
  };
};

/** buildah in `chroot` isolation: needs no daemon and no cgroups. */
export const buildahEngine = (version: string, storage: Storage): ContainerEngine => {
  const tool = toolOf('buildah', storage);
  const call = (args: readonly string[], timeoutMs?: number) =>
    must('buildah', tool, args, timeoutMs === undefined ? {} : { timeoutMs });
  const policy = ['--signature-policy', storage.policyFile];

  const inspect = async (name: string) => {
    const result = await tool(['inspect', '--type', 'image', name]);
    return result.code === 0 ? factsOf(result.stdout) : undefined;
  };

  const build = async (request: BuildRequest) => {
    const args = ['bud', ...policy, ...buildArguments(request), request.context];
    const ms = await runBuild('buildah', (options) => tool(args, options), request);
    const facts = await inspect(request.tags[0] ?? '');
    return { imageId: facts?.imageId ?? '', ms };
  };

  const rootfs = async (name: string) => {
    const container = `failover-rootfs-${crypto.randomUUID()}`;
    await call(['from', ...policy, '--pull-never', '--name', container, name]);
    const { stdout } = await call(['mount', container]);
    const release = async () => {
      await tool(['umount', container]);
      await call(['rm', container]);
    };
    return { path: stdout.trim(), release };
  };

  const cleanUp = async () => {
    await tool(['umount', '--all']);
    await call(['rm', '--all']);
    emptyTemporary(storage);
  };

  return {
    kind: 'buildah',
    version,
    build,
    inspect,
    rootfs,
    cleanUp,
    pull: async (name, timeoutMs) => {
      await call(['pull', ...policy, '--policy', 'always', '--quiet', name], timeoutMs);
    },
    tag: async (name, as) => {
      await call(['tag', name, as]);
    },
    pushToLayout: async (name, folder, ref) => {
      prepareLayout(folder);
      await call(['push', ...policy, '--quiet', name, `oci:${folder}:${ref}`]);
      return readLayoutImage(folder, ref);
    },
    loadFromLayout: (folder, ref, name) =>
      besideLayout(storage, folder, async (cwd) => {
        const pull = ['pull', ...policy, '--quiet', `oci:layout:${ref}`];
        const { stdout } = await must('buildah', tool, pull, { cwd });
        await call(['tag', stdout.trim().split('\n').at(-1) ?? '', name]);
        // The name made of the path would keep the image alive after its removal.
        await tool(['rmi', 'localhost/layout:latest']);
      }),
    remove: async (name) => {
      await call(['rmi', '--force', name]);
    },
  };
};
