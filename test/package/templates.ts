// The CloudFormation template of each role, compiled by osls without a network and with made-up keys.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { functionEntries, PROJECT_FOLDER, packageFunctions } from '../../scripts/package.ts';

export const ROLES = [
  'control',
  'failover',
  'heartbeat',
  'lease',
  'observer',
  'promotion',
  'rehearsal',
  // Before what runs in its cluster.
  'serving',
  'service',
  'switch',
  'watcher',
] as const;
export type Role = (typeof ROLES)[number];

export const Template = z.looseObject({
  Outputs: z.record(
    z.string(),
    z.looseObject({ Export: z.strictObject({ Name: z.string() }).optional() }),
  ),
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      DependsOn: z.array(z.string()).default([]),
    }),
  ),
});
export type Template = z.output<typeof Template>;
export type Resource = Template['Resources'][string];

/** What the templates follow from. The code of the functions is not part of it. */
const SOURCES = ['serverless.yml', 'buildspec.yml', 'resources', 'statemachines'];

/** Fragments of other roles are no part of a role's template. */
const isPartOf = (role: Role, file: string): boolean =>
  !file.startsWith('resources/') || file.startsWith(`resources/${role}.`);

const CACHE = path.join(PROJECT_FOLDER, 'node_modules', '.cache', 'failover-drill');

const run = promisify(execFile);

const filesOf = (source: string): string[] =>
  source.endsWith('.yml') ? [source] : globSync(`${source}/**/*.*`, { cwd: PROJECT_FOLDER }).sort();

/** What osls is told with `--param`. */
type Params = Readonly<Record<string, string>>;

const keyOf = (role: Role, told: Params): string => {
  const known = [Object.keys(functionEntries()), told];
  const hash = createHash('sha256').update(JSON.stringify(known));
  const sources = SOURCES.flatMap(filesOf).filter((file) => isPartOf(role, file));
  const files = [...sources, 'node_modules/serverless/package.json'];
  for (const file of [...files, path.relative(PROJECT_FOLDER, import.meta.filename)]) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(PROJECT_FOLDER, file)));
  }
  return hash.digest('hex').slice(0, 20);
};

/** A service folder like the project's, so that packaging leaves nothing in the project. */
export const serviceFolder = async (): Promise<string> => {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, 'service-'));
  for (const source of SOURCES) {
    cpSync(path.join(PROJECT_FOLDER, source), path.join(folder, source), { recursive: true });
  }
  symlinkSync(path.join(PROJECT_FOLDER, 'node_modules'), path.join(folder, 'node_modules'));
  await packageFunctions(path.join(folder, '.build'));
  return folder;
};

const compile = async (folder: string, role: Role, told: Params): Promise<string> => {
  const cli = path.join(PROJECT_FOLDER, 'node_modules/serverless/bin/serverless.js');
  const all = Object.entries({ role, service: 'shop', ...told });
  const params = all.flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  await run(process.execPath, [cli, 'package', ...params, '--package', `out-${role}`], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      AWS_ACCESS_KEY_ID: 'made-up',
      AWS_SECRET_ACCESS_KEY: 'made-up',
      SLS_TELEMETRY_DISABLED: '1',
    },
  });
  const file = path.join(folder, `out-${role}`, 'cloudformation-template-update-stack.json');
  return readFileSync(file, 'utf8');
};

const cachedFile = (role: Role, told: Params): string =>
  path.join(CACHE, `${role}-${keyOf(role, told)}.json`);

/** Each compiled once for the same sources, however many test files ask. */
const compileMissing = async (roles: readonly Role[], told: Params): Promise<void> => {
  const missing = roles.filter((role) => !existsSync(cachedFile(role, told)));
  if (missing.length === 0) return;
  const folder = await serviceFolder();
  try {
    // One after the other: osls keeps state in the service's folder.
    for (const role of missing) {
      const fresh = path.join(folder, `${role}.json`);
      writeFileSync(fresh, await compile(folder, role, told));
      renameSync(fresh, cachedFile(role, told));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Of a service that says no more than its name. */
export const templates = async (): Promise<Record<Role, Template>> => {
  await compileMissing(ROLES, {});
  const all = ROLES.map((role) => [role, JSON.parse(readFileSync(cachedFile(role, {}), 'utf8'))]);
  return z.record(z.enum(ROLES), Template).parse(Object.fromEntries(all));
};

/** Of one role, told what `failover deploy` tells it. */
export const templateTold = async (role: Role, told: Params): Promise<Template> => {
  await compileMissing([role], told);
  return Template.parse(JSON.parse(readFileSync(cachedFile(role, told), 'utf8')));
};

export const ofType = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An intrinsic function as a person would write it: `Table.Arn`, `Bucket`, or the text of a Sub. */
export const shown = (value: unknown): string => {
  if (isRecord(value)) {
    if (typeof value['Ref'] === 'string') return value['Ref'];
    if (typeof value['Fn::Sub'] === 'string') return value['Fn::Sub'];
    if (Array.isArray(value['Fn::GetAtt'])) return value['Fn::GetAtt'].join('.');
    return JSON.stringify(value);
  }
  return String(value);
};

const Policies = z.array(
  z.object({
    PolicyDocument: z.object({
      Statement: z.array(
        z.strictObject({
          Effect: z.literal('Allow'),
          Action: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
          Resource: z.unknown(),
          Condition: z.unknown().optional(),
        }),
      ),
    }),
  }),
);

export type Grant = { readonly action: string; readonly resource: string };

/** Every action with every resource that a role allows. */
export const grantsOf = (role: Resource): Grant[] =>
  Policies.parse(role.Properties['Policies'] ?? []).flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
      (Array.isArray(Resource) ? Resource : [Resource]).flatMap((resource) =>
        Action.map((action) => ({ action, resource: shown(resource) })),
      ),
    ),
  );
