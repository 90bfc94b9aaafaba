// Goal: of a build that failed, a person reads the line that says why.
// Method: the last output of real builders around real mistakes.
import { describe, expect, it } from 'vitest';
import { meaningfulLine } from '../../../core/drill/buildOutput.ts';

const OUTPUTS: [string, string, string][] = [
  [
    'npm without a network',
    [
      'npm error code ECONNREFUSED',
      'npm error syscall connect',
      'npm error FetchError: request to http://registry/left-pad failed, reason: connect ECONNREFUSED',
      "npm error   errno: 'ECONNREFUSED',",
      'npm error }',
      'npm error',
      "npm error If you are behind a proxy, please make sure that the 'proxy' config is set properly.",
      'npm error A complete log of this run can be found in: /root/.npm/_logs/debug-0.log',
      'subprocess exited with status 1',
      'Error: building at STEP "RUN npm install left-pad": exit status 1',
      'ERROR: buildah build failed (exit 1)',
    ].join('\n'),
    'FetchError: request to http://registry/left-pad failed, reason: connect ECONNREFUSED',
  ],
  [
    'BuildKit around a compiler',
    [
      '#9 [build 4/4] RUN npx tsc',
      "#9 2.301 src/shop.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
      '#9 ERROR: process "/bin/sh -c npx tsc" did not complete successfully: exit code: 2',
      '------',
      ' > [build 4/4] RUN npx tsc:',
      '------',
    ].join('\n'),
    "src/shop.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
  ],
  [
    'BuildKit without a repository to push to',
    [
      '#12 pushing layers 0.4s done',
      'ERROR: failed to solve: failed to push 1.dkr.ecr.eu-west-1.amazonaws.com/shop:slim: 404 Not Found',
      'phase_exit: 1',
    ].join('\n'),
    'ERROR: failed to solve: failed to push 1.dkr.ecr.eu-west-1.amazonaws.com/shop:slim: 404 Not Found',
  ],
  ['a command that says nothing of its own', 'STEP 1/2: FROM base\nhalf done', 'half done'],
];

describe('the line that says why a build failed', () => {
  it.each(OUTPUTS)('is found in the output of %s', (_what, output, line) => {
    expect(meaningfulLine(output)).toBe(line);
  });

  it('keeps what the builder itself says of a step that never ran', () => {
    const output =
      'STEP 3/4: COPY nothing.txt .\nError: building at STEP "COPY nothing.txt .": checking on sources: no such file or directory';
    expect(meaningfulLine(output)).toContain('no such file or directory');
  });

  it('is none where nothing was said', () => {
    expect(meaningfulLine('')).toBeUndefined();
    expect(meaningfulLine('STEP 1/2: FROM base\n')).toBeUndefined();
  });
});
