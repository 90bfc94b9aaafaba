// Goal: every mistake in a configuration is one clear line: the file, the line, what was found, what to do.
// Method: each file of invalid/ is named after its mistake and says on top what must be said of it.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownKeys } from '../../../cli/config/knownKeys.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { checkConfig } from '../../../cli/config/validate.ts';
import { EXIT, exitCodeOf, jsonOf, linesOf } from '../../../cli/failure.ts';

const FOLDER = path.join(import.meta.dirname, 'invalid');
const SHOP = path.resolve(import.meta.dirname, '../../../examples/shop/failover.yml');

const faultOf = (file: string): unknown => {
  try {
    checkConfig(loadConfig(file));
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('mistakes in failover.yml', () => {
  const files = globSync('*.{yml,txt}', { cwd: FOLDER }).sort();

  it('are all tried', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it.each(files)('%s', (name) => {
    const file = path.join(FOLDER, name);
    const expected = [...readFileSync(file, 'utf8').matchAll(/^# expect: (.*)$/gm)].map((match) =>
      (match[1] ?? '').replace('FILE', file),
    );
    const error = faultOf(file);
    const lines = linesOf(error);
    expect(exitCodeOf(error)).toBe(EXIT.input);
    expect(expected.length).toBeGreaterThan(0);
    expect(lines).toHaveLength(expected.length);
    for (const [at, text] of expected.entries()) {
      const found = lines[at]?.replace(`${path.relative(process.cwd(), FOLDER)}/app`, 'app');
      expect(found?.slice(0, text.length)).toBe(text);
    }
  });

  it('that is not there is told how to write one', () => {
    expect(linesOf(faultOf('/nowhere/failover.yml'))).toEqual([
      'there is no /nowhere/failover.yml. Name another with --config, or write one with: failover init --config /nowhere/failover.yml',
    ]);
  });

  it('that is a folder is said to be one', () => {
    expect(linesOf(faultOf(FOLDER))).toEqual([`${FOLDER} is a folder: name the file in it`]);
  });

  it('is read as JSON too, with a stable name', () => {
    const { error } = jsonOf(faultOf(path.join(FOLDER, 'unknown-key.yml')));
    expect(error.name).toBe('ConfigInvalid');
    expect(error.lines).toHaveLength(1);
  });
});

describe('a right failover.yml', () => {
  it('gives the variants of the shop', () => {
    const { variants, config } = checkConfig(loadConfig(SHOP));
    expect(variants.map(({ id }) => id)).toEqual(['fat', 'slim', 'distroless', 'web']);
    expect(config.drill.readyTimeout).toBe(60_000);
  });

  it('says on which line something is', () => {
    const { lineOf } = loadConfig(SHOP);
    const text = readFileSync(SHOP, 'utf8').split('\n');
    expect(text[lineOf(['image', 'reference']) - 1]).toContain('reference: slim');
    expect(text[lineOf(['probes', 3, 'table']) - 1]).toContain('kind: database');
  });
});

describe('keys known at a place', () => {
  it.each([
    [[], undefined, ['service', 'regions', 'drill']],
    [['image', 'matrix'], undefined, ['target', 'args']],
    [['regions', 'primary'], undefined, ['name', 'endpoint']],
  ])('%j', (at, written, some) => {
    expect(knownKeys(at, written)).toEqual(expect.arrayContaining(some));
  });

  it('are those of the kind that is written', () => {
    const written = { probes: [{ kind: 'tcp' }] };
    expect(knownKeys(['probes', 0], written).sort()).toEqual(['kind', 'timeout']);
  });
});
