/** Shell text as the commands it runs: enough of the language to see what a RUN line installs and leaves. */
import { joinPath } from './paths.ts';
import { substitute } from './words.ts';

/** One command, quotes taken off, variables of the line and of the build replaced. */
export type Command = {
  readonly words: readonly string[];
  /** Folder in which it runs; `cd` before it on the same line is followed. */
  readonly cwd: string;
  /** Assignments in front of the command, and those exported before it. */
  readonly env: Readonly<Record<string, string>>;
};

/** `quoted` words are not split, `literal` ones keep their dollar signs. */
type Word = { text: string; quoted: boolean; literal: boolean };
type Token = { readonly operator: string } | { readonly word: Word };

const OPERATORS = ['&&', '||', ';;', ';', '|', '\n', '(', ')', '&'];

const closingParen = (text: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return text.length - 1;
};

/** One word from `start`: quotes keep spaces, `$(...)` is kept whole. */
const readWord = (text: string, start: number): { word: Word; end: number } => {
  let at = start;
  let word = '';
  let quoted = false;
  let literal = false;
  for (; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === "'" || char === '"') {
      const end = endOfQuotes(text, at);
      const inner = text.slice(at + 1, end);
      word += char === '"' ? inner.replace(/\\(["\\$`])/g, '$1') : inner;
      quoted = true;
      literal ||= char === "'";
      at = end;
    } else if (char === '\\') {
      at += 1;
      if (text[at] !== '\n') word += text[at] ?? '';
    } else if (char === '$' && text[at + 1] === '(') {
      const end = closingParen(text, at + 1);
      word += text.slice(at, end + 1);
      at = end;
    } else if (/\s/.test(char)) break;
    else if (';|()'.includes(char)) break;
    else if (char === '&' && !/[<>]$/.test(word)) {
      if (text[at + 1] !== '>') break;
      word += char;
    } else word += char;
  }
  return { word: { text: word, quoted, literal }, end: at };
};

const endOfQuotes = (text: string, start: number): number => {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return text.length;
};

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const operator = OPERATORS.find((some) => text.startsWith(some, at));
    if (operator !== undefined && !text.startsWith('&>', at)) {
      tokens.push({ operator });
      at += operator.length;
    } else if (/\s/.test(text[at] ?? '')) at += 1;
    else if (text[at] === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (text[at] === '\\' && text[at + 1] === '\n') at += 2;
    else {
      const { word, end } = readWord(text, at);
      tokens.push({ word });
      at = Math.max(end, at + 1);
    }
  }
  return tokens;
};

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{', '}']);
const WRAPPERS = new Set(['sudo', 'exec', 'time', 'command', 'env', 'eatmydata', 'nice']);
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;
const SHELLS = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|a|z)?sh$/;

type Scope = { cwd: string; variables: Record<string, string>; exported: Record<string, string> };

const expand = ({ text, quoted, literal }: Word, variables: Scope['variables']): string[] => {
  if (literal || !text.includes('$') || text.includes('$(')) return [text];
  // What the line does not set is set by the base or the shell: it stays as written.
  const known = text.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, plain, braced) =>
    variables[plain ?? braced] === undefined ? whole : (variables[plain ?? braced] ?? ''),
  );
  return quoted ? [known] : known.split(/\s+/).filter((part) => part !== '');
};

/** Takes keywords, wrappers and assignments off the front of a command. */
const unwrap = (words: readonly Word[], scope: Scope) => {
  const env: Record<string, string> = { ...scope.exported };
  const own: Record<string, string> = {};
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]?.text ?? '';
    const assigned = ASSIGNMENT.exec(word);
    if (assigned?.[1]) own[assigned[1]] = substitute(assigned[2] ?? '', scope.variables);
    else if (!KEYWORDS.has(word) && !WRAPPERS.has(word)) break;
  }
  return { rest: words.slice(at), own, env: { ...env, ...own } };
};

const runCommand = (words: readonly Word[], scope: Scope): Command[] => {
  const { rest, own, env } = unwrap(words, scope);
  const texts = rest.flatMap((word) => expand(word, scope.variables));
  const [name, ...args] = texts;
  if (name === undefined) {
    Object.assign(scope.variables, own);
    return [];
  }
  if (name === 'export') {
    for (const arg of args) {
      const assigned = ASSIGNMENT.exec(arg);
      if (assigned?.[1]) scope.exported[assigned[1]] = assigned[2] ?? '';
    }
    Object.assign(scope.variables, scope.exported);
  }
  if (name === 'cd' && args[0] !== undefined) scope.cwd = joinPath(scope.cwd, args[0]);
  if (SHELLS.test(name)) {
    const flag = args.findIndex((arg) => /^-\w*c$/.test(arg));
    if (flag >= 0) {
      const inner = { ...scope.variables, ...env };
      return commandsOf(args[flag + 1] ?? '', { cwd: scope.cwd, variables: inner });
    }
  }
  return [{ words: texts, cwd: scope.cwd, env }];
};

/** The commands of a script, in the order written, whatever the conditions between them. */
export const commandsOf = (
  script: string,
  {
    cwd,
    variables,
  }: { readonly cwd: string; readonly variables: Readonly<Record<string, string>> },
): Command[] => {
  let scope: Scope = { cwd, variables: { ...variables }, exported: {} };
  const outer: Scope[] = [];
  const commands: Command[] = [];
  let words: Word[] = [];
  const finish = (): void => {
    commands.push(...runCommand(words, scope));
    words = [];
  };
  for (const token of tokensOf(script)) {
    if ('word' in token) {
      words.push(token.word);
      continue;
    }
    finish();
    if (token.operator === '(') {
      outer.push(scope);
      scope = { ...scope, variables: { ...scope.variables }, exported: { ...scope.exported } };
    } else if (token.operator === ')') scope = outer.pop() ?? scope;
  }
  finish();
  return commands;
};
