// Goal: nothing in a definition is silently ignored: what does not belong is refused with its place.
// Method: one wrong definition per rule, and the message it must give.
import { describe, expect, it } from 'vitest';
import { InvalidDefinition, parseMachine } from '../../../local/stepfunctions/parseMachine.ts';

const problems = (definition: object | string): string[] => {
  try {
    parseMachine(typeof definition === 'string' ? definition : JSON.stringify(definition));
    return [];
  } catch (error) {
    if (error instanceof InvalidDefinition) {
      return error.problems.map((p) => `${p.message} at ${p.location}`);
    }
    throw error;
  }
};

const one = (state: object, top: object = {}) => ({ StartAt: 'A', States: { A: state }, ...top });
const pass = { Type: 'Pass', End: true };
const task = (extra: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  End: true,
  ...extra,
});
const map = (extra: object, processor: object = {}) => ({
  Type: 'Map',
  ItemProcessor: { StartAt: 'I', States: { I: pass }, ...processor },
  End: true,
  ...extra,
});
const JSONATA = { QueryLanguage: 'JSONata' };

const CASES: [string, object, string][] = [
  ['an unknown field', one({ ...pass, Colour: 1 }), 'Field is not supported at /States/A/Colour'],
  ['an unknown top field', one(pass, { Timeout: 1 }), 'Field is not supported at /Timeout'],
  [
    'an unknown type',
    one({ Type: 'Loop', End: true }),
    'Expected one of Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail at /States/A/Type',
  ],
  [
    'a missing type',
    one({ End: true }),
    "The field 'Type' is required but was missing at /States/A",
  ],
  ['no start', { States: { A: pass } }, "The field 'StartAt' is required but was missing at /"],
  [
    'a start that is not there',
    { StartAt: 'B', States: { B2: pass } },
    "Missing 'Next' target: B at /StartAt",
  ],
  [
    'a target that is not there',
    one({ Type: 'Pass', Next: 'B' }),
    "Missing 'Next' target: B at /States/A/Next",
  ],
  [
    'a state nobody reaches',
    { StartAt: 'A', States: { A: pass, B: pass } },
    'State "B" is not reachable. at /States/B',
  ],
  [
    'both Next and End',
    one({ Type: 'Pass', Next: 'A', End: true }),
    "A state takes one of 'Next' and 'End', found both at /States/A",
  ],
  [
    'neither Next nor End',
    one({ Type: 'Pass' }),
    "The field 'Next' or 'End' is required but was missing at /States/A",
  ],
  [
    'JSONPath fields in JSONata',
    one({ ...pass, Parameters: {} }, JSONATA),
    "Field 'Parameters' is not supported when the QueryLanguage is 'JSONata' at /States/A/Parameters",
  ],
  [
    'JSONata fields in JSONPath',
    one({ ...pass, Output: 1 }),
    "Field 'Output' is not supported when the QueryLanguage is 'JSONPath' at /States/A/Output",
  ],
  [
    'JSONPath below JSONata',
    one({ ...pass, QueryLanguage: 'JSONPath' }, JSONATA),
    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' at the top level at /States/A/QueryLanguage",
  ],
  [
    'a wrong JSONPath',
    one({ ...pass, InputPath: '$.a[' }),
    'Value is not a valid JSONPath: Invalid path',
  ],
  [
    'a ResultPath that is no reference',
    one({ ...pass, ResultPath: '$.a[*]' }),
    'Value is not a Reference Path at /States/A/ResultPath',
  ],
  [
    'a template field without a path',
    one({ ...pass, Parameters: { 'a.$': 'b' } }),
    'Value is not a valid JSONPath or intrinsic function',
  ],
  [
    'an unknown intrinsic function',
    one({ ...pass, Parameters: { 'a.$': 'States.Nope(1)' } }),
    'there is no intrinsic function States.Nope',
  ],
  [
    'wrong JSONata',
    one({ ...pass, Output: { a: '{% 1 + %}' } }, JSONATA),
    'The JSONata expression is not valid: Unexpected end of expression at /States/A/Output/a',
  ],
  [
    'a reserved variable',
    one({ ...pass, Assign: { states: 1 } }, JSONATA),
    "The variable name 'states' is reserved at /States/A/Assign/states",
  ],
  [
    'a wrong resource',
    one(task({ Resource: 'arn:aws:states:::lambda:explode' })),
    'The resource provided arn:aws:states:::lambda:explode is not recognized at /States/A/Resource',
  ],
  [
    'a pattern that is not there',
    one(task({ Resource: 'arn:aws:states:::lambda:invoke.sync' })),
    'The resource provided arn:aws:states:::lambda:invoke.sync is not recognized at /States/A/Resource',
  ],
  [
    'an activity',
    one(task({ Resource: 'arn:aws:states:eu-west-1:000000000000:activity:a' })),
    'Activities are not supported',
  ],
  [
    'credentials',
    one(task({ Credentials: {} })),
    'Credentials are not supported: there is one account here at /States/A/Credentials',
  ],
  [
    'a heartbeat longer than the timeout',
    one(task({ TimeoutSeconds: 5, HeartbeatSeconds: 6 })),
    'HeartbeatSeconds must be smaller than TimeoutSeconds at /States/A/HeartbeatSeconds',
  ],
  [
    'a timeout twice',
    one(task({ TimeoutSeconds: 5, TimeoutSecondsPath: '$.t' })),
    "Only one of 'TimeoutSeconds' and 'TimeoutSecondsPath' is allowed at /States/A",
  ],
  [
    'States.ALL beside others',
    one(task({ Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] })),
    'States.ALL must appear alone at /States/A/Retry[0]/ErrorEquals',
  ],
  [
    'States.ALL before others',
    one(
      task({
        Catch: [
          { ErrorEquals: ['States.ALL'], Next: 'A' },
          { ErrorEquals: ['E'], Next: 'A' },
        ],
      }),
    ),
    'States.ALL must be in the last rule at /States/A/Catch[0]/ErrorEquals',
  ],
  [
    'an unknown field of Retry',
    one(task({ Retry: [{ ErrorEquals: ['E'], Tries: 2 }] })),
    'Field is not supported at /States/A/Retry[0]/Tries',
  ],
  [
    'an unknown jitter',
    one(task({ Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'SOME' }] })),
    "Expected one of 'FULL', 'NONE' at /States/A/Retry[0]/JitterStrategy",
  ],
  ['Retry on a Pass', one({ ...pass, Retry: [] }), 'Field is not supported at /States/A/Retry'],
  [
    'two waits',
    one({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true }),
    'A Wait state takes exactly one of Seconds, SecondsPath, Timestamp, TimestampPath, found Seconds, Timestamp at /States/A',
  ],
  ['no wait', one({ Type: 'Wait', End: true }), 'found none at /States/A'],
  [
    'a choice without choices',
    one({ Type: 'Choice', Choices: [] }),
    'Expected at least one choice at /States/A/Choices',
  ],
  [
    'a choice with Next',
    one({ Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'A' }], Next: 'A' }),
    'Field is not supported at /States/A/Next',
  ],
  [
    'two comparisons',
    one({ Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, IsString: true, Next: 'A' }] }),
    'A choice rule takes one comparison operator, found IsNull, IsString at /States/A/Choices[0]',
  ],
  [
    'a comparison of the wrong type',
    one({ Type: 'Choice', Choices: [{ Variable: '$', NumericEquals: '1', Next: 'A' }] }),
    'Expected value of type number at /States/A/Choices[0]/NumericEquals',
  ],
  [
    'Next inside And',
    one({
      Type: 'Choice',
      Choices: [{ And: [{ Variable: '$', IsNull: true, Next: 'A' }], Next: 'A' }],
    }),
    'Next is only allowed in a top-level rule at /States/A/Choices[0]/And[0]/Next',
  ],
  [
    'a fault inside a branch',
    one({
      Type: 'Parallel',
      Branches: [{ StartAt: 'B', States: { B: { ...pass, X: 1 } } }],
      End: true,
    }),
    'Field is not supported at /States/A/Branches[0]/States/B/X',
  ],
  [
    'a fault inside a Map',
    one(map({}, { Extra: 1 })),
    'Field is not supported at /States/A/ItemProcessor/Extra',
  ],
  [
    'a Map without processor',
    one({ Type: 'Map', End: true }),
    "The field 'ItemProcessor' is required but was missing at /States/A",
  ],
  [
    'a reader in an inline Map',
    one(map({ ItemReader: { Resource: 'arn:aws:states:::s3:getObject', Parameters: {} } })),
    'ItemReader is only allowed in mode DISTRIBUTED at /States/A/ItemReader',
  ],
  [
    'a distributed Map without type',
    one(map({}, { ProcessorConfig: { Mode: 'DISTRIBUTED' } })),
    "Expected one of 'STANDARD', 'EXPRESS' at /States/A/ItemProcessor/ProcessorConfig/ExecutionType",
  ],
  [
    'a wrong number',
    one(task({ TimeoutSeconds: 0 })),
    'Number must be at least 1 and at most 99999999, but was 0 at /States/A/TimeoutSeconds',
  ],
  [
    'a long state name',
    { StartAt: 'N'.repeat(81), States: { ['N'.repeat(81)]: pass } },
    'A state name may have at most 80 characters',
  ],
];

