// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
// Goal: stages, their bases and what they need are read from a Dockerfile as builders read it.
import { describe, expect, it } from 'vitest';
import { assignments, substitute } from '../../../../core/dockerfile/words.ts';
import { findStage, neededFor, readStages } from '../../../../local/containers/dockerfile.ts';

const TEXT = `
ARG BASE=node:24-slim
ARG VARIANT=\${BASE}-x
FROM \${BASE} AS Deps
WORKDIR /app
COPY --chown=node:node package.json ./
RUN npm ci \\
    # a comment between the lines
    --omit=dev
FROM nginx AS web
COPY --from=deps /app /srv
COPY --from=busybox:1 /bin/busybox /bin/
FROM $VARIANT
COPY --from=0 /app /app
`;

describe('substitution', () => {
  it.each([
    ['$A-$B', 'one-'],
    ['${A}x', 'onex'],
    ['${B:-two}', 'two'],
    ['${E:-two}', 'two'],
    ['${E-two}', ''],
    ['${A:+set}', 'set'],
    ['${B:+set}', ''],
    ['${B:-${A}}', 'one'],
    ['\\$A', '$A'],
  ])('%s', (text, expected) => {
    expect(substitute(text, { A: 'one', E: '' })).toBe(expected);
  });
});

it('reads pairs with quotes, and the old form with a space', () => {
  expect(assignments('A=1 B="two words" C=\'x y\' D')).toEqual([
    ['A', '1'],
    ['B', 'two words'],
    ['C', 'x y'],
    ['D', undefined],
  ]);
  expect(assignments('NAME some value')).toEqual([['NAME', 'some value']]);
});

describe('stages', () => {
  const graph = readStages(TEXT, { BASE: 'node:22' });

  it('have bases with build arguments filled in, and steps with flags and lines', () => {
    expect(graph.stages.map(({ name, from, line }) => [name, from, line])).toEqual([
      ['deps', 'node:22', 4],
      ['web', 'nginx', 10],
      [undefined, 'node:22-x', 13],
    ]);
    const [, copy, run] = graph.stages[0]!.steps;
    expect(copy).toMatchObject({ keyword: 'COPY', flags: { chown: 'node:node' }, line: 6 });
    expect(run!.args.replace(/\s+/g, ' ')).toBe('npm ci --omit=dev');
  });

  it('need their sources, and only those', () => {
    const { stages, images } = neededFor(graph, findStage(graph, 'WEB'));
    expect(stages.map(({ index }) => index)).toEqual([0, 1]);
    expect(images).toEqual([
      { name: 'nginx', line: 10 },
      { name: 'node:22', line: 4 },
      { name: 'busybox:1', line: 12 },
    ]);
    expect(neededFor(graph, findStage(graph, 'deps')).stages).toHaveLength(1);
    expect(findStage(graph, undefined).index).toBe(2);
  });

  it('that do not exist are named with those that do', () => {
    expect(() => findStage(graph, 'slm', 'app/Dockerfile')).toThrow(
      'app/Dockerfile: stage "slm" does not exist. Stages: deps, web, 2.',
    );
  });
});

it.each([
  ['RUN x\nFROM y', 'Dockerfile:1: RUN stands before the first FROM'],
  ['# nothing', 'Dockerfile: has no FROM line'],
  ['ARG B\nFROM ${B}', 'Dockerfile:2: FROM ${B} names no image: give the ARG a value'],
])('%j is refused', (text, message) => {
  expect(() => readStages(text, {})).toThrow(message);
});
