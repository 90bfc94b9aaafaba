/** The words of Dockerfile instructions: variables, quotes and pairs. */
import type { Flag } from './model.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`; `\$` stays a dollar sign. */
export const substitute = (text: string, variables: Variables): string =>
  text.replace(
    /\\\$|\$(?:(\w+)|\{(\w+)(?:(:?[-+])((?:[^{}]|\{[^}]*\})*))?\})/g,
    (whole, plain, braced, operator, word) => {
      if (whole === '\\$') return '$';
      const value = variables[plain ?? braced];
      if (operator === undefined) return value ?? '';
      const present = operator.startsWith(':')
        ? value !== undefined && value !== ''
        : value !== undefined;
      if (operator.endsWith('-')) return present ? (value ?? '') : substitute(word, variables);
      return present ? substitute(word, variables) : '';
    },
  );

const unquote = (word: string): string => (/^(["']).*\1$/s.test(word) ? word.slice(1, -1) : word);

/** The words of an instruction; quotes keep spaces together and are taken off. */
export const words = (text: string): string[] =>
  (text.match(/(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*')+/g) ?? []).map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_all, double, single) =>
      double === undefined ? single : double.replace(/\\(["\\])/g, '$1'),
    ),
  );

/** `NAME=value` pairs of ENV, ARG and LABEL, and the old form `ENV NAME value`. */
export const assignments = (args: string): [string, string | undefined][] => {
  const old = /^([\w.-]+)\s+([^=]+)$/s.exec(args.trim());
  if (old?.[1] && old[2] && !args.includes('=')) return [[old[1], unquote(old[2].trim())]];
  return words(args).map((word) => {
    const at = word.indexOf('=');
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  });
};

const FLAG = /^--([\w-]+)(?:=("[^"]*"|\S*))?\s*/;

/** Takes `--name=value` flags off the front of an instruction's arguments, in the order written. */
export const flagsAndRest = (text: string): { flags: Flag[]; rest: string } => {
  const flags: Flag[] = [];
  let rest = text.trim();
  for (let match = FLAG.exec(rest); match?.[1]; match = FLAG.exec(rest)) {
    flags.push({ name: match[1], value: (match[2] ?? 'true').replace(/^"(.*)"$/, '$1') });
    rest = rest.slice(match[0].length);
  }
  return { flags, rest };
};