describe('a definition', () => {
  it.each(CASES)('is refused for %s', (_, definition, message) => {
    const found = problems(definition);
    expect(
      found.some((text) => text.includes(message)),
      found.join('\n'),
    ).toBe(true);
  });

  it('tells all its faults at once', () => {
    const found = problems(one({ Type: 'Pass', Colour: 1, Next: 'B' }, { Extra: true }));
    expect(found).toHaveLength(3);
  });

  it('is refused when it is not JSON, not an object, or too large', () => {
    expect(problems('{"StartAt": ')[0]).toMatch(/JSON.* at \/$/);
    expect(problems('[1]')).toEqual(['Expected value of type Object at /']);
    expect(problems(`"${'x'.repeat(1_048_577)}"`)[0]).toContain('larger than 1048576 bytes');
  });

  it('is refused when it nests too deeply, without using up the stack', () => {
    const nested = (levels: number): string => {
      const open = '{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[';
      const inner = JSON.stringify({ StartAt: 'A', States: { A: pass } });
      return `${open.repeat(levels)}${inner}${']}}}'.repeat(levels)}`;
    };
    const found = problems(nested(100));
    expect(found.some((text) => text.includes('States nest deeper than 50'))).toBe(true);
    expect(problems(nested(2_000))).toEqual(['JSON nests deeper than 1000 levels at /']);
  });

  it('may mix languages when the top is JSONPath', () => {
    const states = {
      A: { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% 1 %}', Next: 'B' },
      B: { Type: 'Pass', InputPath: '$', End: true },
    };
    expect(problems({ StartAt: 'A', States: states })).toEqual([]);
  });
});
