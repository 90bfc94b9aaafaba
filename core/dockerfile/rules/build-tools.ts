/** Compilers, headers and software kits in the image that serves. */
import { type Image, repositoryOf, stageOf } from '../image.ts';
import { runCommands } from '../instructions.ts';
import { type Found, stageName } from '../model.ts';
import { leftInstalled } from '../packages.ts';

const TOOLS = new Set([
  ...['build-essential', 'build-base', 'gcc', 'g++', 'gcc-c++', 'clang', 'llvm', 'make', 'cmake'],
  ...['autoconf', 'automake', 'libtool', 'ninja-build', 'ninja', 'meson', 'bison', 'flex'],
  ...['rustc', 'cargo', 'go', 'golang', 'golang-go', 'maven', 'gradle', 'ant', 'default-jdk'],
  ...['node-gyp', 'pkg-config', 'pkgconf', 'musl-dev', 'dpkg-dev', 'binutils', 'patch'],
]);

const isTool = (name: string): boolean =>
  TOOLS.has(name) ||
  /^@?development[- ]tools$/i.test(name) ||
  /^(?:gcc|g\+\+|clang|llvm|openjdk)-?\d+(?:-jdk(?:-headless)?)?$/.test(name) ||
  /(?:^|[a-z0-9.+-])-(?:dev|devel)$/.test(name);

const KITS = /(?:^|\/)(?:golang|rust|maven|gradle|gcc|buildpack-deps|haskell|sdk|emsdk)$/;
/** A plain tag of these is a JDK. */
const JAVA = /(?:^|\/)(?:eclipse-temurin|openjdk|amazoncorretto|zulu-openjdk(?:-alpine)?)$/;
/** Their plain tags hold compilers; these words name the lean ones. */
const FULL = /^(?:node|python|ruby)$/;
const LEAN = /slim|alpine|distroless|windows|nanoserver/;

/** Why a base image is one to build on and not to serve from; undefined when it is not. */
const kitReason = (name: string): string | undefined => {
  const { repository, tag = 'latest' } = repositoryOf(name);
  const ofChainguard = /^cgr\.dev\//.test(repository) && /-dev$/.test(tag);
  if (KITS.test(repository) || ofChainguard)
    return 'holds the tools to build, not only those to run';
  if (JAVA.test(repository) && !/jre|headless/.test(tag)) {
    return 'holds the whole JDK, with compiler and debugger';
  }
  if (repository === 'swift' && !LEAN.test(tag)) return 'holds the compiler';
  if (FULL.test(repository) && !LEAN.test(tag)) {
    return `is the full image of ${repository}, with compilers, headers and git`;
  }
  return undefined;
};

const baseFound = (image: Image): Found[] => {
  const first = image.chain[0];
  if (first?.base.kind !== 'image') return [];
  const { name } = first.base;
  const reason = kitReason(name);
  if (reason === undefined) return [];
  return [
    {
      line: first.stage.line,
      stage: stageName(first.stage),
      what: `the final stage "${image.name}" stands on ${name}, which ${reason}`,
      remedy: 'build in a stage of its own and copy the result onto a base that only runs it',
    },
  ];
};

export const buildTools = (image: Image): Found[] => [
  ...baseFound(image),
  ...image.steps
    .filter(({ keyword }) => keyword === 'RUN')
    .flatMap((step) => {
      const tools = leftInstalled(runCommands(step)).filter(isTool);
      if (tools.length === 0) return [];
      return [
        {
          line: step.line,
          stage: stageOf(step),
          what: `${tools.slice(0, 4).join(', ')}${tools.length > 4 ? ' and more' : ''} ${tools.length > 1 ? 'stay' : 'stays'} in the image of "${image.name}"`,
          remedy: 'install them in a build stage, or remove them in the same RUN',
        },
      ];
    }),
];
