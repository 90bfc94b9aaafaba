import { readProcessImage } from '../containers/processImage.ts';
import type { ContainerEngine, ImageFacts } from '../containers/types.ts';
import type { Ecr } from './createEcr.ts';
import { PROCESS_ANNOTATION, parseManifest, readManifest, refOfDigest } from './layout.ts';
import { parseEcrUri } from './uri.ts';

/** An image of the registry made ready to run on this machine. */
export type LocalImage =
  | {
      readonly kind: 'container';
      readonly digest: string;
      /** What the engine's `rootfs` takes. */
      readonly name: string;
      readonly facts: ImageFacts;
    }
  | {
      readonly kind: 'process';
      readonly digest: string;
      /** Where to start the command, and with what: see local/containers/processImage.ts. */
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
      readonly command: readonly string[];
    };

/**
 * Finds an image by its ECR URI and brings it into the engine's storage when it is not there yet.
 * @returns undefined when the registry has no such image in that region.
 * @throws Error when the URI is none of ECR, or the image needs an engine and there is none.
 */
export const localImage = async (
  ecr: Ecr,
  engine: ContainerEngine | undefined,
  uri: string,
): Promise<LocalImage | undefined> => {
  const parsed = parseEcrUri(uri);
  if (!parsed) throw new Error(`"${uri}" is no ECR image URI`);
  const { region, repository, tag, digest: asked } = parsed;
  const found = ecr.locate(region, repository, {
    ...(asked === undefined ? { imageTag: tag ?? 'latest' } : { imageDigest: asked }),
  });
  if (!found) return undefined;
  const { digest, folder } = found;
  const manifest = parseManifest(await readManifest(folder, digest));
  const processFolder = manifest?.annotations?.[PROCESS_ANNOTATION];
  if (processFolder !== undefined) {
    const { cwd, env, command } = readProcessImage(processFolder);
    return { kind: 'process', digest, cwd, env, command };
  }
  if (!engine) throw new Error(`${uri} is a container image, and no container engine works here`);
  const configDigest = manifest?.config.digest ?? '';
  // An image keeps its configuration digest through a push, so a locally built one is found by it.
  const built = await engine.inspect(configDigest);
  if (built) return { kind: 'container', digest, name: built.imageId, facts: built };
  const name = `localhost/failover-drill/pulled:${refOfDigest(digest)}`;
  const loaded = await engine.inspect(name);
  if (!loaded) await engine.loadFromLayout(folder, refOfDigest(digest), name);
  const facts = loaded ?? (await engine.inspect(name));
  if (!facts) throw new Error(`${uri} was loaded but is not in the image storage`);
  return { kind: 'container', digest, name, facts };
};
