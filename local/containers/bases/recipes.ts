import { BaseImageError } from '../errors.ts';
import { candidateVersion } from './debianPackages.ts';
import { type HostNode, hostNodes, hostNpm } from './nodeTree.ts';
import type { ImageName } from './reference.ts';

/** What stands in for an image of a registry, and what it is made of. */
export type Recipe =
  | { readonly kind: 'debian' }
  | { readonly kind: 'node'; readonly node: HostNode; readonly npmVersion: string }
  | { readonly kind: 'distroless-node'; readonly node: HostNode; readonly nonroot: boolean }
  | { readonly kind: 'nginx'; readonly version: string };

const NODE_CODE_NAMES: Readonly<Record<string, number>> = { jod: 22, krypton: 24, iron: 20 };

const refuseMusl = (name: ImageName): void => {
  if (!/alpine|musl/.test(`${name.repository}:${name.tag}`)) return;
  throw new BaseImageError('an Alpine (musl) image cannot be assembled from a glibc machine');
};

/** The Node major version a tag asks for; undefined when it leaves the choice open. */
const askedMajor = (tag: string): number | undefined => {
  const digits = /^v?(\d+)/.exec(tag)?.[1];
  return digits === undefined ? NODE_CODE_NAMES[tag.split('-')[0] ?? ''] : Number(digits);
};

const nodeFor = async (major: number | undefined): Promise<HostNode> => {
  const nodes = await hostNodes();
  const match = nodes.find(
    (node) => major === undefined || Number.parseInt(node.version, 10) === major,
  );
  if (match) return match;
  const have = nodes.map((node) => node.version).join(', ');
  throw new BaseImageError(`it wants Node ${major}, and this machine has Node ${have}`);
};

const nodeRecipe = async (name: ImageName): Promise<Recipe> => {
  refuseMusl(name);
  const npm = hostNpm();
  if (!npm) throw new BaseImageError('a node image needs npm, and this machine has none');
  return { kind: 'node', node: await nodeFor(askedMajor(name.tag)), npmVersion: npm.version };
};

const nginxRecipe = async (name: ImageName): Promise<Recipe> => {
  refuseMusl(name);
  const version = await candidateVersion('nginx');
  if (version === undefined) {
    throw new BaseImageError(
      'nginx is assembled from its Debian package, which cannot be had here',
    );
  }
  return { kind: 'nginx', version };
};

const distrolessRecipe = async (name: ImageName): Promise<Recipe | undefined> => {
  const major = /^distroless\/nodejs(\d*)(?:-debian\d+)?$/.exec(name.repository)?.[1];
  if (major === undefined) return undefined;
  const node = await nodeFor(major === '' ? undefined : Number(major));
  return { kind: 'distroless-node', node, nonroot: name.tag.includes('nonroot') };
};

const OFFICIAL = /^(?:library|docker\/library)\/([\w.-]+)$/;
const PLAIN = new Set(['debian', 'ubuntu', 'busybox', 'buildpack-deps']);

/**
 * The recipe for an image name.
 * @throws BaseImageError that says why nothing here can stand in for it.
 */
export const recipeFor = async (name: ImageName): Promise<Recipe> => {
  if (name.digest !== undefined) {
    throw new BaseImageError('it is pinned by digest, which only its registry can satisfy');
  }
  const official = OFFICIAL.exec(name.repository)?.[1];
  if (official === 'node') return nodeRecipe(name);
  if (official === 'nginx' || name.repository === 'nginxinc/nginx-unprivileged') {
    return nginxRecipe(name);
  }
  if (official !== undefined && PLAIN.has(official)) {
    refuseMusl(name);
    return { kind: 'debian' };
  }
  const distroless = await distrolessRecipe(name);
  if (distroless) return distroless;
  throw new BaseImageError(
    'only node, gcr.io/distroless/nodejs*, nginx, debian, ubuntu and busybox are known here',
  );
};

/** A line for a person: what is really inside. */
export const describeRecipe = (recipe: Recipe): string => {
  if (recipe.kind === 'node') return `node ${recipe.node.version}, npm ${recipe.npmVersion}`;
  if (recipe.kind === 'distroless-node') return `node ${recipe.node.version}, no shell`;
  if (recipe.kind === 'nginx') return `nginx ${recipe.version} of Debian`;
  return 'a shell and the core tools of this machine';
};
