/** Folders of dependencies that hold what only building and testing needs, followed through copies. */
import { copyPaths, runCommands } from './instructions.ts';
import { flagValues, mountsOf } from './model.ts';
import { isInside, joinPath } from './paths.ts';
import { copySource, type PlacedStep, type ResolvedStage } from './resolve.ts';
import type { Command } from './shell.ts';

export type DevTree = {
  readonly folder: string;
  /** Where it came into this stage: the install, or the copy. */
  readonly step: PlacedStep;
  readonly install: PlacedStep;
  readonly command: string;
  readonly remedy: string;
};

type Env = Readonly<Record<string, string>>;
/** What a command makes of the tree of its tool: with or without what development needs. */
type Effect = { readonly folder: string; readonly holdsDev: boolean; readonly remedy: string };

const isOn = (value: string | undefined): boolean => /^(?:1|true|yes|on)$/i.test(value ?? '');
const has = (words: readonly string[], ...some: string[]): boolean =>
  some.some((word) => words.includes(word));

/** The value of `--flag value` or `--flag=value`. */
const optionOf = (words: readonly string[], ...flags: string[]): string | undefined => {
  for (const flag of flags) {
    const at = words.indexOf(flag);
    if (at >= 0) return words[at + 1];
    const joined = words.find((word) => word.startsWith(`${flag}=`));
    if (joined !== undefined) return joined.slice(flag.length + 1);
  }
  return undefined;
};

const nodeEffect = (words: readonly string[], cwd: string, env: Env): Effect | undefined => {
  const [tool = '', ...rest] = words;
  const place = optionOf(rest, '--prefix', '-C', '--dir', '--cwd');
  const options = rest.filter((word) => word.startsWith('-'));
  const [action = 'install', ...names] = rest.filter(
    (word) => !word.startsWith('-') && word !== place && !/^\d?[<>]/.test(word),
  );
  if (has(options, '-g', '--global', '--dry-run', '--version', '-v', '--help')) return undefined;
  const folder = joinPath(place === undefined ? cwd : joinPath(cwd, place), 'node_modules');
  const remedy = {
    npm: 'npm ci --omit=dev in a stage of its own',
    yarn: 'yarn install --production, or yarn workspaces focus --production, in a stage of its own',
    pnpm: 'pnpm install --prod in a stage of its own, or pnpm deploy',
    bun: 'bun install --production in a stage of its own',
  }[tool];
  if (remedy === undefined) return undefined;
  const focus = tool === 'yarn' && action === 'workspaces';
  const installs = has(['ci', 'clean-install', 'install', 'i'], action) && names.length === 0;
  if (!installs && action !== 'prune' && !focus) return undefined;
  const wantsDev = has(options, '--include=dev', '--production=false', '--prod=false');
  const production =
    has(options, '--production', '--prod', '-P', '--production=true', '--only=prod') ||
    has(options, '--only=production', '--omit=dev') ||
    optionOf(rest, '--omit') === 'dev' ||
    optionOf(rest, '--only') === 'production' ||
    (env['NODE_ENV'] === 'production' && !wantsDev) ||
    /\bdev\b/.test(env['NPM_CONFIG_OMIT'] ?? env['npm_config_omit'] ?? '') ||
    isOn(env['NPM_CONFIG_PRODUCTION'] ?? env['npm_config_production']);
  return { folder, holdsDev: !production, remedy };
};

const phpEffect = (words: readonly string[], cwd: string, env: Env): Effect | undefined => {
  if (!/(?:^|\/)composer(?:\.phar)?$/.test(words[0] ?? '') || !has(words, 'install'))
    return undefined;
  const place = optionOf(words, '--working-dir', '-d');
  const holdsDev = !has(words, '--no-dev') && !isOn(env['COMPOSER_NO_DEV']);
  const folder = joinPath(place === undefined ? cwd : joinPath(cwd, place), 'vendor');
  return { folder, holdsDev, remedy: 'composer install --no-dev' };
};

const PYTHON_PACKAGES = '/usr/local/lib';

const pythonEffect = (words: readonly string[], cwd: string, env: Env): Effect | undefined => {
  const text = words.join(' ');
  if (/^uv sync\b/.test(text)) {
    const off =
      has(words, '--no-dev', '--no-default-groups', '--only-group') || isOn(env['UV_NO_DEV']);
    const folder = env['UV_PROJECT_ENVIRONMENT'] ?? '.venv';
    return { folder: joinPath(cwd, folder), holdsDev: !off, remedy: 'uv sync --no-dev' };
  }
  if (/^poetry install\b/.test(text)) {
    const without = optionOf(words, '--without') ?? '';
    const off =
      has(words, '--no-dev') || optionOf(words, '--only') !== undefined || /\bdev\b/.test(without);
    const own = !/^(?:0|false)$/i.test(env['POETRY_VIRTUALENVS_CREATE'] ?? 'true');
    const folder = own ? joinPath(cwd, '.venv') : PYTHON_PACKAGES;
    return { folder, holdsDev: !off, remedy: 'poetry install --only main' };
  }
  if (/^pipenv (?:install|sync)\b/.test(text)) {
    const place = isOn(env['PIPENV_VENV_IN_PROJECT']) ? joinPath(cwd, '.venv') : PYTHON_PACKAGES;
    const remedy = 'pipenv install --deploy, without --dev';
    return { folder: place, holdsDev: has(words, '--dev', '-d'), remedy };
  }
  if (/^pdm (?:install|sync)\b/.test(text)) {
    const off = has(words, '--prod', '--production', '--no-default');
    return { folder: joinPath(cwd, '.venv'), holdsDev: !off, remedy: 'pdm install --prod' };
  }
  if (!/^(?:python[\d.]* -m )?pip[\d.]* install\b/.test(text)) return undefined;
  const file = words.find(
    (word) =>
      /(?:^|[-_/.])(?:dev|test|tests|development)(?:[-_.][\w.-]*)?$/.test(word) &&
      /\.txt$/.test(word),
  );
  const remedy = 'install the requirements of development and tests in a stage of their own';
  return file === undefined ? undefined : { folder: PYTHON_PACKAGES, holdsDev: true, remedy };
};

