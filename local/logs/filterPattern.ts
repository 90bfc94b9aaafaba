import { AwsError } from '../wire/types.ts';

export type Matches = (message: string) => boolean;

const invalid = (why: string) =>
  new AwsError('InvalidParameterException', `Invalid filter pattern: ${why}`, {}, 400);

const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g;

/**
 * Filter patterns over unstructured text: every plain term must occur, none with a minus may, and of
 * those with a question mark at least one must. Patterns over fields, `{ }` and `[ ]`, are refused.
 * @throws AwsError InvalidParameterException.
 */
export const filterPattern = (pattern: string | undefined): Matches => {
  const text = pattern?.trim() ?? '';
  if (/^[{[]/.test(text)) throw invalid('patterns over fields are not implemented here');
  if (/^%.*%$/s.test(text)) throw invalid('regular expressions are not implemented here');
  if (text.replace(TERM, '').trim() !== '') throw invalid(text);
  const all: string[] = [];
  const none: string[] = [];
  const any: string[] = [];
  for (const [, sign, quoted, bare = ''] of text.matchAll(TERM)) {
    const term = quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1');
    const group = sign === '-' ? none : sign === '?' ? any : all;
    group.push(term);
  }
  return (message) =>
    all.every((term) => message.includes(term)) &&
    !none.some((term) => message.includes(term)) &&
    (any.length === 0 || any.some((term) => message.includes(term)));
};
