// What whole-machine tests had roles do, kept for the tests in test/iam/ that run after them.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { declaredIn, type Noted, notedIn } from '../../local/iam/iam.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';

export const USES = path.join(PROJECT_FOLDER, 'node_modules/.cache/failover-drill/iam');

const OF_TEMPLATES = /:role\/(?!operator-)/;

/** Data folders in the order in which a test file left them. */
const left = new Map<string, string[]>();

/**
 * The roles of a data folder and what they asked for, under the name of the test file that left it. What the
 * same file left in another run is written over.
 */
export const keepUse = (kind: string, dataDir: string): void => {
  const roles = declaredIn(dataDir);
  if (Object.keys(roles).length === 0) return;
  mkdirSync(USES, { recursive: true });
  const { testPath = 'test' } = expect.getState();
  const folders = left.get(testPath) ?? [];
  if (!folders.includes(dataDir)) left.set(testPath, [...folders, dataDir]);
  const count = (left.get(testPath) ?? []).indexOf(dataDir);
  const name = `${kind} ${path.basename(testPath)} ${count}`;
  // Roles of people who operate it, which tests declare, are no part of the templates.
  const calls = notedIn(dataDir).filter(({ role }) => OF_TEMPLATES.test(role));
  const use = { name, roles, calls };
  writeFileSync(path.join(USES, `${name.replace(/[^\w.-]+/g, '-')}.json`), JSON.stringify(use));
};

export type Use = {
  readonly name: string;
  readonly roles: Readonly<Record<string, readonly unknown[]>>;
  readonly calls: readonly Noted[];
};
