/** Reads `failover.yml`: every fault with its line, what was found, and the nearest right word. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LineCounter, parseDocument, visit } from 'yaml';
import type * as z from 'zod';
import { nearest } from '../../core/nearest.ts';
import { nearestRegionName } from '../../core/regions/regions.ts';
import { Config } from '../../events/config.ts';
import { Faults } from '../failure.ts';
import { knownKeys } from './knownKeys.ts';
import { type Lined, lineAt } from './lines.ts';
import { applyStage } from './stage.ts';

export type LoadedConfig = {
  readonly file: string;
  readonly folder: string;
  readonly config: Config;
  /** What the file says, before defaults: stored for the functions, who parse it again. */
  readonly written: unknown;
  /** Line of the node at a path, for messages about what it says. */
  readonly lineOf: (at: readonly PropertyKey[]) => number;
};

type Source = Lined & { file: string };

const BYTES_MAX = 256 * 1024;

/** What is written there, where it is a single value. */
const valueText = (source: Source, at: readonly PropertyKey[]): string => {
  const value = source.document.getIn(at);
  return typeof value === 'string' || typeof value === 'number' ? `: "${value}"` : '';
};

const dotted = (at: readonly PropertyKey[]): string =>
  at
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

type Issue = z.core.$ZodIssue;

type Fault = {
  /** Line in the file, from 1. */
  readonly at: number;
  readonly text: string;
  /** The place of a key that is not there. */
  readonly missing?: string;
  /** The place of the key that was probably meant. */
  readonly meant?: string;
};

/** Keys of earlier versions, and what is written instead. */
const REPLACED: Readonly<Record<string, string>> = {
  'aws.subnets':
    'Write aws.network, with the VPC of each region: network: { eu-west-1: { vpc: vpc-…, subnets: [subnet-…] } }.',
};

const unknownKeyFaults = (
  source: Source,
  at: readonly PropertyKey[],
  keys: readonly string[],
): Fault[] => {
  const known = knownKeys(at, source.document.toJS());
  return keys.map((key) => {
    const guess = nearest(key, known);
    const instead = REPLACED[dotted([...at, key])];
    const hint = instead
      ? ` ${instead}`
      : guess
        ? ` Did you mean "${guess}"?`
        : ` Known keys: ${known.join(', ')}.`;
    const where = at.length > 0 ? ` in ${dotted(at)}` : '';
    const fault = {
      at: lineAt(source, [...at, key]),
      text: `unknown key "${key}"${where}.${hint}`,
    };
    return guess ? { ...fault, meant: dotted([...at, guess]) } : fault;
  });
};

/** In the order of the file. A key that is missing only because it is mistyped is one fault, not two. */
const linesOfFaults = (file: string, faults: readonly Fault[]): string[] => {
  const meant = new Set(faults.map((fault) => fault.meant));
  const kept = faults.filter(({ missing }) => missing === undefined || !meant.has(missing));
  const inOrder = kept.sort((a, b) => a.at - b.at);
  return [...new Set(inOrder.map(({ at, text }) => `${file}:${at}: ${text}`))];
};

/** The branch of a union that came nearest: the one with the fewest, deepest faults. */
const nearestBranch = (errors: readonly Issue[][]): Issue[] =>
  [...errors].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0] ?? [];

const depthOf = (issues: readonly Issue[]): number =>
  Math.max(
    0,
    ...issues.map(({ path: at, code }) => at.length + (code === 'unrecognized_keys' ? 1 : 0)),
  );

/** What may stand there, where that is one of a few words. */
const choicesOf = (issue: Issue): string[] => {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code !== 'invalid_union' || !('options' in issue)) return [];
  return (issue.options ?? []).map(String);
};

const faultsOf = (source: Source, issue: Issue, base: readonly PropertyKey[] = []): Fault[] => {
  const at = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') return unknownKeyFaults(source, at, issue.keys);
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return nearestBranch(issue.errors).flatMap((inner) => faultsOf(source, inner, at));
  }
  if (at.length === 0 && issue.code === 'invalid_type') {
    const text =
      'expected keys with values, such as service: shop. Write a first one with: failover init';
    return [{ at: 1, text }];
  }
  const found = source.document.getIn(at);
  const line = lineAt(source, at);
  if (issue.code === 'invalid_type' && found === undefined) {
    const text = `${dotted(at)} is missing (expected ${issue.expected})`;
    return [{ at: line, text, missing: dotted(at) }];
  }
  if (issue.message.startsWith('unknown region') && typeof found === 'string') {
    const guess = nearestRegionName(found);
    const hint = guess
      ? ` Did you mean "${guess}"?`
      : ' Use a commercial AWS region, such as eu-west-1.';
    return [{ at: line, text: `unknown region "${found}" in ${dotted(at)}.${hint}` }];
  }
  const choices = choicesOf(issue);
  if (found === undefined && choices.length > 0) {
    const text = `${dotted(at)} is missing (one of ${choices.join(', ')})`;
    return [{ at: line, text, missing: dotted(at) }];
  }
  const guess = typeof found === 'string' ? nearest(found, choices) : undefined;
  const hint = guess ? ` Did you mean "${guess}"?` : '';
  const what = choices.length > 1 ? `expected one of ${choices.join(', ')}` : issue.message;
  return [{ at: line, text: `${dotted(at)}${valueText(source, at)}: ${what}.${hint}` }];
};

const FIRST_NAME = 'failover.yml';

const unreadText = (file: string, error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EISDIR') return `${file} is a folder: name the file in it`;
  if (code !== 'ENOENT') {
    return `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const named = file === FIRST_NAME ? '' : ` --config ${file}`;
  return `there is no ${file}. Name another with --config, or write one with: failover init${named}`;
};

/** Anchors that are referred to and not there, which the parser lets pass. */
const aliasFaults = ({ file, document, lines }: Source): string[] => {
  const faults: string[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const line = lines.linePos(alias.range?.[0] ?? 0).line;
      faults.push(
        `${file}:${line}: *${alias.source} refers to &${alias.source}, which is not above it`,
      );
    },
  });
  return faults;
};

const readText = (file: string): string => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Faults('ConfigInvalid', [unreadText(file, error)]);
  }
  if (text.length > BYTES_MAX) {
    throw new Faults('ConfigInvalid', [`${file} is larger than ${BYTES_MAX / 1024} KiB`]);
  }
  return text;
};

/**
 * @param stage laid over the file; without one, the file is read as it is.
 * @throws Faults `ConfigInvalid` with a line for each fault.
 */
export const loadConfig = (file: string, stage?: string): LoadedConfig => {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false });
  const source: Source = { file, document, lines };
  if (document.errors.length > 0) {
    throw new Faults(
      'ConfigInvalid',
      document.errors.map(
        ({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`,
      ),
    );
  }
  const dangling = aliasFaults(source);
  if (dangling.length > 0) throw new Faults('ConfigInvalid', dangling);
  const misplaced = stage === undefined ? [] : applyStage(source, stage);
  if (misplaced.length > 0) throw new Faults('ConfigInvalid', misplaced);
  const written: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const result = Config.safeParse(written);
  if (!result.success) {
    const faults = result.error.issues.flatMap((issue) => faultsOf(source, issue));
    throw new Faults('ConfigInvalid', linesOfFaults(file, faults));
  }
  return {
    file,
    folder: path.dirname(path.resolve(file)),
    config: result.data,
    written,
    lineOf: (at) => lineAt(source, at),
  };
};
