/** CloudFormation's intrinsic functions, as far as the project's templates use them; others are refused. */
import { DrillError } from '../../core/errors.ts';

const scalar = (tag: string, long: string, value: (text: string) => unknown) => ({
  tag,
  resolve: (text: string) => ({ [long]: value(text) }),
});

/** YAML tags that become the long form of each function. */
export const CLOUDFORMATION_TAGS = [
  scalar('!Ref', 'Ref', (text) => text),
  scalar('!Sub', 'Fn::Sub', (text) => text),
  scalar('!GetAtt', 'Fn::GetAtt', (text) => {
    const [name = '', ...attribute] = text.split('.');
    return [name, attribute.join('.')];
  }),
];

/** What resources and pseudo parameters answer to `Ref` and `GetAtt`. */
export type References = {
  /** Undefined for a name that is not known. */
  ref(name: string): string | undefined;
  attribute(name: string, attribute: string): string | undefined;
  /** Which conditions of the template hold. */
  readonly conditions: ReadonlyMap<string, boolean>;
};

/** What `Ref: AWS::NoValue` stands for: the property or the item is not there. */
const NO_VALUE = Symbol('AWS::NoValue');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const found = (value: string | undefined, what: string): string => {
  if (value !== undefined) return value;
  throw new DrillError('ConfigInvalid', `template: ${what} refers to nothing that is known`);
};

const substitute = (text: string, to: References): string =>
  text.replace(/\$\{([^}!]+)\}/g, (_whole, name: string) => {
    const [resource = '', attribute] = name.split('.');
    return found(
      attribute === undefined ? to.ref(name) : to.attribute(resource, attribute),
      `!Sub \${${name}}`,
    );
  });

const chosen = (argument: unknown, to: References): unknown => {
  const [name, whenTrue, whenFalse] = Array.isArray(argument) ? argument : [];
  const holds = to.conditions.get(String(name));
  if (holds === undefined) {
    throw new DrillError('ConfigInvalid', `template: Fn::If names no condition ${String(name)}`);
  }
  return resolveIntrinsics(holds ? whenTrue : whenFalse, to);
};

const callOf = (key: string, argument: unknown, to: References): unknown => {
  switch (key) {
    case 'Ref':
      if (argument === 'AWS::NoValue') return NO_VALUE;
      return found(to.ref(String(argument)), `!Ref ${String(argument)}`);
    case 'Fn::Sub':
      if (typeof argument === 'string') return substitute(argument, to);
      break;
    case 'Fn::GetAtt':
      if (Array.isArray(argument)) {
        const [name, attribute] = argument.map(String);
        return found(to.attribute(name ?? '', attribute ?? ''), `!GetAtt ${name}.${attribute}`);
      }
      break;
    case 'Fn::Split':
      if (Array.isArray(argument)) {
        const [by, text] = argument.map((one) => String(resolveIntrinsics(one, to)));
        return (text ?? '').split(by ?? '');
      }
      break;
    case 'Fn::If':
      return chosen(argument, to);
    case 'Fn::ToJsonString':
      return JSON.stringify(resolveIntrinsics(argument, to), null, 2);
  }
  throw new DrillError(
    'ConfigInvalid',
    `template: ${key} of ${JSON.stringify(argument)} is not known to the embedded cloud`,
  );
};

/** Replaces every intrinsic function in a tree by its value. */
export const resolveIntrinsics = (value: unknown, to: References): unknown => {
  if (Array.isArray(value)) {
    return value.map((item) => resolveIntrinsics(item, to)).filter((item) => item !== NO_VALUE);
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const [key, argument] = entries.length === 1 && entries[0] ? entries[0] : ['', undefined];
  if (key === 'Ref' || key.startsWith('Fn::')) return callOf(key, argument, to);
  return Object.fromEntries(
    entries
      .map(([name, item]): [string, unknown] => [name, resolveIntrinsics(item, to)])
      .filter(([, item]) => item !== NO_VALUE),
  );
};

const judged = (condition: unknown): boolean => {
  const [key, argument] = (isRecord(condition) ? Object.entries(condition)[0] : undefined) ?? [''];
  if (key === 'Fn::Equals' && Array.isArray(argument)) return argument[0] === argument[1];
  if (key === 'Fn::Not' && Array.isArray(argument)) return !judged(argument[0]);
  throw new DrillError(
    'ConfigInvalid',
    `template: the condition ${JSON.stringify(condition)} is not known to the embedded cloud`,
  );
};

/** `Conditions` of a template that compare texts, as the project's do. */
export const judgeConditions = (
  conditions: Readonly<Record<string, unknown>>,
): Map<string, boolean> =>
  new Map(Object.entries(conditions).map(([name, condition]) => [name, judged(condition)]));
