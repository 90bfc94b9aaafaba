/** Caches of package managers that stay in a shipped layer. */
import { type Image, stageOf } from '../image.ts';
import { runCommands } from '../instructions.ts';
import { type Found, mountsOf } from '../model.ts';
import { packageAction } from '../packages.ts';
import { isInside } from '../paths.ts';
import type { PlacedStep } from '../resolve.ts';
import type { Command } from '../shell.ts';

type Cache = {
  readonly tool: string;
  /** Whether the command fills the cache. */
  readonly fills: (command: Command, env: Readonly<Record<string, string>>) => boolean;
  /** Whether the command empties it. */
  readonly empties: (command: Command) => boolean;
  /** Where it lies; a cache or tmpfs mount on it or above keeps it out of the layer. */
  readonly folder: RegExp;
  readonly mounts: readonly string[];
  readonly remedy: string;
};

const manages =
  (manager: string, actions: readonly string[]) =>
  (command: Command): boolean => {
    const found = packageAction(command);
    return found?.manager === manager && actions.includes(found.action);
  };

const has = ({ words }: Command, ...some: string[]): boolean =>
  some.some((word) => words.includes(word));

const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && !/^(?:0|false|no|off)$/i.test(value);

const runs = (command: Command, tool: RegExp, ...actions: string[]): boolean => {
  const [name = '', ...rest] = command.words;
  if (/^python[\d.]*$/.test(name) && rest[0] === '-m') {
    return tool.test(rest[1] ?? '') && actions.includes(rest[2] ?? '');
  }
  const action = rest.find((word) => !word.startsWith('-'));
  return tool.test(name.slice(name.lastIndexOf('/') + 1)) && actions.includes(action ?? '');
};

const CACHES: readonly Cache[] = [
  {
    tool: 'apt',
    fills: (command) => manages('apt', ['update'])(command) && has(command, 'update'),
    empties: () => false,
    folder: /\/var\/lib\/apt\/?(?:lists|\*|$)/,
    mounts: ['/var/lib/apt/lists'],
    remedy: 'end the same RUN with rm -rf /var/lib/apt/lists/*',
  },
  {
    tool: 'apk',
    fills: (command) =>
      manages('apk', ['install', 'update'])(command) && !has(command, '--no-cache'),
    empties: (command) => command.words[0] === 'apk' && has(command, 'clean'),
    folder: /\/var\/cache\/apk/,
    mounts: ['/var/cache/apk', '/etc/apk/cache'],
    remedy: 'use apk add --no-cache',
  },
  {
    tool: 'dnf',
    fills: manages('dnf', ['install', 'update']),
    empties: manages('dnf', ['clean']),
    folder: /\/var\/cache\/(?:dnf|yum|tdnf|\*|$)/,
    mounts: ['/var/cache/dnf', '/var/cache/yum', '/var/cache/libdnf5', '/var/cache/tdnf'],
    remedy: 'end the same RUN with dnf clean all (or yum, microdnf)',
  },
  {
    tool: 'zypper',
    fills: manages('zypper', ['install', 'update']),
    empties: manages('zypper', ['clean']),
    folder: /\/var\/cache\/zypp/,
    mounts: ['/var/cache/zypp'],
    remedy: 'end the same RUN with zypper clean --all',
  },
  {
    tool: 'pip',
    fills: (command, env) =>
      runs(command, /^pip[\d.]*$/, 'install', 'download', 'wheel') &&
      !has(command, '--no-cache-dir', '--no-cache') &&
      !isSet(env['PIP_NO_CACHE_DIR']),
    empties: (command) => runs(command, /^pip[\d.]*$/, 'cache') && has(command, 'purge'),
    folder: /(?:~|\$\{?HOME\}?|\/root)\/\.cache(?:\/pip|\/?\*?$)/,
    mounts: ['/root/.cache/pip'],
    remedy: 'use pip install --no-cache-dir, or RUN --mount=type=cache,target=/root/.cache/pip',
  },
  {
    tool: 'uv',
    fills: (command, env) =>
      runs(command, /^uv$/, 'sync', 'pip') &&
      !has(command, '--no-cache', '-n') &&
      !isSet(env['UV_NO_CACHE']),
    empties: (command) => command.words[0] === 'uv' && has(command, 'clean', 'prune'),
    folder: /(?:~|\$\{?HOME\}?|\/root)\/\.cache(?:\/uv|\/?\*?$)/,
    mounts: ['/root/.cache/uv'],
    remedy: 'use uv --no-cache, or RUN --mount=type=cache,target=/root/.cache/uv',
  },
  {
    tool: 'npm',
    fills: (command) =>
      runs(command, /^npm$/, 'ci', 'install', 'i', 'clean-install') && !has(command, '--dry-run'),
    empties: (command) =>
      command.words[0] === 'npm' && has(command, 'cache') && has(command, 'clean'),
    folder: /(?:~|\$\{?HOME\}?|\/root)\/\.npm|^\/tmp\/\.?npm/,
    mounts: ['/root/.npm'],
    remedy:
      'use RUN --mount=type=cache,target=/root/.npm, or end the RUN with npm cache clean --force',
  },
  {
    tool: 'yarn',
    fills: (command) =>
      command.words[0] === 'yarn' &&
      (command.words.slice(1).every((word) => word.startsWith('-')) ||
        has(command, 'install', 'add')),
    empties: (command) =>
      command.words[0] === 'yarn' && has(command, 'cache') && has(command, 'clean'),
    folder: /\/\.cache\/yarn|\/\.yarn|\/share\/\.cache/,
    mounts: ['/usr/local/share/.cache', '/root/.yarn', '/root/.cache/yarn'],
    remedy: 'use a cache mount on the cache of yarn, or end the RUN with yarn cache clean',
  },
];