const rubyEffect = (words: readonly string[], cwd: string, env: Env): Effect | undefined => {
  if (words[0] !== 'bundle' || !has(words.slice(1), 'install', 'i')) return undefined;
  const without = `${optionOf(words, '--without') ?? ''} ${env['BUNDLE_WITHOUT'] ?? ''}`;
  const only = `${env['BUNDLE_ONLY'] ?? ''}`;
  const off =
    /development|test/.test(without) || only !== '' || isOn(env['BUNDLE_DEPLOYMENT_ONLY']);
  const place = optionOf(words, '--path') ?? env['BUNDLE_PATH'] ?? '/usr/local/bundle';
  return {
    folder: joinPath(cwd, place),
    holdsDev: !off,
    remedy: 'set BUNDLE_WITHOUT="development test"',
  };
};

const EFFECTS = [nodeEffect, phpEffect, pythonEffect, rubyEffect];

/** `bundle config set without`, as the environment variable that means the same. */
const bundleSetting = ({ words }: Command): Env => {
  const text = words.join(' ');
  const match = /^bundle config (?:--\w+ )?(?:set )?(?:--\w+ )?without (.+)$/.exec(text);
  return match?.[1] === undefined ? {} : { BUNDLE_WITHOUT: match[1] };
};

const moved = (command: Command, trees: Map<string, DevTree>): void => {
  const [name, ...rest] = command.words;
  const paths = rest
    .filter((word) => !word.startsWith('-'))
    .map((word) => joinPath(command.cwd, word));
  if (name === 'rm') {
    for (const folder of [...trees.keys()]) {
      if (paths.some((path) => isInside(folder, path))) trees.delete(folder);
    }
  }
  if (name !== 'mv' && name !== 'cp') return;
  const [from, to] = paths;
  if (from === undefined || to === undefined) return;
  const tree = trees.get(from);
  if (name === 'mv') trees.delete(from);
  if (tree) trees.set(to, { ...tree, folder: to });
  else trees.delete(to);
};

const run = (step: PlacedStep, trees: Map<string, DevTree>, settings: { env: Env }): void => {
  for (const command of runCommands(step)) {
    settings.env = { ...settings.env, ...bundleSetting(command) };
    const env = { ...settings.env, ...step.variables, ...command.env };
    const effect = EFFECTS.map((read) => read(command.words, command.cwd, env)).find(Boolean);
    if (!effect) {
      moved(command, trees);
      continue;
    }
    const { folder, holdsDev, remedy } = effect;
    const mounted = mountsOf(step).some(
      ({ type, target = '' }) => type !== 'secret' && isInside(folder, joinPath(step.cwd, target)),
    );
    if (mounted) continue;
    const words = command.words.join(' ');
    if (holdsDev) trees.set(folder, { folder, step, install: step, command: words, remedy });
    else trees.delete(folder);
  }
};

const copy = (
  step: PlacedStep,
  trees: Map<string, DevTree>,
  stages: readonly ResolvedStage[],
): void => {
  const source = copySource(step, stages);
  if (source.kind !== 'stage') return;
  if (flagValues(step, 'exclude').some((pattern) => /node_modules|vendor|\.venv/.test(pattern)))
    return;
  const { from, to } = copyPaths(step);
  const there = devTreesOf(source.stage, stages);
  for (const path of from.map((one) => joinPath('/', one.replace(/\/\*$/, '')))) {
    for (const tree of there.filter(({ folder }) => isInside(folder, path))) {
      const folder = joinPath(to, `.${tree.folder.slice(path === '/' ? 0 : path.length)}`);
      trees.set(folder, { ...tree, folder, step });
    }
  }
};

/** The trees at the end of a stage. */
export const devTreesOf = (stage: ResolvedStage, stages: readonly ResolvedStage[]): DevTree[] => {
  const below = stage.base.kind === 'stage' ? devTreesOf(stage.base.stage, stages) : [];
  const trees = new Map(below.map((tree) => [tree.folder, tree]));
  const settings = { env: {} };
  for (const step of stage.steps) {
    if (step.keyword === 'RUN') run(step, trees, settings);
    if (step.keyword === 'COPY') copy(step, trees, stages);
  }
  return [...trees.values()];
};
