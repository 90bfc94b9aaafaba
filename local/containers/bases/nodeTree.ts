import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { runCommand } from '../command.ts';
import { findProgram } from '../hostFiles.ts';
import type { Tree } from './tree.ts';

export type HostNode = { readonly program: string; readonly version: string };
export type HostNpm = { readonly folder: string; readonly version: string };

const PackageJson = z.object({ name: z.string(), version: z.string() });

/** The node binaries of this machine, the running one first. */
export const hostNodes = async (): Promise<HostNode[]> => {
  const running = { program: realpathSync(process.execPath), version: process.versions.node };
  const found = ['/usr/local/bin/node', findProgram('node', '/usr/bin:/bin')];
  const others: HostNode[] = [];
  for (const file of found) {
    if (file === undefined || !existsSync(file)) continue;
    const program = realpathSync(file);
    if ([running, ...others].some((node) => node.program === program)) continue;
    const { stdout, code } = await runCommand(program, ['--version'], { timeoutMs: 5000 });
    if (code === 0) others.push({ program, version: stdout.trim().replace(/^v/, '') });
  }
  return [running, ...others];
};

const npmAt = (folder: string): HostNpm | undefined => {
  try {
    const text = readFileSync(path.join(folder, 'package.json'), 'utf8');
    const { name, version } = PackageJson.parse(JSON.parse(text));
    return name === 'npm' ? { folder, version } : undefined;
  } catch {
    return undefined;
  }
};

/** The npm that the shell of this machine finds, or the one beside the running node. */
export const hostNpm = (): HostNpm | undefined => {
  const program = findProgram('npm');
  const beside = path.resolve(path.dirname(process.execPath), '../lib/node_modules/npm');
  const candidates = [
    ...(program ? [path.resolve(realpathSync(program), '../..')] : []),
    beside,
    '/usr/lib/node_modules/npm',
    '/usr/local/lib/node_modules/npm',
  ];
  for (const folder of candidates) {
    const npm = npmAt(folder);
    if (npm) return npm;
  }
  return undefined;
};

const NPM = '/usr/local/lib/node_modules/npm';

// Lets a CMD name a script or a node option, as the image of the registry does.
const ENTRYPOINT = `#!/bin/sh
set -e
case "\${1:-}" in
  -*) set -- node "$@" ;;
  *) if ! command -v "\${1:-}" > /dev/null 2>&1 && [ -f "\${1:-}" ]; then set -- node "$@"; fi ;;
esac
exec "$@"
`;

/** node and npm where the registry's node image keeps them. */
export const addNode = async (tree: Tree, node: HostNode, npm: HostNpm): Promise<void> => {
  await tree.copy(node.program, '/usr/local/bin/node');
  await tree.link('node', '/usr/local/bin/nodejs');
  // The npmrc inside the package is the host's own; documentation is of no use in a build.
  await tree.copyFolder(npm.folder, NPM, (file) => /^(npmrc|man|docs)(\/|$)/.test(file));
  for (const name of ['npm', 'npx']) {
    await tree.link(`../lib/node_modules/npm/bin/${name}-cli.js`, `/usr/local/bin/${name}`);
  }
  await tree.file('/usr/local/bin/docker-entrypoint.sh', ENTRYPOINT, 0o755);
};

/** node without shell and npm, where the distroless image keeps it. */
export const addBareNode = async (tree: Tree, node: HostNode): Promise<void> => {
  await tree.copy(node.program, '/nodejs/bin/node');
  await tree.librariesOf([node.program]);
};
