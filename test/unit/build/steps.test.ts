// Goal: the steps of a build are read from the output of every builder.
// Method: lines as the tools print them, one second apart, against the steps a person would read.
import { describe, expect, it } from 'vitest';
import { parseSteps } from '../../../core/build/steps.ts';

const timed = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line, at) => ({ text: line, atMs: at * 1000 }));

const step = (stage: string, at: number, instruction: string, fromMs: number, ms: number) => ({
  ...{ stage, step: at, instruction },
  ...{ fromMs, ms, cached: false },
});

describe('buildah and podman', () => {
  it('names stages, measures until the next step and sees the cache', () => {
    const steps = parseSteps(
      timed(`
[1/2] STEP 1/3: FROM node:24-slim AS deps
[1/2] STEP 2/3: WORKDIR /app
--> Using cache 467e17cb705b
--> 467e17cb705
[1/2] STEP 3/3: RUN npm ci
added 70 packages
--> eafa0d2d3a6
[2/2] STEP 1/2: FROM scratch
[2/2] STEP 2/2: COPY --from=deps /app /app
[2/2] COMMIT shop:slim
--> e96f4030d65
`),
    );
    expect(steps).toEqual([
      step('deps', 1, 'FROM node:24-slim AS deps', 0, 1000),
      { ...step('deps', 2, 'WORKDIR /app', 1000, 3000), cached: true },
      step('deps', 3, 'RUN npm ci', 4000, 3000),
      step('1', 1, 'FROM scratch', 7000, 1000),
      step('1', 2, 'COPY --from=deps /app /app', 8000, 1000),
    ]);
  });

  it('reads a single stage, which is printed without its number', () => {
    const steps = parseSteps(
      timed('STEP 1/2: FROM scratch AS only\nSTEP 2/2: COPY a /a\nCOMMIT x'),
    );
    expect(steps.map(({ stage, step, ms }) => [stage, step, ms])).toEqual([
      ['only', 1, 1000],
      ['only', 2, 1000],
    ]);
  });

  it('ends the step that failed with the last line', () => {
    const [step] = parseSteps(timed('STEP 1/1: RUN false\nout\nerror building'));
    expect(step).toMatchObject({ instruction: 'RUN false', ms: 2000 });
  });
});

it('reads docker without BuildKit, whose stages have no numbers', () => {
  const steps = parseSteps(
    timed(`
Step 1/4 : FROM node:24 AS build
 ---> 1234
Step 2/4 : RUN make
 ---> Using cache
Step 3/4 : FROM scratch
Step 4/4 : COPY --from=build /a /a
Successfully built 99
`),
  );
  expect(steps.map(({ stage, step, cached }) => `${stage} ${step} ${cached}`)).toEqual([
    'build 1 false',
    'build 2 true',
    '1 3 false',
    '1 4 false',
  ]);
});

it('reads the plain progress of BuildKit, where steps run side by side and print their own times', () => {
  const steps = parseSteps(
    timed(`
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#5 [deps 1/2] FROM docker.io/library/node:24-slim
#5 CACHED
#6 [deps 2/2] RUN npm ci
#7 [web 2/3] COPY nginx.conf /etc/nginx/nginx.conf
#7 DONE 0.1s
#6 2.101 added 70 packages
#6 [deps 2/2] RUN npm ci
#6 DONE 15.2s
#8 [3/3] RUN exit 1
#8 ERROR: process "/bin/sh -c exit 1" did not complete successfully: exit code: 1
`),
  );
  expect(steps).toEqual([
    { ...step('deps', 1, 'FROM docker.io/library/node:24-slim', 8200, 0), cached: true },
    step('deps', 2, 'RUN npm ci', 0, 15200),
    step('web', 2, 'COPY nginx.conf /etc/nginx/nginx.conf', 11200, 100),
    step('0', 3, 'RUN exit 1', 16200, 1000),
  ]);
});

it('takes the time that BuildKit prints for the length of a step, also when a log came in one batch', () => {
  const lines = ['#5 [2/3] RUN a', '#5 DONE 2.0s', '#6 [3/3] RUN b', '#6 DONE 0.5s'];
  const steps = parseSteps(lines.map((text) => ({ text, atMs: 9_000 })));
  expect(steps.map(({ fromMs, ms }) => [fromMs, ms])).toEqual([
    [0, 2_000],
    [1_500, 500],
  ]);
});

it('finds nothing in output of something else', () => {
  expect(parseSteps(timed('hello\nworld'))).toEqual([]);
  expect(parseSteps([])).toEqual([]);
});