const keptOut = (step: PlacedStep, places: readonly string[]): boolean =>
  mountsOf(step)
    .filter(({ type }) => type === 'cache' || type === 'tmpfs')
    .some(({ target = '' }) => {
      const folder = target.replace(/^(?:~|\$\{?HOME\}?)/, '/root').replace(/(.)\/$/, '$1');
      // The cache of a user who is not root lies in another home.
      return places.some(
        (place) =>
          isInside(place, folder) ||
          (place.startsWith('/root/') && folder.endsWith(place.slice('/root'.length))),
      );
    });

/** Caches that people point elsewhere by a setting. */
const MOVABLE = new Set(['pip', 'uv', 'npm', 'yarn']);

/** A cache that is pointed elsewhere is under a mount of that name when there is one. */
const movedToMount = (step: PlacedStep, tool: string): boolean =>
  MOVABLE.has(tool) &&
  mountsOf(step).some(
    ({ type, target = '' }) => type === 'cache' && target.toLowerCase().includes(tool),
  );

const removes = ({ words: [name, ...rest] }: Command, folder: RegExp): boolean =>
  (name === 'rm' || name === 'find') && rest.some((word) => folder.test(word));

export const packageCaches = (image: Image): Found[] =>
  image.steps
    .filter(({ keyword }) => keyword === 'RUN')
    .flatMap((step) => {
      const commands = runCommands(step);
      return CACHES.filter(({ tool, fills, empties, folder, mounts }) => {
        const filling = commands.some((command) =>
          fills(command, { ...step.variables, ...command.env }),
        );
        return (
          filling &&
          !keptOut(step, mounts) &&
          !movedToMount(step, tool) &&
          !commands.some((command) => empties(command) || removes(command, folder))
        );
      }).map(({ tool, remedy }) => ({
        line: step.line,
        stage: stageOf(step),
        what: `the cache of ${tool} stays in a layer of "${image.name}"`,
        remedy,
      }));
    });
