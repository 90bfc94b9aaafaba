// Goal: a bundle holds the schemas that its function comes to, and no others.
// Method: the transformation over code as esbuild prints it, and the real bundler over modules of this project.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../../local/lambda/bundle.ts';
import { withSchemasMarked } from '../../../local/lambda/schemasOnUse.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PURE = '/* @__PURE__ */ (() => ';

describe('what a constant is made by', () => {
  it.each([
    ['one line', 'const A = z.string().min(1);', `const A = ${PURE}z.string().min(1))();`],
    [
      'several lines',
      'const A = z.strictObject({\n  a: z.string()\n});\nexport {\n  A\n};',
      `const A = ${PURE}z.strictObject({\n  a: z.string()\n}))();\nexport {\n  A\n};`,
    ],
    [
      'a function of several statements',
      'const A = z.object({\n  a: B\n}).superRefine((x) => {\n  f(x);\n  g(x);\n});',
      `const A = ${PURE}z.object({\n  a: B\n}).superRefine((x) => {\n  f(x);\n  g(x);\n}))();`,
    ],
  ])('is marked: %s', (_, code, expected) => {
    expect(withSchemasMarked(code)).toBe(expected);
  });

  it.each([
    'const f = (a) => {\n  g(a);\n};',
    'const f = async (a) => g(a);',
    'const LIMIT = 3;',
    'const NAMES = ["a", "b"];',
    'f(1);',
    'let a = z.string();',
  ])('is left as it is where it makes nothing: %s', (code) => {
    expect(withSchemasMarked(code)).toBe(code);
  });
});

describe('a bundle', () => {
  const cache = path.join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  // The names of folders say what is a module of schemas.
  const folder = mkdtempSync(path.join(cache, 'schemas-on-use-'));
  mkdirSync(path.join(folder, 'events'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has the schema that is used with what that is made of, and not the one beside it', async () => {
    const schemas = `
import * as z from 'zod';
const Part: z.ZodType<string> = z.string().regex(/^part-/);
export const Used = z.strictObject({ part: Part }).superRefine(({ part }, ctx) => {
  const isLong = part.length > 9;
  if (isLong) ctx.addIssue({ code: 'custom', message: 'too long' });
});
export const Beside = z.strictObject({ beside: z.literal('left-out') });
`;
    writeFileSync(path.join(folder, 'events/schemas.ts'), schemas);
    const entry = path.join(folder, 'entry.ts');
    writeFileSync(entry, `export { Used } from './events/schemas.ts';`);
    const { files } = await bundleFunctions({ entries: { x: entry }, outDir: `${folder}/made` });
    const file = files['x'] ?? '';
    expect(readFileSync(file, 'utf8')).not.toContain('left-out');
    const { Used } = await import(pathToFileURL(file).href);
    expect(Used.safeParse({ part: 'part-1' }).success).toBe(true);
    expect(Used.safeParse({ part: 'other' }).success).toBe(false);
    expect(Used.safeParse({ part: 'part-is-long' }).error.issues[0].message).toBe('too long');
  });
});
