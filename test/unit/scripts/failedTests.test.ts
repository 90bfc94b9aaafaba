// Goal: what failed is told with its reason, and what may be a stumble is run once more.
import { describe, expect, it } from 'vitest';
import { failedFiles, mayRepeat } from '../../../scripts/failedTests.ts';

const result = (name: string, status: string, more: object = {}) => ({
  ...{ name: `/project/test/${name}.test.ts`, status, message: '', assertionResults: [] },
  ...more,
});

describe('what failed', () => {
  it('is the tests of a file with their reasons, of which the first lines are enough', () => {
    const reason = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n');
    const assertionResults = [
      { status: 'passed', fullName: 'a watch starts' },
      { status: 'failed', fullName: 'a watch flips', failureMessages: [reason] },
    ];
    const report = JSON.stringify({
      testResults: [
        result('unit/clock', 'passed'),
        result('integration/watch', 'failed', { assertionResults }),
      ],
    });
    const [failed, ...others] = failedFiles(report, '/project');
    expect(others).toEqual([]);
    expect(failed?.file).toBe('test/integration/watch.test.ts');
    expect(failed?.tests).toHaveLength(1);
    expect(failed?.tests[0]).toMatch(/^a watch flips: line 0\n/);
    expect(failed?.tests[0]).not.toContain('line 9');
  });

  it('is the file itself where it did not come to its tests', () => {
    const report = JSON.stringify({
      testResults: [result('e2e/drill', 'failed', { message: 'cannot find package x' })],
    });
    expect(failedFiles(report, '/project')).toEqual([
      { file: 'test/e2e/drill.test.ts', tests: ['cannot find package x'] },
    ]);
  });
});

const failing = (...files: string[]) => ({
  passed: false,
  failed: files.map((file) => ({ file: `test/${file}.test.ts`, tests: ['x'] })),
});
const PASSED = { passed: true, failed: [] };

describe('what is run once more', () => {
  it.each([
    ['nothing, if all passed', [PASSED, PASSED], false],
    ['a file that runs in real time', [failing('integration/watch'), PASSED], true],
    ['files of both rows', [failing('integration/watch'), failing('contract/ecs')], true],
    [
      'a calculation, which will fail again',
      [failing('integration/watch'), failing('unit/x')],
      true,
    ],
    ['nothing, if one that draws numbers failed', [failing('e2e/a'), failing('property/x')], false],
    ['nothing, if a run broke down', [failing(), PASSED], false],
    ['nothing, if many failed', [failing('e2e/a', 'e2e/b', 'e2e/c', 'e2e/d'), PASSED], false],
  ])('is %s', (_, runs, expected) => {
    expect(mayRepeat(runs)).toBe(expected);
  });
});
