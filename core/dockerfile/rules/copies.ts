/** Copies that take too much, or too early. */
import { type Image, stageOf } from '../image.ts';
import { copyPaths, runCommands } from '../instructions.ts';
import { type Found, mountsOf } from '../model.ts';
import { chainOf, copySource, type PlacedStep, type ResolvedStage } from '../resolve.ts';
import type { Command } from '../shell.ts';

const isWhole = (path: string): boolean => /^\/(?:\.|\*|\.\/)?$/.test(path);

export const wholeFileSystem = (image: Image): Found[] =>
  image.steps.flatMap((step) => {
    if (step.keyword !== 'COPY') return [];
    const source = copySource(step, image.stages);
    if (source.kind === 'context' || !copyPaths(step).from.some(isWhole)) return [];
    // A stage on scratch holds nothing but what it was given: it is a prepared file system.
    if (source.kind === 'stage' && chainOf(source.stage)[0]?.base.kind === 'scratch') return [];
    const from =
      source.kind === 'stage'
        ? `stage "${source.stage.stage.name ?? source.stage.stage.index}"`
        : source.name;
    return [
      {
        line: step.line,
        stage: stageOf(step),
        what: `the whole file system of ${from} is copied, with its tools and caches`,
        remedy: 'copy the folders that the program needs; to build on all of it, use FROM',
      },
    ];
  });

/** Commands that install what a manifest lists, by the manifest. */
const MANIFESTS: readonly { readonly manifest: string; readonly installs: RegExp }[] = [
  {
    manifest: 'package.json and its lock file',
    installs:
      /^npm (?:ci|clean-install)\b|^npm (?:install|i)(?: -|$)|^yarn(?: install)?(?: -|$)|^pnpm (?:install|i|fetch)(?: -|$)|^bun install(?: -|$)/,
  },
  {
    manifest: 'requirements.txt',
    installs: /^(?:python[\d.]* -m )?pip[\d.]* install .*(?:-r|--requirement)[ =]/,
  },
  { manifest: 'go.mod and go.sum', installs: /^go mod (?:download|vendor)\b/ },
  { manifest: 'Gemfile and Gemfile.lock', installs: /^bundle (?:install|i)\b/ },
  {
    manifest: 'composer.json and composer.lock',
    installs: /^composer(?:\.phar)? install\b(?!.*--no-scripts.*--no-autoloader)/,
  },
  { manifest: 'pom.xml', installs: /^(?:\.\/mvnw|mvn)\b.*\bdependency:(?:go-offline|resolve)/ },
  {
    manifest: 'the Gradle build files',
    installs: /^(?:\.\/gradlew|gradle) (?:.* )?dependencies(?: |$)/,
  },
  { manifest: 'pyproject.toml and poetry.lock', installs: /^poetry install\b/ },
  { manifest: 'pyproject.toml and uv.lock', installs: /^uv sync\b/ },
  { manifest: 'Pipfile and Pipfile.lock', installs: /^pipenv (?:install|sync)\b/ },
  { manifest: 'the project files (*.csproj)', installs: /^dotnet restore\b/ },
  { manifest: 'Cargo.toml and Cargo.lock', installs: /^cargo fetch\b/ },
  { manifest: 'mix.exs and mix.lock', installs: /^mix deps\.get\b/ },
];

const installedBy = ({ words }: Command): string | undefined => {
  const text = words.join(' ');
  return MANIFESTS.find(({ installs }) => installs.test(text))?.manifest;
};

const isBroad = (step: PlacedStep, image: Image): boolean =>
  (step.keyword === 'COPY' || step.keyword === 'ADD') &&
  copySource(step, image.stages).kind === 'context' &&
  copyPaths(step).from.some((path) => /^(?:\.|\.\/|\/|\*|\.\/\*|\.\/\.)$/.test(path));

const early = (stage: ResolvedStage, image: Image): Found[] => {
  const steps = chainOf(stage).flatMap(({ steps: some }) => some);
  const seen = new Set<string>();
  let broad: PlacedStep | undefined;
  const found: Found[] = [];
  for (const step of steps) {
    if (isBroad(step, image)) broad ??= step;
    if (step.keyword !== 'RUN') continue;
    const cached = mountsOf(step).some(({ type }) => type === 'cache');
    for (const manifest of runCommands(step).map(installedBy)) {
      if (manifest === undefined || seen.has(manifest)) continue;
      seen.add(manifest);
      if (!broad || cached) continue;
      found.push({
        line: broad.line,
        stage: stageOf(broad),
        what: `every change of a source file makes line ${step.line} install all dependencies again`,
        remedy: `copy ${manifest} alone, install, and then copy the sources`,
      });
    }
  }
  return found;
};

export const sourceBeforeManifest = (image: Image): Found[] =>
  image.needed.flatMap((stage) => early(stage, image));
