import type { ContainerEngine } from '../containers/types.ts';
import type { Ecr } from '../ecr/createEcr.ts';
import { localImage } from '../ecr/localImage.ts';
import { parseEcrUri } from '../ecr/uri.ts';
import type { TaskImage } from './runners/types.ts';

/**
 * Images for tasks: of the embedded registry by URI with tag or digest, else of the engine's own
 * storage by name. An image named by digest cannot change, so it is looked up once.
 */
export const taskImages = (ecr: Ecr, engine: ContainerEngine | undefined) => {
  const byDigest = new Map<string, Promise<TaskImage | undefined>>();

  const find = async (uri: string): Promise<TaskImage | undefined> => {
    if (parseEcrUri(uri)) {
      const found = await localImage(ecr, engine, uri);
      return found?.kind === 'container' ? { ...found, config: found.facts.config } : found;
    }
    const facts = await engine?.inspect(uri);
    return facts && { kind: 'container', name: uri, digest: facts.imageId, config: facts.config };
  };

  return (uri: string): Promise<TaskImage | undefined> => {
    if (!uri.includes('@sha256:')) return find(uri);
    const known = byDigest.get(uri);
    if (known) return known;
    const finding = find(uri);
    byDigest.set(uri, finding);
    const forget = () => byDigest.delete(uri);
    finding.then((image) => image ?? forget(), forget);
    return finding;
  };
};
