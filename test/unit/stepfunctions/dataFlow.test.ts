// Goal: paths, intrinsic functions and JSONata give what AWS documents, and say what is wrong.
// Method: one Pass state per rule, run by the engine.
import { describe, expect, it } from 'vitest';
import { runMachine } from '../../support/stateMachines.ts';

const pass = (fields: object) => ({
  StartAt: 'A',
  States: { A: { Type: 'Pass', End: true, ...fields } },
});
const jsonata = (Output: unknown, more: object = {}) => ({
  QueryLanguage: 'JSONata',
  ...pass({ Output, ...more }),
});
const pathValue = async (path: string, input: unknown): Promise<unknown> =>
  (await runMachine(pass({ Parameters: { 'v.$': path } }), input)).output;

describe('JSONPath', () => {
  const shop = {
    books: [
      { title: 'A', price: 5, tags: ['x'] },
      { title: 'B', price: 15 },
      { title: 'C', price: 25, tags: ['x', 'y'] },
    ],
    'odd name': { deep: { title: 'D' } },
  };
  it.each([
    ['$.books[0].title', 'A'],
    ['$.books[-1].title', 'C'],
    ["$['odd name'].deep.title", 'D'],
    ['$.books[*].title', ['A', 'B', 'C']],
    ['$.books[0,2].title', ['A', 'C']],
    ['$.books[1:].price', [15, 25]],
    ['$.books[-2:].price', [15, 25]],
    ['$.books[:-1].price', [5, 15]],
    ['$..title', ['A', 'B', 'C', 'D']],
    ['$.books[?(@.price > 10)].title', ['B', 'C']],
    ["$.books[?(@.price >= 5 && @.title != 'B')].title", ['A', 'C']],
    ['$.books[?(@.tags)].title', ['A', 'C']],
    ['$.books[?(!@.tags)].title', ['B']],
    ['$.books[?(@.title =~ /[ab]/i)].title', ['A', 'B']],
    ["$.books[?(@.title in ['A', 'C'])].price", [5, 25]],
    ["$.books[0]['title','price']", ['A', 5]],
    ['$$.State.Name', 'A'],
  ])('reads %s', async (path, expected) => {
    expect(await pathValue(path, shop)).toEqual({ v: expected });
  });

  it('goes through InputPath, Parameters, ResultPath and OutputPath in this order', async () => {
    const definition = pass({
      InputPath: '$.in',
      Parameters: { 'got.$': '$.x' },
      ResultPath: '$.out.result',
      OutputPath: '$.out',
    });
    const ended = await runMachine(definition, { in: { x: 1 }, out: { old: 2 } });
    expect(ended.output).toEqual({ old: 2, result: { got: 1 } });
  });

  it('gives nothing for null paths', async () => {
    const input = { a: 1 };
    expect((await runMachine(pass({ InputPath: null }), input)).output).toEqual({});
    expect((await runMachine(pass({ OutputPath: null }), input)).output).toEqual({});
    expect((await runMachine(pass({ ResultPath: null, Result: 2 }), input)).output).toEqual(input);
  });

  it('says where a ResultPath cannot go', async () => {
    const ended = await runMachine(pass({ Result: 1, ResultPath: '$.a.b' }), { a: 'text' });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.ResultPathMatchFailure' });
  });
});

describe('intrinsic functions', () => {
  it.each([
    ["States.Format('{} is {}', $.name, $.n)", 'Ann is 3'],
    ["States.Format('\\{\\} {}', 1)", '{} 1'],
    ['States.StringToJson(\'{"a":[1]}\')', { a: [1] }],
    ['States.JsonToString($.list)', '[1,2,2,3]'],
    ["States.Array(1, 'a', null, true, $.n)", [1, 'a', null, true, 3]],
    ['States.ArrayPartition($.list, 3)', [[1, 2, 2], [3]]],
    ['States.ArrayContains($.list, 3)', true],
    ['States.ArrayRange(1, 9, 4)', [1, 5, 9]],
    ['States.ArrayRange(3, 1, -1)', [3, 2, 1]],
    ['States.ArrayGetItem($.list, 3)', 3],
    ['States.ArrayLength($.list)', 4],
    ['States.ArrayUnique($.list)', [1, 2, 3]],
    ["States.Base64Encode('hé')", 'aMOp'],
    ["States.Base64Decode('aMOp')", 'hé'],
    [
      "States.Hash('abc', 'SHA-256')",
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ],
    ['States.JsonMerge($.a, $.b, false)', { x: 2, y: 1, z: 3 }],
    ['States.MathAdd($.n, -5)', -2],
    ["States.StringSplit('a.b+c', '.+')", ['a', 'b', 'c']],
    ['States.ArrayLength(States.ArrayRange(1, 5, 1))', 5],
  ])('%s', async (call, expected) => {
    const input = { name: 'Ann', n: 3, list: [1, 2, 2, 3], a: { x: 1, y: 1 }, b: { x: 2, z: 3 } };
    expect(await pathValue(call, input)).toEqual({ v: expected });
  });

  it('draws random numbers and identifiers from the seed', async () => {
    const definition = pass({
      Parameters: { 'n.$': 'States.MathRandom(1, 999)', 'id.$': 'States.UUID()' },
    });
    const first = (await runMachine(definition)).output;
    expect(first).toEqual((await runMachine(definition)).output);
    expect(first).toMatchObject({
      id: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
    });
  });

  it('fails with the function and the reason', async () => {
    const ended = await runMachine(pass({ Parameters: { 'v.$': 'States.ArrayGetItem($.a, 5)' } }), {
      a: [],
    });
    expect(ended).toMatchObject({
      error: 'States.IntrinsicFailure',
      cause:
        "An error occurred while executing the state 'A' (entered at the event id #2). The function 'States.ArrayGetItem($.a, 5)' had the following error: there is no item 5",
    });
  });
});

