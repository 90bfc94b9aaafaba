import { parse, YAMLParseError } from 'yaml';
import * as z from 'zod';

/** The phases of a buildspec in the order they run. */
export const PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type PhaseName = (typeof PHASES)[number];

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const Phase = z.strictObject({
  'on-failure': z.enum(['ABORT', 'CONTINUE']).optional(),
  'runtime-versions': z.strictObject({ nodejs: scalar.optional() }).optional(),
  commands: z.array(scalar).optional(),
  finally: z.array(scalar).optional(),
});

const Document = z.strictObject({
  version: z.union([z.literal(0.2), z.literal('0.2')]),
  env: z
    .strictObject({
      shell: z.enum(['sh', '/bin/sh', 'bash', '/bin/bash']).optional(),
      variables: z.record(z.string(), scalar).optional(),
      'exported-variables': z.array(z.string().regex(/^[A-Za-z_]\w*$/)).optional(),
    })
    .optional(),
  phases: z.strictObject({
    install: Phase.optional(),
    pre_build: Phase.optional(),
    build: Phase.optional(),
    post_build: Phase.optional(),
  }),
});

type BuildPhase = {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure: 'ABORT' | 'CONTINUE' | undefined;
};

export type Buildspec = {
  readonly shell: 'sh' | 'bash';
  readonly variables: Readonly<Record<string, string>>;
  readonly exportedVariables: readonly string[];
  readonly phases: Readonly<Partial<Record<PhaseName, BuildPhase>>>;
};

/** A buildspec that CodeBuild would refuse, or that uses what the embedded one does not know. */
export class BuildspecError extends Error {
  override readonly name = 'BuildspecError';
}

const parseYaml = (text: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new BuildspecError(`YAML_FILE_ERROR: ${error.message.split('\n')[0]}`);
  }
};

/** Reads a buildspec of version 0.2. @throws BuildspecError naming what is wrong with it. */
export const parseBuildspec = (text: string): Buildspec => {
  const read = Document.safeParse(parseYaml(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue?.path.join('.') || 'the document';
    throw new BuildspecError(`YAML_FILE_ERROR: buildspec: ${where}: ${issue?.message}`);
  }
  const { env, phases } = read.data;
  const entries = PHASES.flatMap((name) => {
    const phase = phases[name];
    if (!phase) return [];
    const made: BuildPhase = {
      commands: phase.commands ?? [],
      finally: phase.finally ?? [],
      onFailure: phase['on-failure'],
    };
    return [[name, made] as const];
  });
  if (entries.length === 0) {
    throw new BuildspecError('YAML_FILE_ERROR: buildspec: at least one phase is needed');
  }
  return {
    shell: env?.shell?.endsWith('bash') ? 'bash' : 'sh',
    variables: env?.variables ?? {},
    exportedVariables: env?.['exported-variables'] ?? [],
    phases: Object.fromEntries(entries),
  };
};
