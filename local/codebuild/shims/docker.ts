/**
 * The `docker` command inside an embedded build: what a buildspec uses of it, carried out by the
 * container engine found on this machine. Anything else is refused with a message.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { openEngine } from '../../containers/detect.ts';
import { BuildError } from '../../containers/errors.ts';
import type { ContainerEngine, ImageFacts } from '../../containers/types.ts';
import { parseEcrUri } from '../../ecr/uri.ts';
import { buildWithEngine } from './build.ts';
import {
  type BuildCommand,
  parseBuildCommand,
  parseInspectCommand,
  UsageError,
} from './dockerArguments.ts';
import { fillFormat } from './dockerFormat.ts';
import { buildAsProcesses, inspectProcesses, pushProcesses, tagProcesses } from './processBuild.ts';
import { copyImage, type Pushed, pushImage, readPushed } from './push.ts';
import { COMPILED_VARIABLE, readShimSettings, type ShimSettings } from './settings.ts';

type Shim = { readonly settings: ShimSettings; readonly engine: ContainerEngine | undefined };

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const needEngine = ({ engine }: Shim): ContainerEngine => {
  if (engine) return engine;
  throw new UsageError(
    'NoContainerBuilder: neither docker with BuildKit nor podman nor buildah works on this machine',
  );
};

/** True when steps are carried out as processes, because no engine works here. */
const asProcesses = ({ engine, settings }: Shim): boolean => !engine && settings.processImages;

const push = async (shim: Shim, name: string): Promise<Pushed> => {
  if (asProcesses(shim)) return pushProcesses(shim.settings, name);
  const engine = needEngine(shim);
  say(`The push refers to repository [${name.replace(/:[^:/]*$/, '')}]`);
  const facts = await engine.inspect(name);
  if (!facts) throw new UsageError(`An image does not exist locally with the tag: ${name}`);
  const write = (folder: string, ref: string) => engine.pushToLayout(name, folder, ref);
  return pushImage(shim.settings, name, facts.imageId, write);
};

/** In the words of BuildKit: which name could not be pushed. */
const naming = async <T>(name: string, work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BuildError(`failed to solve: failed to push ${name}: ${why}`, []);
  }
};

/** One manifest under several names, one after the other, as BuildKit does it: all of them have its digest. */
const pushAll = async (shim: Shim, [first, ...others]: readonly string[]) => {
  if (first === undefined) throw new UsageError('docker build: --push needs a --tag');
  const pushed = await naming(first, push(shim, first));
  say(pushed.said);
  for (const other of others) {
    say(`The push refers to repository [${other.replace(/:[^:/]*$/, '')}]`);
    say(await naming(other, copyImage(shim.settings, first, pushed, other)));
  }
  return pushed.digest;
};

const build = async (shim: Shim, args: readonly string[]): Promise<void> => {
  const command: BuildCommand = parseBuildCommand(args, process.env);
  const tags = command.tags.length > 0 ? command.tags : [`localhost/build:${crypto.randomUUID()}`];
  const onLine = command.quiet ? () => {} : say;
  const { dataDir } = shim.settings;
  const id = asProcesses(shim)
    ? await buildAsProcesses(dataDir, { ...command, tags }, onLine)
    : await buildWithEngine(needEngine(shim), shim.settings, { ...command, tags }, onLine);
  if (command.idFile) writeFileSync(command.idFile, id);
  if (command.quiet) say(id);
  if (!command.push) return;
  const digest = await pushAll(shim, command.tags);
  if (command.metadataFile) {
    writeFileSync(command.metadataFile, JSON.stringify({ 'containerimage.digest': digest }));
  }
};

const inspected = (name: string, facts: ImageFacts, pushed: Record<string, string>) => {
  const digest = pushed[name];
  const { config } = facts;
  return {
    Id: facts.imageId,
    RepoTags: [name],
    RepoDigests: digest === undefined ? [] : [`${name.replace(/:[^:/]*$/, '')}@${digest}`],
    Created: facts.createdAt,
    Size: facts.sizeBytes,
    Config: {
      User: config.user,
      ExposedPorts: Object.fromEntries(config.exposedPorts.map((port) => [`${port}/tcp`, {}])),
      Env: config.env,
      Cmd: config.cmd,
      Entrypoint: config.entrypoint,
      WorkingDir: config.workingDir,
      Labels: config.labels,
    },
    RootFS: { Type: 'layers', Layers: facts.diffIds },
  };
};