describe('JSONata', () => {
  it.each([
    ['{% $states.input.a + 1 %}', 3],
    ['{% $partition([1,2,3,4,5], 2) %}', [[1, 2], [3, 4], [5]]],
    ['{% $range(0, 10, 5) %}', [0, 5, 10]],
    ["{% $hash('abc', 'MD5') %}", '900150983cd24fb0d6963f7d28e17f72'],
    ['{% $parse(\'{"k":[1]}\') %}', { k: [1] }],
    ['{% $states.context.Execution.Input.a %}', 2],
    ['{% $now() %}', '2026-11-20T10:00:00.000Z'],
    ["{% $now('[Y]/[M01]', '+0200') %}", '2026/11'],
    ['{% $millis() %}', Date.parse('2026-11-20T10:00:00Z')],
    [
      { 'k{% 1 %}': ['{% 1 + 1 %}', 'plain', ' {% not %} '] },
      { 'k{% 1 %}': [2, 'plain', ' {% not %} '] },
    ],
  ])('gives %j', async (template, expected) => {
    expect((await runMachine(jsonata(template), { a: 2 })).output).toEqual(expected);
  });

  it('assigns all at once, from the variables there were before', async () => {
    const States = {
      A: { Type: 'Pass', Assign: { x: 1, y: 2 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Next: 'C' },
      C: { Type: 'Pass', Output: '{% [$x, $y] %}', End: true },
    };
    const ended = await runMachine({ QueryLanguage: 'JSONata', StartAt: 'A', States });
    expect(ended.output).toEqual([2, 1]);
  });

  it('keeps variables of a branch inside it', async () => {
    const inner = { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { x: 9 }, End: true } } };
    const States = {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'P' },
      P: { Type: 'Parallel', Branches: [inner], Next: 'C' },
      C: { Type: 'Pass', Output: '{% $x %}', End: true },
    };
    const ended = await runMachine({ QueryLanguage: 'JSONata', StartAt: 'A', States });
    expect(ended.output).toBe(1);
  });

  it.each([
    [
      '{% $none %}',
      "The JSONata expression '$none' specified for the field 'Output' returned nothing (undefined).",
    ],
    [
      '{% 1 + "a" %}',
      'specified for the field \'Output\' threw an error during evaluation. T2002: The right side of the "+" operator must evaluate to a number',
    ],
    ['{% $eval("1") %}', 'U1002: $eval is not supported: use $parse'],
    ['{% function($x){$x} %}', 'returned an unsupported result type.'],
    ['{% ($f := function(){ $f() }; $f()) %}', 'U1001: the expression runs too long'],
    ['{% ($f := function(){ 1 + $f() }; $f()) %}', 'U1001: the expression nests too deeply'],
    ['{% $range(1, 1e12, 1) %}', 'U1003: a range of 1000000000000 is too long'],
  ])(
    'fails on %s and says why',
    async (expression, cause) => {
      const ended = await runMachine(jsonata(expression));
      expect(ended.error).toBe('States.QueryEvaluationError');
      expect(ended.cause).toContain(cause);
    },
    // A million steps take seconds where the machine has other things to do.
    60_000,
  );
});

describe('payloads', () => {
  it('may have 256 KiB and not a byte more', async () => {
    const definition = pass({ Parameters: { 'v.$': "States.Format('{}x', $)" } });
    const fits = 'y'.repeat(262_144 - '{"v":"x"}'.length);
    expect((await runMachine(definition, fits)).status).toBe('SUCCEEDED');
    expect(await runMachine(definition, `${fits}y`)).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    });
  });
});
