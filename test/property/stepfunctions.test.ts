// Goal: no machine, expression or payload hangs or crashes the process: executions end, or are refused
// with a place; and a journal cut anywhere gives the same end.
// Method: generated machines with cycles, branches, faults and junk, run on a virtual clock.
import { globSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidDefinition, parseMachine } from '../../local/stepfunctions/parseMachine.ts';
import {
  functionAnswer,
  functionError,
  payloadOf,
  startMachines,
} from '../support/stateMachines.ts';

const NAMES = ['A', 'B', 'C', 'D'];
const ENDS = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

const next = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NAMES).map((Next) => ({ Next })) },
  { weight: 2, arbitrary: fc.constant({ End: true }) },
);
const path1 = fc.constantFrom(
  '$',
  '$.a',
  '$.a.b',
  '$.list[0]',
  '$.list[*]',
  '$$.State.Name',
  '$.none',
  '$..a',
  null,
);
const template = fc.constantFrom(
  { 'a.$': '$' },
  { 'a.$': '$.a', list: [1, 2] },
  { a: { 'b.$': "States.Format('{}', $.a)" } },
  { 'list.$': 'States.ArrayRange(1, 4, 1)' },
  { 'n.$': 'States.MathAdd($.n, 1)' },
);
const expression = fc.constantFrom(
  '{% $states.input %}',
  '{% $states.input.a %}',
  '{% $count($states.input.list) %}',
  '{% $states.context.State.Name %}',
  '{% [1..3] %}',
  '{% $x %}',
  '{% $states.input.n > 2 %}',
  '{% $random() %}',
);
const rules = {
  Retry: fc.constantFrom(undefined, [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }]),
  Catch: fc.constantFrom(undefined, [{ ErrorEquals: ['States.ALL'], Next: 'D' }]),
};
const withNext = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ own: fc.record(fields), to: next }).map(({ own, to }) => ({ ...own, ...to }));

const task = withNext({
  Type: fc.constant('Task'),
  Resource: fc.constant('arn:aws:lambda:eu-west-1:000000000000:function:f'),
  TimeoutSeconds: fc.constantFrom(undefined, 3),
  ...rules,
});
const leaf = fc.oneof(
  withNext({
    Type: fc.constant('Pass'),
    InputPath: fc.option(path1, { nil: undefined }),
    Parameters: fc.option(template, { nil: undefined }),
    ResultPath: fc.constantFrom(undefined, '$.r', null),
    OutputPath: fc.constantFrom(undefined, '$.a', '$'),
  }),
  withNext({
    Type: fc.constant('Pass'),
    QueryLanguage: fc.constant('JSONata'),
    Output: expression,
    Assign: fc.option(fc.record({ x: expression }), { nil: undefined }),
  }),
  withNext({ Type: fc.constant('Wait'), Seconds: fc.nat(100_000) }),
  fc.record({
    Type: fc.constant('Choice'),
    Choices: fc.tuple(
      fc.record({
        Variable: fc.constantFrom('$.a', '$.n', '$'),
        IsPresent: fc.boolean(),
        Next: fc.constantFrom(...NAMES),
      }),
    ),
    Default: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
  }),
  fc.record({ Type: fc.constant('Succeed') }),
  fc.record({ Type: fc.constant('Fail'), Error: fc.constantFrom('E', undefined) }),
  task,
);

/** A graph of states of which each may lead to any other, cycles included. */
const graph = (depth: number): fc.Arbitrary<object> => {
  const state =
    depth === 0
      ? leaf
      : fc.oneof(
          { weight: 4, arbitrary: leaf },
          {
            weight: 1,
            arbitrary: withNext({
              Type: fc.constant('Parallel'),
              Branches: fc.array(graph(depth - 1), { minLength: 0, maxLength: 3 }),
              ...rules,
            }),
          },
          {
            weight: 1,
            arbitrary: withNext({
              Type: fc.constant('Map'),
              ItemsPath: fc.constantFrom(undefined, '$.list'),
              MaxConcurrency: fc.constantFrom(undefined, 1, 3),
              ItemProcessor: graph(depth - 1),
              ...rules,
            }),
          },
        );
  const states = fc.tuple(state, state, state, state);
  return states.map(([A, B, C, D]) => reachable({ StartAt: 'A', States: { A, B, C, D } }));
};

/** Drops states that nothing leads to, as AWS refuses those. */
const reachable = (machine: { StartAt: string; States: Record<string, object> }): object => {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const text = JSON.stringify(machine.States[name], (key, value) =>
      key === 'Branches' || key === 'ItemProcessor' ? undefined : value,
    );
    for (const other of NAMES) if (text.includes(`":"${other}"`)) visit(other);
  };
  visit(machine.StartAt);
  const States = Object.fromEntries([...seen].map((name) => [name, machine.States[name]]));
  return { ...machine, States };
};

