/** Which instruction made which layer, from the history in an image's configuration. */
import type { PlacedStep } from '../dockerfile/resolve.ts';
import { assignments } from '../dockerfile/words.ts';

const TEXT_MAX = 240;

const short = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;

/** Build arguments that builders write in front of a command: `|2 A=x B=y /bin/sh -c …`. */
const ARGUMENTS = /\|\d+ .*?(?=\/bin\/|\/usr\/bin\/|\b(?:ba|a|da)?sh -c\b|\[)/s;

/**
 * An instruction as it may be shown: values of ENV, ARG and LABEL are left out, since people put secrets
 * there, and so are build arguments in front of a command.
 */
export const withoutValues = (instruction: string): string => {
  const [, keyword = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(instruction.trim()) ?? [];
  if (/^(?:ENV|ARG|LABEL)$/i.test(keyword)) {
    const pairs = assignments(rest);
    // `ENV NAME value`: whatever follows the name is its value.
    if (pairs[0]?.[1] === undefined) return short(`${keyword} ${pairs[0]?.[0] ?? ''}`.trim());
    const names = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=…`]));
    return short([keyword, ...names].join(' '));
  }
  const plain = instruction.trim().replace(ARGUMENTS, '');
  // Builders name the stage that another stands on by the digest of its image.
  return short(plain.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1'));
};

type HistoryLine = {
  readonly created_by?: string | undefined;
  readonly empty_layer?: boolean | undefined;
};

/** What made each layer, lowest first; null when the history does not have one line for each. */
export const layerMakers = (history: readonly HistoryLine[], layers: number): (string | null)[] => {
  const made = history.filter(({ empty_layer }) => !empty_layer);
  if (made.length !== layers) return Array.from({ length: layers }, () => null);
  return made.map(({ created_by }) => (created_by ? readable(created_by) : null));
};

/** `RUN`, `COPY` and `ADD` as a Dockerfile has them, whichever builder wrote the line. */
const readable = (line: string): string => {
  const plain = line
    .replace(/^\/bin\/sh -c #\(nop\)\s+/, '')
    .replace(/\s+# buildkit$/, '')
    .replace(/\b(file|dir|multi):[0-9a-f]{64}\b/g, '$1')
    .trim();
  const instruction = /^[A-Z]{3,12}\s/.test(plain) ? plain : `RUN ${plain}`;
  return withoutValues(instruction).replace(/^RUN \/bin\/sh -c /, 'RUN ');
};

const makesLayer = (keyword: string): boolean => /^(?:RUN|COPY|ADD)$/.test(keyword);
const keywordOf = (maker: string): string => /^\S+/.exec(maker)?.[0] ?? '';

/**
 * How many of the lowest layers came with the base image: the instructions of the Dockerfile are counted
 * off from the top. WORKDIR makes a layer with some builders, and none with others.
 * @param steps the instructions whose layers are shipped, in their order.
 * @returns undefined when layers and instructions do not match, as after squashing.
 */
export const baseLayers = (
  makers: readonly (string | null)[],
  steps: readonly Pick<PlacedStep, 'keyword'>[],
): number | undefined => {
  let at = makers.length - 1;
  for (const { keyword } of steps.toReversed()) {
    if (keyword === 'WORKDIR' && keywordOf(makers[at] ?? '') === 'WORKDIR') at -= 1;
    if (!makesLayer(keyword)) continue;
    const maker = makers[at];
    if (maker === null || maker === undefined || keywordOf(maker) !== keyword) return undefined;
    at -= 1;
  }
  return at + 1;
};