const inspect = async (shim: Shim, args: readonly string[]): Promise<void> => {
  const { format, names } = parseInspectCommand(args);
  const pushed = readPushed(shim.settings.pushedFile);
  const found = [];
  for (const name of names) {
    if (asProcesses(shim)) {
      found.push(inspectProcesses(shim.settings, name, pushed[name]));
      continue;
    }
    const engine = needEngine(shim);
    const facts = await engine.inspect(name);
    if (!facts) throw new UsageError(`Error: No such image: ${name}`);
    found.push(inspected(name, facts, pushed));
  }
  if (format === undefined) say(JSON.stringify(found, null, 4));
  else for (const one of found) say(fillFormat(format, one));
};

const login = async (args: readonly string[]): Promise<void> => {
  const registry = args.at(-1) ?? '';
  if (!args.includes('--password-stdin')) {
    throw new UsageError('docker login: give the password with --password-stdin');
  }
  if (!parseEcrUri(`${registry.replace(/^https:\/\//, '')}/any`)) {
    throw new UsageError(`docker login: ${registry} is no ECR registry`);
  }
  if ((await text(process.stdin)).trim() === '') {
    throw new UsageError('docker login: no password came on standard input');
  }
  say('Login Succeeded');
};

const version = (shim: Shim, args: readonly string[]): void => {
  const { engine } = shim;
  const Version = engine?.version ?? '';
  const Server = { Version, Platform: { Name: engine?.kind ?? 'stage processes' } };
  const { format } = parseInspectCommand([...args, 'version']);
  say(
    format ? fillFormat(format, { Server, Client: Server }) : `${Server.Platform.Name} ${Version}`,
  );
};

const run = async (shim: Shim, args: readonly string[]): Promise<void> => {
  const [command, ...rest] = args;
  if (command === 'buildx' && rest[0] === 'build') return build(shim, rest.slice(1));
  // A builder of its own is BuildKit's; here the engine of this machine builds.
  if (command === 'buildx' && rest[0] === 'create') return;
  if (command === 'image' && ['inspect', 'build', 'tag', 'push'].includes(rest[0] ?? '')) {
    return run(shim, rest);
  }
  if (command === 'build') return build(shim, rest);
  if (command === 'inspect') return inspect(shim, rest);
  if (command === 'login') return login(rest);
  if (command === 'version') return version(shim, rest);
  const names = rest.filter((word) => !['-q', '--quiet'].includes(word));
  if (command === 'push' && names[0] !== undefined) return say((await push(shim, names[0])).said);
  if (command === 'tag' && names[0] !== undefined && names[1] !== undefined) {
    return asProcesses(shim)
      ? tagProcesses(shim.settings.dataDir, names[0], names[1])
      : needEngine(shim).tag(names[0], names[1]);
  }
  if (shim.settings.engine?.kind === 'docker') return passThrough(args);
  throw new UsageError(
    `docker ${command ?? ''}: this build environment knows build, tag, push, inspect, login and version`,
  );
};

/** What this command does not translate, where the real docker works. */
const passThrough = (args: readonly string[]): void => {
  const { status } = spawnSync('docker', args, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
};

const settings = readShimSettings();
delete process.env[COMPILED_VARIABLE];
// From here on `docker` means the program behind this command.
process.env['PATH'] = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => folder !== settings.shimFolder)
  .join(':');
const engine = settings.engine ? openEngine(settings.engine, settings.dataDir) : undefined;
try {
  await run({ settings, engine }, process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  // The builder has already printed its own output; what is missing is that it failed.
  process.stderr.write(`${error instanceof BuildError ? `ERROR: ${message}` : message}\n`);
  process.exitCode = error instanceof UsageError ? 125 : 1;
}
