/** What RUN, COPY and CMD say. */
import type { Step } from './model.ts';
import { joinPath } from './paths.ts';
import type { PlacedStep } from './resolve.ts';
import { type Command, commandsOf } from './shell.ts';
import { substitute, words } from './words.ts';

/** A list in JSON form, as CMD and RUN take it; undefined for the shell form. */
export const jsonWords = (args: string): string[] | undefined => {
  const text = args.trim();
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((word) => typeof word === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
};

const SHELL_READS = /^\s*(?:(?:\/\S+\/)?(?:ba|da|a)?sh\s*(?:-\w+\s*)*)?$/;

const scriptOf = ({ args, heredocs }: Step): string => {
  if (heredocs.length === 0) return args;
  const head = args.replace(/\d*<<-?["']?[\w.-]+["']?/g, ' ');
  const body = heredocs[0]?.text ?? '';
  const other = /^#!.*\b(?:python|node|perl|ruby)/.test(body);
  return SHELL_READS.test(head) && !other ? body : head;
};

/** Every rule asks for the commands of the same steps. */
const known = new WeakMap<PlacedStep, readonly Command[]>();

/** The commands of a RUN instruction. */
export const runCommands = (step: PlacedStep): readonly Command[] => {
  const commands = known.get(step) ?? readCommands(step);
  known.set(step, commands);
  return commands;
};

const readCommands = (step: PlacedStep): readonly Command[] => {
  const exec = jsonWords(step.args);
  const scope = { cwd: step.cwd, variables: step.variables };
  if (!exec) return commandsOf(scriptOf(step), scope);
  const shell = /(?:^|\/)(?:ba|da|a)?sh$/.test(exec[0] ?? '') && /^-\w*c$/.test(exec[1] ?? '');
  return shell ? commandsOf(exec[2] ?? '', scope) : [{ words: exec, cwd: step.cwd, env: {} }];
};

/** What a COPY or ADD copies from where to where; `to` is absolute. */
export const copyPaths = (step: PlacedStep): { from: string[]; to: string } => {
  const list = (jsonWords(step.args) ?? words(step.args))
    .map((word) => substitute(word, step.variables))
    .filter((word) => !/^\d*<<-?/.test(word));
  const to = list.at(-1) ?? '.';
  return { from: list.slice(0, -1), to: joinPath(step.cwd, to) };
};
