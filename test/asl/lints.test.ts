// Goal: every machine is well formed, keeps the project's rules, and calls functions that are there.
// Method: asl-validator and our own lints on each file; each lint also on a machine that breaks it.
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ERROR_NAMES } from '../../core/errors.ts';
import { calledFunction, machineFaults, statesOf } from '../../core/lint/machine.ts';
import type { Facts } from '../../core/lint/model.ts';
import { FUNCTION_FOLDERS, MACHINE_FILES, readMachine, uncalled } from './machines.ts';

type Validator = (definition: unknown) => { isValid: boolean; errorsText: () => string };
const validate: Validator = createRequire(import.meta.url)('asl-validator');

const FACTS: Facts = { errorNames: ERROR_NAMES, functionFolders: FUNCTION_FOLDERS };
const BROKEN = path.join(import.meta.dirname, 'broken');

describe.each(MACHINE_FILES)('%s', (file) => {
  const machine = readMachine(file);

  it('is well formed', () => {
    // The validator writes into what it is given.
    const { isValid, errorsText } = validate(structuredClone(machine));
    expect(isValid ? '' : errorsText()).toBe('');
  });

  it('keeps the rules', () => {
    expect(statesOf({ file, definition: machine }).length).toBeGreaterThan(3);
    expect(machineFaults({ file, definition: machine }, FACTS)).toEqual([]);
  });

  it('takes a step again whose sandbox died', () => {
    const calling = statesOf({ file, definition: machine }).filter(({ state }) =>
      calledFunction(state),
    );
    expect(calling.length).toBeGreaterThan(0);
    const giveUp = calling.filter(
      ({ state }) => !JSON.stringify(state['Retry']).includes('"Runtime.ExitError"'),
    );
    expect(giveUp.map(({ name }) => name)).toEqual([]);
  });

  it('says on top what it is for, what goes in and out, and who starts it', () => {
    const text = readFileSync(path.join(import.meta.dirname, '../..', file), 'utf8');
    const head = text.split('\n').slice(0, 12).join('\n');
    for (const word of ['Goal:', 'Input:', 'Output:', 'Started:', 'Fails:']) {
      expect(head).toContain(`# ${word}`);
    }
  });
});

describe('states and functions', () => {
  it('match: every function is called by a state of its name', () => {
    expect(MACHINE_FILES.length).toBeGreaterThan(0);
    expect(FUNCTION_FOLDERS.length).toBeGreaterThan(5);
    expect(uncalled(MACHINE_FILES.map(readMachine), FUNCTION_FOLDERS)).toEqual([]);
  });

  it('would show a function that nothing calls', () => {
    expect(uncalled(MACHINE_FILES.map(readMachine), ['plan', 'forgotten'])).toEqual(['forgotten']);
  });
});

describe('a broken machine', () => {
  const files = globSync('*.asl.yaml', { cwd: BROKEN }).sort();

  it('is there for every lint', () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it.each(files)('%s is refused', (file) => {
    const text = readFileSync(path.join(BROKEN, file), 'utf8');
    const expected = /^# Fault: (.*)$/m.exec(text)?.[1];
    const machine: unknown = parse(text, { merge: true });
    const { isValid, errorsText } = validate(structuredClone(machine));
    const own = machineFaults({ file, definition: machine }, FACTS).map(({ what }) => what);
    const faults = [...own, ...(isValid ? [] : [errorsText()])];
    expect(expected).toBeDefined();
    expect(faults).toEqual([expect.stringContaining(expected ?? '')]);
  });
});
