// Goal: the embedded cloud allows and denies what IAM does.
// Method: random policies of the parts that the templates use, and random requests, beside iam-simulate.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessRequest, decide, readStatement } from '../../core/iam/policy.ts';
import { simulate } from '../support/simulateIam.ts';

const TABLE = 'arn:aws:dynamodb:eu-west-1:000000000000:table/';
const LEADING = 'dynamodb:LeadingKeys';
const NAMES = 'route53:ChangeResourceRecordSetsNormalizedRecordNames';

/** Each action with resources of its type and the condition key that it has. */
const ACTIONS = {
  'dynamodb:GetItem': { resources: ['a', 'ab', 'b'].map((name) => TABLE + name), key: LEADING },
  'dynamodb:PutItem': { resources: ['a', 'ab', 'b'].map((name) => TABLE + name), key: LEADING },
  's3:GetObject': {
    resources: ['arn:aws:s3:::one/config/x', 'arn:aws:s3:::one/x', 'arn:aws:s3:::two/config/x'],
    key: undefined,
  },
  'ecs:StopTask': {
    resources: ['c/1', 'd/1'].map((name) => `arn:aws:ecs:eu-west-1:000000000000:task/${name}`),
    key: 'ecs:cluster',
  },
  'route53:ChangeResourceRecordSets': {
    resources: ['Z1', 'Z2'].map((zone) => `arn:aws:route53:::hostedzone/${zone}`),
    key: NAMES,
  },
} as const;
type Action = keyof typeof ACTIONS;

const action = fc.constantFrom<Action[]>(...(Object.keys(ACTIONS) as Action[]));
const VALUES = ['a', 'ab', 'b', 'shadow-a', 'arn:aws:ecs:eu-west-1:000000000000:cluster/c'];
const PATTERNS = [...VALUES, 'a*', '*', 'shadow-?', 'arn:aws:ecs:*:000000000000:cluster/*'];

const patternOf = (resource: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    resource,
    '*',
    resource.slice(0, -1).concat('*'),
    resource.slice(0, -1).concat('?'),
    resource.replace('eu-west-1', '*'),
  );

const conditionOf = (key: string | undefined): fc.Arbitrary<object> => {
  if (key === undefined) return fc.constant({});
  const many = key === LEADING || key === NAMES;
  const operator = many
    ? fc.constantFrom('ForAllValues:StringEquals', 'ForAllValues:StringLike')
    : fc.constantFrom('StringEquals', 'StringLike', 'ArnLike', 'ArnEquals');
  const patterns = fc.array(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({}) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(operator, patterns)
        .map(([name, values]) => ({ Condition: { [name]: { [key]: values } } })),
    },
  );
};

const statement = action.chain((name) => {
  const { resources, key } = ACTIONS[name];
  return fc
    .tuple(
      fc.constantFrom('Allow', 'Allow', 'Deny'),
      fc.constantFrom(name, name.replace(/:.*/, ':*'), name.toLowerCase()),
      fc.constantFrom(...resources).chain(patternOf),
      conditionOf(key),
    )
    .map(([Effect, Action, Resource, condition]) => ({ Effect, Action, Resource, ...condition }));
});

const request: fc.Arbitrary<AccessRequest> = action.chain((name) => {
  const { resources, key } = ACTIONS[name];
  const many = key === LEADING || key === NAMES;
  const value = many
    ? fc.array(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 3 })
    : fc.constantFrom(...VALUES);
  const context =
    key === undefined
      ? fc.constant({})
      : fc.oneof(
          fc.constant({}),
          value.map((one) => ({ [key]: one })),
        );
  return fc.record({ action: fc.constant(name), resource: fc.constantFrom(...resources), context });
});

const WORDS: Readonly<Record<string, string>> = {
  allowed: 'Allowed',
  'explicitly denied': 'ExplicitlyDenied',
  'implicitly denied': 'ImplicitlyDenied',
};

describe('what a role may do', () => {
  it('is what iam-simulate says, for policies and requests of every kind', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        request,
        async (statements, asked) => {
          const own = WORDS[decide(statements.map(readStatement), asked)] ?? '';
          seen.set(own, (seen.get(own) ?? 0) + 1);
          expect(own).toBe(await simulate(statements, asked));
        },
      ),
      { numRuns: 2_000 },
    );
    // All three answers were among them, and not by the way.
    for (const word of Object.values(WORDS)) expect(seen.get(word), word).toBeGreaterThan(20);
  });
});
