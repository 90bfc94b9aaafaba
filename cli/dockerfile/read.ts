/** Reads a Dockerfile into the plain data that the rules judge. */
import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import type { Dockerfile, FileStage, Ignore, Step } from '../../core/dockerfile/model.ts';
import { flagsAndRest } from '../../core/dockerfile/words.ts';

const WITH_HEREDOC = new Set(['RUN', 'COPY', 'ADD']);
const HEREDOC = /(?:^|[\s;&|])\d*<<-?(["']?)([A-Za-z0-9_.-]+)\1/g;

/** The logical first line, and the lines after it, which are bodies of here-documents. */
const joinLines = (text: string, continuation: string): { head: string; bodies: string[] } => {
  const lines = text.split(/\r?\n/);
  let head = '';
  let at = 0;
  for (let open = true; open && at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (at > 0 && /^\s*(#|$)/.test(line)) continue;
    const trimmed = line.trimEnd();
    open = trimmed.endsWith(continuation);
    // A backtick continues a line as a backslash does; words are read with backslashes.
    head += open ? `${trimmed.slice(0, -1)} ` : line;
  }
  return { head, bodies: lines.slice(at) };
};

const heredocsOf = (head: string, bodies: readonly string[]): Step['heredocs'] => {
  const found: { name: string; text: string }[] = [];
  let at = 0;
  for (const [, , name = ''] of head.matchAll(HEREDOC)) {
    const from = at;
    while (at < bodies.length && (bodies[at] ?? '').replace(/^\t+/, '') !== name) at++;
    found.push({ name, text: bodies.slice(from, at).join('\n') });
    at += 1;
  }
  return found;
};

const stepOf = (instruction: Instruction, continuation: string): Step => {
  const keyword = instruction.getKeyword().toUpperCase();
  const text = (instruction.getTextContent() ?? '').replace(/^\s*\S+[ \t]*/, '');
  const { head, bodies } = joinLines(text, continuation);
  const { flags, rest } = flagsAndRest(head);
  const { start, end } = instruction.getRange();
  return {
    keyword,
    args: rest,
    flags,
    heredocs: WITH_HEREDOC.has(keyword) ? heredocsOf(rest, bodies) : [],
    line: start.line + 1,
    endLine: end.line + 1,
  };
};

const IGNORE = /^failover:ignore(?:\s+(\S+))?(?:\s+(.*))?$/s;

type Comment = { readonly line: number; readonly text: string };

const ignoresOf = (comments: readonly Comment[], steps: readonly Step[]): Ignore[] =>
  comments.flatMap(({ line, text }) => {
    const match = IGNORE.exec(text.trim());
    const step = steps.find(({ endLine }) => endLine >= line);
    if (!match) return [];
    const place = step ? { from: step.line, to: step.endLine } : { from: line, to: line };
    const reason = (match[2] ?? '').trim();
    // One comment may name several rules: `a,b reason`.
    return (match[1] ?? '').split(',').map((rule) => ({ rule, reason, line, ...place }));
  });

const isFrom = (instruction: Instruction): instruction is From =>
  instruction.getKeyword().toUpperCase() === 'FROM';

/** @param file is named in findings. */
export const readDockerfile = (text: string, file: string): Dockerfile => {
  const parsed = DockerfileParser.parse(text);
  const continuation = parsed.getEscapeCharacter();
  const globalArgs: Step[] = [];
  const all: Step[] = [];
  const stages: (Omit<FileStage, 'steps'> & { steps: Step[] })[] = [];
  for (const instruction of parsed.getInstructions()) {
    const step = stepOf(instruction, continuation);
    all.push(step);
    const stage = stages.at(-1);
    if (isFrom(instruction)) {
      const name = instruction.getBuildStage()?.toLowerCase();
      const from = instruction.getImage() ?? '';
      stages.push({ index: stages.length, name, from, line: step.line, steps: [] });
    } else if (stage) stage.steps.push(step);
    else if (step.keyword === 'ARG') globalArgs.push(step);
  }
  const comments = parsed.getComments().map((comment) => ({
    line: comment.getRange().start.line + 1,
    text: comment.getContent() ?? '',
  }));
  return { file, globalArgs, stages, ignores: ignoresOf(comments, all) };
};
