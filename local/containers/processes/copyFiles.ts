import { existsSync, globSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, chown, cp, lstat, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import dockerignoreModule from '@balena/dockerignore';
import { substitute, words } from '../../../core/dockerfile/words.ts';
import { DockerfileError, type Step } from '../dockerfile.ts';
import { execForm } from './stageConfig.ts';

export type CopyContext = {
  readonly root: string;
  readonly workingDir: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Where the files come from: the build context, or the root of another stage. */
  readonly source: string;
  /** True for paths of the source that .dockerignore leaves out. */
  readonly ignored: (relative: string) => boolean;
};

/** The rule of the context's .dockerignore. */
export const ignoreRule = (context: string): ((relative: string) => boolean) => {
  const file = path.join(context, '.dockerignore');
  if (!existsSync(file)) return () => false;
  const filter = dockerignoreModule.default().add(readFileSync(file, 'utf8')).createFilter();
  return (relative) => relative !== '' && !filter(relative);
};

const inside = (root: string, file: string): boolean => {
  const relative = path.relative(realpathSync(root), realpathSync(file));
  return !relative.startsWith('..') && !path.isAbsolute(relative);
};

/** The files that a source word names, as absolute paths. */
const matches = (word: string, { source, ignored }: CopyContext, line: number): string[] => {
  const relative = path.posix.normalize(word).replace(/^\/+/, '').replace(/\/$/, '') || '.';
  const found = /[*?[]/.test(relative)
    ? globSync(relative, { cwd: source })
    : existsSync(path.join(source, relative))
      ? [relative]
      : [];
  const files = found
    .filter((name) => !ignored(name === '.' ? '' : name))
    .map((name) => path.join(source, name));
  if (files.length === 0 || !files.every((file) => inside(source, file))) {
    throw new DockerfileError(`line ${line}: there is no "${word}" to copy`);
  }
  return files;
};

const refuse = (step: Step, what: string): never => {
  throw new DockerfileError(
    `line ${step.line}: ${step.keyword} ${what} cannot be carried out without a container engine`,
  );
};

const changeAll = async (file: string, change: (file: string) => Promise<void>): Promise<void> => {
  const entry = await lstat(file);
  if (entry.isDirectory()) {
    for (const name of await readdir(file)) await changeAll(path.join(file, name), change);
  }
  if (!entry.isSymbolicLink()) await change(file);
};

const ownership = async (step: Step, files: readonly string[]): Promise<void> => {
  const { chown: owner, chmod: mode } = step.flags;
  if (mode !== undefined) {
    for (const file of files) await changeAll(file, (one) => chmod(one, Number.parseInt(mode, 8)));
  }
  if (owner === undefined || process.getuid?.() !== 0) return;
  const [uid, gid] = owner.split(':').map(Number);
  if (uid === undefined || Number.isNaN(uid)) return;
  for (const file of files) await changeAll(file, (one) => chown(one, uid, gid ?? uid));
};

/** Carries out COPY, or ADD of plain files. */
export const copyFiles = async (step: Step, context: CopyContext): Promise<void> => {
  if (/<<-?["']?\w/.test(step.args)) refuse(step, 'with a here-document');
  if (step.flags['exclude'] !== undefined) refuse(step, '--exclude');
  const list = execForm(step.args) ?? words(step.args);
  const named = list.map((word) => substitute(word, context.variables));
  const last = named.pop() ?? '';
  if (
    step.keyword === 'ADD' &&
    named.some((word) => /:\/\/|\.(tar|t?gz|tgz|txz|xz|bz2)$/.test(word))
  ) {
    refuse(step, 'of an archive or a URL');
  }
  const to = path.join(context.root, path.posix.resolve(context.workingDir, last));
  const files = named.flatMap((word) => matches(word, context, step.line));
  const many = files.length > 1 || last.endsWith('/') || last === '.';
  const copied: string[] = [];
  for (const file of files) {
    const isFolder = lstatSync(file).isDirectory();
    const intoFolder = !isFolder && (many || (existsSync(to) && lstatSync(to).isDirectory()));
    const target = intoFolder ? path.join(to, path.basename(file)) : to;
    await mkdir(isFolder ? target : path.dirname(target), { recursive: true });
    await cp(file, target, {
      recursive: true,
      force: true,
      verbatimSymlinks: true,
      filter: (from) => !context.ignored(path.relative(context.source, from)),
    });
    copied.push(target);
  }
  await ownership(step, copied);
};
