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
};

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

/** Replaces every intrinsic function in a tree by its value. */
export const resolveIntrinsics = (value: unknown, to: References): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolveIntrinsics(item, to));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const [key, argument] = entries.length === 1 && entries[0] ? entries[0] : ['', undefined];
  if (key === 'Ref') return found(to.ref(String(argument)), `!Ref ${String(argument)}`);
  if (key === 'Fn::Sub' && typeof argument === 'string') return substitute(argument, to);
  if (key === 'Fn::GetAtt' && Array.isArray(argument)) {
    const [name, attribute] = argument.map(String);
    return found(to.attribute(name ?? '', attribute ?? ''), `!GetAtt ${name}.${attribute}`);
  }
  if (key === 'Fn::ToJsonString') return JSON.stringify(resolveIntrinsics(argument, to), null, 2);
  if (key.startsWith('Fn::')) {
    throw new DrillError('ConfigInvalid', `template: ${key} is not known to the embedded cloud`);
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, resolveIntrinsics(item, to)]));
};
