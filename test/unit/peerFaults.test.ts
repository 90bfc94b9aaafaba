// Goal: a run on a peer fails when a test fails that is not listed, when a listed one passes, and when a file or a
// listed test is not there: nothing is skipped without a word.
import { expect, it } from 'vitest';
import { faultsOf, type Result, type Trial } from '../peers/contract.ts';

const result = (test: string, passed: boolean): Result => ({
  ...{ file: 'a.test.ts', test, passed, called: true },
  why: passed ? '' : 'AssertionError: no',
});
const trial = (tests: '*' | string[], files = ['a.test.ts']): Trial => ({
  name: 'a peer',
  peer: { url: 'http://127.0.0.1:1', scopes: ['s3'], resetPath: null },
  files,
  listed: tests.length > 0 ? [{ file: 'a.test.ts', tests, why: 'it cannot' }] : [],
});

it('finds nothing where tests pass or are listed', () => {
  const results = [result('one', true), result('two', false)];
  expect(faultsOf(results, trial(['two']))).toEqual([]);
});

it('names a test that fails and is not listed, with what it said', () => {
  expect(faultsOf([result('one', false)], trial([]))).toEqual([
    'fails, and is not listed (AssertionError: no): a.test.ts: one',
  ]);
});

it('names a listed test that passes, alone or with its file', () => {
  const passes = ['listed, and passes: a.test.ts: one'];
  expect(faultsOf([result('one', true)], trial(['one']))).toEqual(passes);
  expect(faultsOf([result('one', true)], trial('*'))).toEqual(passes);
});

it('names a listed test that is gone, and a file without a result', () => {
  expect(faultsOf([result('one', true)], trial(['gone'], ['a.test.ts', 'b.test.ts']))).toEqual([
    'listed, and there is no such test: a.test.ts: gone',
    'no test has run: b.test.ts',
  ]);
});
