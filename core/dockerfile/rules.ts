/** The rules by name. Names stand in comments of Dockerfiles and in reports: they are never reused. */
import type { Image } from './image.ts';
import type { Found, Severity } from './model.ts';
import { floatingBase, taggedBase } from './rules/base.ts';
import { buildTools } from './rules/build-tools.ts';
import { packageCaches } from './rules/caches.ts';
import { noHealthCheck, shellForm } from './rules/command.ts';
import { sourceBeforeManifest, wholeFileSystem } from './rules/copies.ts';
import { devDependencies } from './rules/dev-dependencies.ts';
import { openFiles } from './rules/permissions.ts';
import { secrets } from './rules/secrets.ts';
import { namedUser, rootUser } from './rules/user.ts';

type Rule = { readonly severity: Severity; readonly title: string };

export const RULES = {
  'unused-stage': { severity: 'low', title: 'A stage that no variant uses' },
  'same-image': { severity: 'medium', title: 'Two variants that are one image' },
  'build-tools': { severity: 'medium', title: 'Build tools in the final stage' },
  'dev-dependencies': {
    severity: 'medium',
    title: 'Dependencies of development in the final stage',
  },
  'whole-file-system': { severity: 'high', title: 'A whole file system copied' },
  'source-before-manifest': {
    severity: 'low',
    title: 'Sources copied before the dependency manifest',
  },
  'package-cache': { severity: 'low', title: 'A package cache left in a layer' },
  'root-user': { severity: 'medium', title: 'The program runs as root' },
  'named-user': { severity: 'low', title: 'The user is a name and not a number' },
  'base-floating': { severity: 'medium', title: 'A base without a version' },
  'base-by-tag': { severity: 'low', title: 'A base by tag and not by digest' },
  'shell-form-command': { severity: 'medium', title: 'A shell between the signal and the program' },
  'no-health-check': { severity: 'low', title: 'No health check' },
  'secret-in-image': { severity: 'high', title: 'A secret in ARG or ENV' },
  'open-files': { severity: 'medium', title: 'Files that anyone may change' },
  'bad-ignore': { severity: 'low', title: 'A comment that ignores nothing' },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;

export const isRule = (name: string): name is RuleId => Object.hasOwn(RULES, name);

type ImageRule = { readonly rule: RuleId; readonly judge: (image: Image) => Found[] };

/** Rules that look at one image. */
export const IMAGE_RULES: readonly ImageRule[] = [
  { rule: 'build-tools', judge: buildTools },
  { rule: 'dev-dependencies', judge: devDependencies },
  { rule: 'whole-file-system', judge: wholeFileSystem },
  { rule: 'source-before-manifest', judge: sourceBeforeManifest },
  { rule: 'package-cache', judge: packageCaches },
  { rule: 'root-user', judge: rootUser },
  { rule: 'named-user', judge: namedUser },
  { rule: 'base-floating', judge: floatingBase },
  { rule: 'base-by-tag', judge: taggedBase },
  { rule: 'shell-form-command', judge: shellForm },
  { rule: 'no-health-check', judge: noHealthCheck },
  { rule: 'secret-in-image', judge: secrets },
  { rule: 'open-files', judge: openFiles },
];
