/** `failover init`: writes a first failover.yml beside a Dockerfile. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { isRegion, nearestRegionName } from '../../core/regions/regions.ts';
import { InitOutput } from '../../events/initOutput.ts';
import { ServiceName } from '../../events/serviceName.ts';
import { DockerfileError, readStages, type Stage } from '../../local/containers/dockerfile.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { type Ask, openQuestions, takePresets } from '../ask.ts';
import { loadConfig } from '../config/load.ts';
import {
  exposedPort,
  imageStages,
  type StarterAnswers,
  serviceNameOf,
  starterConfig,
} from '../config/starter.ts';
import { checkConfig } from '../config/validate.ts';
import { Faults } from '../failure.ts';
import type { Output } from '../output/output.ts';

export type InitOptions = {
  readonly config: string;
  readonly yes?: boolean;
  readonly force?: boolean;
};

const SCHEMA_FILE = 'failover.schema.json';
const INSTALLED_SCHEMA = `node_modules/failover-drill/${SCHEMA_FILE}`;

const stagesIn = (folder: string): readonly Stage[] => {
  const file = path.join(folder, 'Dockerfile');
  if (!existsSync(file)) return [];
  try {
    return readStages(readFileSync(file, 'utf8'), {}, file).stages;
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new Faults('DockerfileInvalid', [error.message]);
  }
};

const schemaFrom = (folder: string): string => {
  if (existsSync(path.join(folder, INSTALLED_SCHEMA))) return `./${INSTALLED_SCHEMA}`;
  const relative = path.relative(folder, path.join(PROJECT_FOLDER, SCHEMA_FILE));
  return relative.startsWith('.') ? relative : `./${relative}`;
};

const regionFault =
  (taken: readonly string[], optional = false) =>
  (answer: string): string | undefined => {
    if (optional && answer === 'none') return undefined;
    if (taken.includes(answer)) return `${answer} is taken: name another region`;
    if (isRegion(answer)) return undefined;
    const guess = nearestRegionName(answer);
    return `unknown region "${answer}".${guess ? ` Did you mean ${guess}?` : ''}`;
  };

const REGIONS = ['eu-west-1', 'eu-central-1', 'eu-north-1'];
const regionBeside = (taken: readonly string[]): string =>
  REGIONS.find((region) => !taken.includes(region)) ?? '';

const pathFault = (answer: string): string | undefined =>
  answer.startsWith('/') ? undefined : 'expected a path that starts with /';

const portFault = (answer: string): string | undefined => {
  const port = Number(answer);
  return Number.isInteger(port) && port >= 1 && port <= 65_535
    ? undefined
    : 'expected a port from 1 to 65535';
};

const listOf = (answer: string): string[] => answer.split(/[\s,]+/).filter((one) => one !== '');

const askImage = async (ask: Ask, stages: readonly Stage[]): Promise<StarterAnswers['image']> => {
  if (stages.length === 0) return undefined;
  const known = stages.map(({ name, index }) => name ?? String(index));
  const targets = await ask({
    text: 'Stages to compare',
    preset: imageStages(stages).join(', '),
    fault: (answer) => {
      const stranger = listOf(answer.toLowerCase()).find((name) => !known.includes(name));
      if (stranger !== undefined) return `no stage "${stranger}". Stages: ${known.join(', ')}`;
      return listOf(answer).length > 0 ? undefined : 'name at least one stage';
    },
  });
  const chosen = [...new Set(listOf(targets.toLowerCase()))];
  const reference = await ask({
    text: 'The one that runs today',
    preset: chosen.at(-1) ?? '',
    fault: (answer) => (chosen.includes(answer) ? undefined : `choose one of ${chosen.join(', ')}`),
  });
  return { targets: chosen, reference };
};

const HOST = /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/;

const askAll = async (ask: Ask, folder: string, stages: readonly Stage[]) => {
  const service = await ask({
    text: 'Service',
    preset: serviceNameOf(path.basename(folder)),
    fault: (answer) => ServiceName.safeParse(answer).error?.issues[0]?.message,
  });
  const record = await ask({
    text: 'Name that fails over, such as shop.example.com, or none',
    preset: 'none',
    fault: (answer) =>
      answer === 'none' || HOST.test(answer) ? undefined : 'expected a host name, or none',
  });
  const primary = await ask({
    text: 'Primary region',
    preset: regionBeside([]),
    fault: regionFault([]),
  });
  const standby = await ask({
    text: 'Standby region',
    preset: regionBeside([primary]),
    fault: regionFault([primary]),
  });
  const witness = await ask({
    text: 'Witness region, or none',
    preset: regionBeside([primary, standby]),
    fault: regionFault([primary, standby], true),
  });
  const image = await askImage(ask, stages);
  const preset = image && exposedPort(stages, image.reference);
  const port = await ask({ text: 'Port', preset: String(preset ?? 8_080), fault: portFault });
  const health = await ask({ text: 'Health path', preset: '/', fault: pathFault });
  const measured = await ask({ text: 'Path to measure', preset: health, fault: pathFault });
  const orNone = (answer: string) => (answer === 'none' ? undefined : answer);
  return {
    ...{ service, primary, standby, image, health },
    ...{ record: orNone(record), witness: orNone(witness), port: Number(port), path: measured },
  };
};

export const init = async (
  options: InitOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> => {
  const file = options.config;
  const folder = path.dirname(path.resolve(file));
  if (existsSync(file) && !options.force) {
    throw new DrillError('InputInvalid', `${file} exists. Keep it, or write over it with --force`, {
      file,
    });
  }
  const stages = stagesIn(folder);
  const asking = !options.yes && !output.json && process.stdin.isTTY;
  const questions = asking ? openQuestions(process.stdin, process.stderr, signal) : undefined;
  let answers: Omit<StarterAnswers, 'schema'>;
  try {
    answers = await askAll(questions?.ask ?? takePresets, folder, stages);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new DrillError('Interrupted', 'interrupted; nothing was written');
  } finally {
    questions?.close();
  }
  const text = starterConfig({ ...answers, schema: schemaFrom(folder) });
  writeFileSync(file, text, options.force ? {} : { flag: 'wx' });
  const { variants } = checkConfig(loadConfig(file));
  const ids = variants.map(({ id }) => id);
  const next = ids.length > 0 ? `failover check --config ${file}` : 'add image to it';
  output.result(InitOutput.parse({ file, service: answers.service, variants: ids }), () => [
    `Wrote ${file}: service ${answers.service}, ${answers.primary} → ${answers.standby}, ${ids.length > 0 ? `variants ${ids.join(', ')}` : 'no variants, because there is no Dockerfile'}`,
    `Next: ${next}`,
  ]);
};
