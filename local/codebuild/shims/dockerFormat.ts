import { UsageError } from './dockerArguments.ts';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const field = (value: unknown, name: string, expression: string): unknown => {
  if (isRecord(value) && name in value) return value[name];
  throw new UsageError(`docker --format: can't evaluate field ${name} in {{${expression}}}`);
};

const follow = (root: unknown, path: string, expression: string): unknown =>
  path
    .split('.')
    .filter((name) => name !== '')
    .reduce((value, name) => field(value, name, expression), root);

const index = (value: unknown, key: string, expression: string): unknown => {
  if (key.startsWith('"')) {
    const name = key.slice(1, -1);
    // A map without the key gives its zero value, as the template language of docker does.
    return isRecord(value) ? (value[name] ?? '') : '';
  }
  const list = Array.isArray(value) ? value : [];
  if (Number(key) < list.length) return list[Number(key)];
  throw new UsageError(`docker --format: index out of range: ${key} in {{${expression}}}`);
};

const show = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');

const evaluate = (root: unknown, expression: string): string => {
  const indexed = /^index\s+(\.[\w.]*)\s+("[^"]*"|\d+)$/.exec(expression);
  if (indexed?.[1] !== undefined && indexed[2] !== undefined) {
    return show(index(follow(root, indexed[1], expression), indexed[2], expression));
  }
  const json = /^json\s+(\.[\w.]*)$/.exec(expression);
  if (json?.[1] !== undefined) return JSON.stringify(follow(root, json[1], expression));
  if (/^\.[\w.]*$/.test(expression)) return show(follow(root, expression, expression));
  throw new UsageError(`docker --format: {{${expression}}} is not known here`);
};

/** Fills `{{.Field}}`, `{{index .List 0}}`, `{{index .Map "key"}}` and `{{json .Field}}` in a template. */
export const fillFormat = (template: string, root: unknown): string =>
  template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_all, expression) => evaluate(root, expression));
