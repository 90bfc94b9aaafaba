/** Faults that show only when the configuration meets its Dockerfile, its clock and itself. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { CONTROL_ARM_ID } from '../../core/drill/plan.ts';
import { nearest } from '../../core/nearest.ts';
import { ScheduleError } from '../../core/schedule/errors.ts';
import { nextOccurrence } from '../../core/schedule/next.ts';
import { expandMatrix, sameVariants, type VariantSpec } from '../../core/variants/matrix.ts';
import { DockerfileError, readStages } from '../../local/containers/dockerfile.ts';
import { Faults } from '../failure.ts';
import { readScans, type Scans } from '../scans/read.ts';
import type { LoadedConfig } from './load.ts';
import { residencyFaults } from './residency.ts';

/** A configuration whose variants can all be asked for. */
export type CheckedConfig = LoadedConfig & {
  readonly variants: readonly VariantSpec[];
  readonly contextFolder: string;
  /** The Dockerfile, by a name that a person would write; undefined when there is no image. */
  readonly dockerfile: { readonly file: string; readonly text: string } | undefined;
  /** What `drill.gates.vulnerabilities` names. */
  readonly scanned: Pick<Scans, 'scans' | 'missing'>;
};

const NO_SCANS: Scans = { scans: {}, missing: [], faults: [] };

const INSTRUCTIONS = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
];

/** Stages that the configuration asks for, and the Dockerfile has not. */
const missingStage = (
  { config, file, lineOf }: LoadedConfig,
  target: string,
  names: readonly string[],
): string => {
  const at = config.image?.matrix.target.indexOf(target) ?? 0;
  const place = `${file}:${lineOf(['image', 'matrix', 'target', at])}`;
  const guess = nearest(target, names);
  const hint = guess ? ` Did you mean "${guess}"?` : '';
  return `${place}: stage "${target}" does not exist. Stages: ${names.join(', ')}.${hint}`;
};

const stageFaults = (
  loaded: LoadedConfig,
  text: string,
  file: string,
  variants: readonly VariantSpec[],
): string[] => {
  const faults = new Set<string>();
  for (const { target, args } of variants) {
    try {
      const { stages } = readStages(text, args, file);
      for (const { keyword, line } of stages.flatMap(({ steps }) => steps)) {
        if (INSTRUCTIONS.includes(keyword)) continue;
        const guess = nearest(keyword, INSTRUCTIONS);
        faults.add(
          `${file}:${line}: unknown instruction ${keyword}.${guess ? ` Did you mean ${guess}?` : ''}`,
        );
      }
      const names = stages.map(({ name, index }) => name ?? String(index));
      if (names.includes(target.toLowerCase())) continue;
      faults.add(missingStage(loaded, target, names));
    } catch (error) {
      if (!(error instanceof DockerfileError)) throw error;
      faults.add(error.message);
    }
  }
  return [...faults];
};

const shown = (file: string): string => {
  const relative = path.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') ? file : relative;
};

const readDockerfile = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const scheduleFaults = ({ file, config, lineOf }: LoadedConfig): string[] => {
  const { schedule, timezone } = config.drill;
  if (schedule === undefined) return [];
  try {
    nextOccurrence(schedule, timezone, Date.now());
    return [];
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return [`${file}:${lineOf(['drill', 'schedule'])}: drill.schedule: ${error.message}`];
  }
};

const matrixFaults = (
  { file, lineOf }: LoadedConfig,
  variants: readonly VariantSpec[],
  reference: string,
): string[] => {
  const faults = sameVariants(variants).map(
    ([first, second]) =>
      `${file}:${lineOf(['image', 'matrix'])}: variants "${first.id}" and "${second.id}" are the same image: stage ${first.target} with the same arguments. Name it once`,
  );
  const ids = variants.map(({ id }) => id);
  if (ids.includes(CONTROL_ARM_ID)) {
    faults.push(
      `${file}:${lineOf(['image', 'matrix'])}: no variant can be called "${CONTROL_ARM_ID}": that is the reference measured again. Rename the stage`,
    );
  }
  if (variants.length > 0 && !ids.includes(reference)) {
    const guess = nearest(reference, ids);
    const hint = guess ? ` Did you mean "${guess}"?` : '';
    faults.push(
      `${file}:${lineOf(['image', 'reference'])}: image.reference "${reference}" is no variant. Variants: ${ids.join(', ')}.${hint}`,
    );
  }
  if (variants.length === 0) {
    faults.push(`${file}:${lineOf(['image', 'exclude'])}: image.exclude leaves no variant`);
  }
  return faults;
};

const isFolder = (folder: string): boolean =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;

const scansOf = (
  { config, file, folder, lineOf }: LoadedConfig,
  variants: readonly VariantSpec[],
): Scans => {
  const gate = config.drill.gates?.vulnerabilities;
  if (!gate) return NO_SCANS;
  const ids = variants.map(({ id }) => id);
  const read = readScans(gate.file, folder, ids);
  const at = ['drill', 'gates', 'vulnerabilities', 'file'];
  const place = `${file}:${lineOf(at)}: ${at.join('.')}`;
  return { ...read, faults: read.faults.map((fault) => `${place}: ${fault}`) };
};

/** @throws Faults with a line for each fault found. */
export const checkConfig = (loaded: LoadedConfig): CheckedConfig => {
  const { config, file, folder, lineOf } = loaded;
  const faults = [...scheduleFaults(loaded), ...residencyFaults(loaded)];
  const { image } = config;
  if (!image) {
    if (faults.length > 0) throw new Faults('ConfigInvalid', faults);
    const none = { variants: [], contextFolder: folder, dockerfile: undefined };
    return { ...loaded, ...none, scanned: NO_SCANS };
  }
  const contextFolder = path.resolve(folder, image.context);
  const variants = expandMatrix(image.matrix, image.exclude);
  const scanned = scansOf(loaded, variants);
  faults.push(...matrixFaults(loaded, variants, image.reference), ...scanned.faults);
  if (!isFolder(contextFolder)) {
    faults.push(
      `${file}:${lineOf(['image', 'context'])}: image.context: there is no folder ${shown(contextFolder)}`,
    );
    throw new Faults('ConfigInvalid', faults);
  }
  const dockerfile = path.join(contextFolder, image.dockerfile);
  const text = readDockerfile(dockerfile);
  if (text === undefined) {
    faults.push(
      `${file}:${lineOf(['image', 'dockerfile'])}: image.dockerfile: cannot read ${shown(dockerfile)}`,
    );
    throw new Faults('ConfigInvalid', faults);
  }
  const name = shown(dockerfile);
  const wrong = stageFaults(loaded, text, name, variants);
  if (faults.length > 0) throw new Faults('ConfigInvalid', [...faults, ...wrong]);
  if (wrong.length > 0) throw new Faults('DockerfileInvalid', wrong);
  return { ...loaded, variants, contextFolder, dockerfile: { file: name, text }, scanned };
};
