/**
 * Decides what identity policies allow, for the part of IAM's language that the project's templates
 * use: Allow and Deny, actions and resources with `*` and `?`, and conditions on strings and ARNs. What
 * is not known is refused when a policy is read, not taken for allowed.
 * Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements".
 */

/** Values of a condition key; several for keys that have many, such as `dynamodb:LeadingKeys`. */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>;

export type AccessRequest = {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
};

type Test = {
  readonly key: string;
  readonly every: boolean;
  readonly patterns: readonly string[];
  readonly matches: (value: string, pattern: string) => boolean;
};

export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly tests: readonly Test[];
};

/** What a policy says that is not known here. */
export class PolicyNotKnown extends Error {
  override readonly name = 'PolicyNotKnown';
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textsOf = (value: unknown, what: string): string[] => {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => {
    if (typeof one === 'string') return one;
    throw new PolicyNotKnown(`${what} is ${JSON.stringify(one)}, and not a text`);
  });
};

/** `*` stands for any text and `?` for one character, also over `:` and `/`. */
const glob = (pattern: string): RegExp => {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
};

const like = (value: string, pattern: string): boolean => glob(pattern).test(value);

const ARN = /^[^:]*(?::[^:]*){4}:/;

/**
 * Each of the six parts by itself: a `*` never reaches over a colon, but in the last part. What is no
 * ARN is like none.
 */
const arnLike = (value: string, pattern: string): boolean => {
  if (!ARN.test(value) || !ARN.test(pattern)) return false;
  const parts = (text: string): string[] => {
    const [a = '', b = '', c = '', d = '', e = '', ...rest] = text.split(':');
    return [a, b, c, d, e, rest.join(':')];
  };
  const wanted = parts(pattern);
  return parts(value).every((part, at) => like(part, wanted[at] ?? ''));
};

const OPERATORS: Readonly<Record<string, Test['matches']>> = {
  StringEquals: (value, pattern) => value === pattern,
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
};

const EVERY = 'ForAllValues:';

const testsOf = (condition: unknown): Test[] => {
  if (condition === undefined) return [];
  if (!isRecord(condition)) throw new PolicyNotKnown('a Condition is no mapping');
  return Object.entries(condition).flatMap(([operator, keys]) => {
    const every = operator.startsWith(EVERY);
    const matches = OPERATORS[every ? operator.slice(EVERY.length) : operator];
    if (matches === undefined || !isRecord(keys)) {
      throw new PolicyNotKnown(`the condition operator ${operator} is not known`);
    }
    return Object.entries(keys).map(([key, value]) => {
      const patterns = textsOf(value, `the value of ${key}`);
      const variable = patterns.find((pattern) => pattern.includes('${'));
      if (variable !== undefined) throw new PolicyNotKnown(`${variable} is a variable of IAM`);
      return { key: key.toLowerCase(), every, patterns, matches };
    });
  });
};

const KNOWN = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

/** @throws PolicyNotKnown for a part of the language that is not known here. */
export const readStatement = (statement: unknown): Statement => {
  if (!isRecord(statement)) throw new PolicyNotKnown('a statement is no mapping');
  const foreign = Object.keys(statement).find((key) => !KNOWN.includes(key));
  if (foreign !== undefined) throw new PolicyNotKnown(`${foreign} is not known`);
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyNotKnown(`Effect ${String(effect)}`);
  const resources = textsOf(statement['Resource'], 'a Resource');
  const variable = resources.find((resource) => resource.includes('${'));
  if (variable !== undefined) throw new PolicyNotKnown(`${variable} holds a variable of IAM`);
  return {
    effect,
    actions: textsOf(statement['Action'], 'an Action').map((action) => action.toLowerCase()),
    resources,
    tests: testsOf(statement['Condition']),
  };
};

const holds = ({ key, every, patterns, matches }: Test, context: ConditionContext): boolean => {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key)?.[1];
  const values = found === undefined ? [] : [found].flat();
  const one = (value: string) => patterns.some((pattern) => matches(value, pattern));
  // Of no values, all are as wanted: that is how IAM takes ForAllValues.
  if (every) return values.every(one);
  return values.length === 1 && values.every(one);
};

const applies = ({ actions, resources, tests }: Statement, request: AccessRequest): boolean =>
  actions.some((pattern) => like(request.action.toLowerCase(), pattern)) &&
  resources.some((pattern) => like(request.resource, pattern)) &&
  tests.every((test) => holds(test, request.context));

export type Decision = 'allowed' | 'explicitly denied' | 'implicitly denied';

/** A Deny that applies outweighs every Allow; what nothing allows is denied. */
export const decide = (statements: readonly Statement[], request: AccessRequest): Decision => {
  const own = statements.filter((statement) => applies(statement, request));
  if (own.some(({ effect }) => effect === 'Deny')) return 'explicitly denied';
  return own.length > 0 ? 'allowed' : 'implicitly denied';
};
