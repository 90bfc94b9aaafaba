// Goal: docs/failure-scenarios.md tells the truth: what it lists is all there is to list, and each test that it
// names is there under that name.
// Method: read its headings and items, and look each name up in the text of its file.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/failure-scenarios.md'), 'utf8');

/** What each heading of the third level names, with the items below it. */
const sections = PAGE.split(/^### /m)
  .slice(1)
  .map((text) => {
    const id = /^([A-Z]?\d+)\. /.exec(text)?.[1] ?? text.slice(0, 40);
    const items = [...text.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)].map(
      ([, file = '', name = '']) => ({
        file,
        name,
      }),
    );
    return { id, items };
  });

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

/** Titles in a file, however they are quoted. */
const titlesIn = (file: string): Set<string> => {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const quoted = text.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g);
  return new Set([...quoted].map(([, a, b, c]) => a ?? b ?? c ?? ''));
};

describe('the page of failure scenarios', () => {
  it('has every scenario, invariant, hazard, gate and bad input', () => {
    expect(sections.map(({ id }) => id)).toEqual([
      ...numbered('', 23),
      ...numbered('I', 12),
      ...numbered('H', 7),
      ...numbered('G', 10),
      ...numbered('B', 7),
    ]);
  });

  it('names a test for each', () => {
    expect(sections.filter(({ items }) => items.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it('names tests that are there', () => {
    const known = new Map<string, Set<string>>();
    const missing = sections
      .flatMap(({ id, items }) => items.map((item) => ({ id, ...item })))
      .filter(({ file, name }) => {
        if (!existsSync(path.join(ROOT, file))) return true;
        const titles = known.get(file) ?? titlesIn(file);
        known.set(file, titles);
        return !titles.has(name);
      });
    expect(missing).toEqual([]);
  });
});