const input = fc.oneof(
  fc.constant({ a: { b: 1 }, list: [1, { a: 2 }], n: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);
const machine = graph(2).map((whole) => ({ ...whole, TimeoutSeconds: 5_000_000 }));

const answer = (request: Parameters<typeof payloadOf>[0]) => {
  const text = JSON.stringify(payloadOf(request));
  return text.length % 5 === 0
    ? functionError('E')
    : functionAnswer({ a: 1, list: [1], n: text.length });
};

describe('generated machines', () => {
  it('end, each with one closing event and a history without holes', async () => {
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(machine, input, async (definition, given) => {
        const machines = startMachines(answer, { historyEventsMax: 400 });
        try {
          const ended = await machines.run(definition, given);
          ran += 1;
          expect(ENDS).toContain(ended.status);
          expect(ended.events.map((e) => e.id)).toEqual(ended.events.map((_, i) => i + 1));
          expect(ended.events.filter((e) => /^Execution(?!Started)/.test(e.type))).toHaveLength(1);
          expect(ended.events.every((e) => e.previousEventId < e.id)).toBe(true);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'InvalidDefinition') throw error;
          expect(error.message).toMatch(/ at \//);
        } finally {
          await machines.close();
        }
      }),
      { numRuns: 300 },
    );
    expect(ran, 'enough of them were valid').toBeGreaterThan(200);
  });

  it('run the same again with the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(machine, input, fc.integer(), async (definition, given, seed) => {
        const histories: string[] = [];
        for (let turn = 0; turn < 2; turn += 1) {
          const machines = startMachines(answer, { historyEventsMax: 300, seed });
          const arn = await machines
            .create(definition)
            .then((made) => machines.start(made, given, 'same'))
            .catch(() => undefined);
          if (arn !== undefined) {
            await machines.clock.until(machines.engine.settled());
            histories.push(JSON.stringify(await machines.history(arn)));
          }
          await machines.close();
        }
        expect(histories[0]).toBe(histories[1]);
      }),
      { numRuns: 60 },
    );
  });

  it('go on from a journal cut at any byte and end', async () => {
    await fc.assert(
      fc.asyncProperty(machine, input, fc.nat(), async (definition, given, cut) => {
        const machines = startMachines(answer, { historyEventsMax: 300 });
        const arn = await machines
          .create(definition)
          .then((made) => machines.start(made, given, 'cut'))
          .catch(() => undefined);
        await machines.clock.until(machines.engine.settled());
        await machines.leave();
        const [file] = globSync('**/journal.jsonl', { cwd: machines.dataDir });
        if (arn !== undefined && file !== undefined) {
          const journal = path.join(machines.dataDir, file);
          truncateSync(journal, cut % statSync(journal).size);
          const next = startMachines(answer, { dataDir: machines.dataDir, historyEventsMax: 300 });
          await next.engine.resume();
          await next.clock.until(next.engine.settled());
          const { executions } = await next.ask('ListExecutions', {
            stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:machine',
          });
          for (const { status } of executions) expect(ENDS).toContain(status);
          await next.leave();
        }
        await machines.close();
      }),
      { numRuns: 150 },
    );
  });
});

describe('junk', () => {
  it('is refused as a definition, always with a place', () => {
    const junk = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.string(),
      fc
        .record({
          StartAt: fc.string(),
          States: fc.dictionary(fc.string(), fc.object({ maxDepth: 3 })),
        })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(junk, (text) => {
        try {
          parseMachine(text);
          expect.unreachable('junk was taken for a machine');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidDefinition);
          if (error instanceof InvalidDefinition) {
            expect(error.problems.length).toBeGreaterThan(0);
            expect(error.problems.every((p) => p.location.startsWith('/'))).toBe(true);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('as an expression or a path fails the state or is refused, and nothing else', async () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[$()[\]{}.,*+~>?:=&"'0-9a-z ]{0,40}$/));
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (code, jsonata) => {
        const state = jsonata
          ? { QueryLanguage: 'JSONata', Output: `{% ${code} %}` }
          : { Parameters: { 'v.$': `$${code}` } };
        const definition = {
          StartAt: 'A',
          States: { A: { Type: 'Pass', End: true, ...state } },
        };
        const machines = startMachines();
        try {
          expect(['SUCCEEDED', 'FAILED']).toContain(
            (await machines.run(definition, { a: 1 })).status,
          );
        } catch (error) {
          expect(error).toMatchObject({ name: 'InvalidDefinition' });
        } finally {
          await machines.close();
        }
      }),
      { numRuns: 400 },
    );
  });
});
