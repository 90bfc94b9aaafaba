import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BuildError, EngineError } from '../errors.ts';
import { readOsRelease } from '../install.ts';
import type { ContainerEngine } from '../types.ts';
import { addNginx } from './nginxTree.ts';
import { addBareNode, addNode, hostNpm } from './nodeTree.ts';
import { describeRecipe, type Recipe } from './recipes.ts';
import { addTools } from './toolTree.ts';
import { CA_BUNDLE, createTree, hostCertificates, type Tree } from './tree.ts';

/** Marks images that were put together here instead of pulled. */
export const ASSEMBLED_LABEL = 'failover-drill.base';
export const CONTENT_LABEL = 'failover-drill.base.content';
const KEY_LABEL = 'failover-drill.base.key';

/** Goes up when a recipe changes, so that images of an older release are made anew. */
const RECIPE_VERSION = 2;

const CA_ENV = `ENV SSL_CERT_FILE=${CA_BUNDLE} NODE_EXTRA_CA_CERTS=${CA_BUNDLE}`;
const PATH_ENV = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const TOOLS_STAGE = ['FROM scratch AS tools', 'COPY tools/ /', PATH_ENV, CA_ENV];

/** The Dockerfile that makes an image of the trees of a recipe. */
export const dockerfileOf = (recipe: Recipe): string[] => {
  switch (recipe.kind) {
    case 'debian':
      return [...TOOLS_STAGE, 'CMD ["bash"]'];
    case 'node':
      return [
        ...TOOLS_STAGE,
        'COPY node/ /',
        'COPY --chown=1000:1000 home/ /home/node/',
        `ENV NODE_VERSION=${recipe.node.version}`,
        'ENTRYPOINT ["docker-entrypoint.sh"]',
        'CMD ["node"]',
      ];
    case 'distroless-node':
      return [
        'FROM scratch',
        'COPY bare/ /',
        'COPY --chown=65532:65532 home/ /home/nonroot/',
        CA_ENV,
        'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/nodejs/bin',
        ...(recipe.nonroot ? ['USER 65532', 'WORKDIR /home/nonroot'] : []),
        'ENTRYPOINT ["/nodejs/bin/node"]',
      ];
    case 'nginx':
      return [
        ...TOOLS_STAGE,
        'COPY nginx/ /',
        `ENV NGINX_VERSION=${recipe.version}`,
        'EXPOSE 80',
        'STOPSIGNAL SIGQUIT',
        'ENTRYPOINT ["/docker-entrypoint.sh"]',
        'CMD ["nginx", "-g", "daemon off;"]',
      ];
  }
};

/**
 * Writes the files of a recipe. `tree` gives the tree for each part, which may all be the same one.
 * @param work a folder for downloads.
 */
export const writeTrees = async (
  recipe: Recipe,
  tree: (part: 'tools' | 'node' | 'bare' | 'nginx') => Tree,
  work: string,
): Promise<void> => {
  if (recipe.kind === 'distroless-node') {
    const bare = tree('bare');
    await bare.skeleton();
    await addBareNode(bare, recipe.node);
    return;
  }
  const tools = tree('tools');
  await tools.skeleton();
  await addTools(tools);
  if (recipe.kind === 'node') {
    const npm = hostNpm();
    if (!npm) throw new EngineError('npm went away while a base image was assembled');
    await addNode(tree('node'), recipe.node, npm);
    await tools.librariesOf([recipe.node.program]);
  } else if (recipe.kind === 'nginx') {
    await addNginx(tree('nginx'), work);
  }
};

/** Two machines, or two days, with the same key would assemble the same image. */
export const recipeKey = async (recipe: Recipe): Promise<string> =>
  createHash('sha256')
    .update(JSON.stringify([RECIPE_VERSION, recipe, readOsRelease(), await hostCertificates()]))
    .digest('hex');

/**
 * Puts the image of a recipe together from this machine, once: the image is kept under a name of
 * its own, and `names` are added to it.
 */
export const assembleBase = async (
  engine: ContainerEngine,
  recipe: Recipe,
  name: string,
  scratch: string,
): Promise<{ cached: boolean; ms: number }> => {
  const started = performance.now();
  const key = await recipeKey(recipe);
  const own = `localhost/failover-drill/base-${recipe.kind}:${key.slice(0, 16)}`;
  const known = await engine.inspect(own);
  if (known?.config.labels[KEY_LABEL] === key) {
    await engine.tag(own, name);
    return { cached: true, ms: performance.now() - started };
  }
  await mkdir(scratch, { recursive: true });
  const context = await mkdtemp(path.join(scratch, `base-${recipe.kind}-`));
  const said: string[] = [];
  try {
    await mkdir(path.join(context, 'home'));
    await writeTrees(recipe, (part) => createTree(path.join(context, part)), context);
    const dockerfile = path.join(context, 'Dockerfile');
    await writeFile(dockerfile, `${dockerfileOf(recipe).join('\n')}\n`);
    await engine.build({
      context,
      dockerfile,
      buildArgs: {},
      tags: [own, name],
      labels: {
        [ASSEMBLED_LABEL]: 'assembled',
        [CONTENT_LABEL]: describeRecipe(recipe),
        [KEY_LABEL]: key,
      },
      onLine: (line) => said.push(line),
    });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    throw new EngineError(`assembling ${name} failed: ${error.tail.slice(-3).join(' | ')}`);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return { cached: false, ms: performance.now() - started };
};
