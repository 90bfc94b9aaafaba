// What whole-machine tests had roles do, kept for the tests in test/iam/ that run after them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { type Noted, notedIn } from '../../local/iam/iam.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';

export const USES = path.join(PROJECT_FOLDER, 'node_modules/.cache/failover-drill/iam');

const Roles = z.record(z.string(), z.array(z.unknown()));

const rolesIn = (dataDir: string): z.output<typeof Roles> => {
  try {
    return Roles.parse(JSON.parse(readFileSync(path.join(dataDir, 'iam/roles.json'), 'utf8')));
  } catch {
    return {};
  }
};

/** The roles of a data folder and what they asked for, under the name of a test. */
export const keepUse = (name: string, dataDir: string): void => {
  const roles = rolesIn(dataDir);
  if (Object.keys(roles).length === 0) return;
  mkdirSync(USES, { recursive: true });
  const use = { name, roles, calls: notedIn(dataDir) };
  writeFileSync(path.join(USES, `${name.replace(/[^\w-]+/g, '-')}.json`), JSON.stringify(use));
};

export type Use = {
  readonly name: string;
  readonly roles: Readonly<Record<string, readonly unknown[]>>;
  readonly calls: readonly Noted[];
};
