// Goal: equal small schemas are one in a bundle, and parse as they did.
// Method: the transformation over code as esbuild prints it, and the real bundler over modules of schemas.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../../local/lambda/bundle.ts';
import { withSchemasShared } from '../../../local/lambda/sharedSchemas.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const ZOD = 'import * as z from "zod";\n';

describe('a small schema', () => {
  it.each([
    'z.string()',
    'z.string().min(1).max(500)',
    'z.string().max(2e3).nullable().default(null)',
    'z.string().regex(/^[a-z]{1,3}$/i)',
    'z.int().min(-1).optional()',
    'z.enum(["a", "b"])',
    'z.literal("tcp")',
    'z.iso.datetime()',
    'z.boolean().default(!1)',
  ])('becomes an import that is named by how it is made: %s', (made) => {
    expect(withSchemasShared(`${ZOD}const A = z.object({ a: ${made}, b: ${made} });`)).toBe(
      `import shared$0 from ${JSON.stringify(`shared-schema:${made}`)};\n` +
        `${ZOD}const A = z.object({ a: shared$0, b: shared$0 });`,
    );
  });

  it.each([
    ['what the module names is left to it', `${ZOD}const A = z.literal(B);`],
    ['what is no schema of zod', `${ZOD}const A = fuzz.string();`],
    ['without zod as `z`', 'const A = z.string();'],
  ])('is left as it is: %s', (_, code) => {
    expect(withSchemasShared(code)).toBe(code);
  });

  it('may be part of what the module makes of it', () => {
    const shared = withSchemasShared(`${ZOD}const A = z.string().max(9).transform(f);`);
    expect(shared).toContain('const A = shared$0.transform(f);');
  });
});

describe('a bundle', () => {
  const cache = path.join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  // The names of folders say what is a module of schemas.
  const folder = mkdtempSync(path.join(cache, 'shared-schemas-'));
  mkdirSync(path.join(folder, 'events'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has one of those that are equal, also in other modules, and they parse as before', async () => {
    const schemas = (name: string) => `
import * as z from 'zod';
export const ${name} = z.strictObject({
  name: z.string().min(1).max(5),
  nick: z.string().min(1).max(5).nullable(),
  age: z.int().min(0).default(7),
});
`;
    writeFileSync(path.join(folder, 'events/one.ts'), schemas('One'));
    writeFileSync(path.join(folder, 'events/two.ts'), schemas('Two'));
    const entry = path.join(folder, 'entry.ts');
    writeFileSync(
      entry,
      `export { One } from './events/one.ts';\nexport { Two } from './events/two.ts';`,
    );
    const { files } = await bundleFunctions({ entries: { x: entry }, outDir: `${folder}/made` });
    const { One, Two } = await import(pathToFileURL(files['x'] ?? '').href);
    expect(One.shape.name).toBe(Two.shape.name);
    expect(One.shape.nick.unwrap()).toBe(One.shape.name);
    expect(One.parse({ name: 'ada', nick: null })).toEqual({ name: 'ada', nick: null, age: 7 });
    for (const bad of [{ name: '', nick: null }, { name: 'a', nick: 'longer' }, { name: 'a' }]) {
      expect(One.safeParse(bad).success).toBe(false);
    }
  });
});
