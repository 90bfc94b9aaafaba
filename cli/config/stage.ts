/**
 * A stage: the file with what `stages.<name>` says laid over it, key by key, so that a line that is named in a
 * fault is the one where the person wrote it.
 */
import { type Document, isMap, isNode, isScalar, type YAMLMap } from 'yaml';
import { nearest } from '../../core/nearest.ts';
import { type Lined, lineAt } from './lines.ts';

/** The stage that is the file itself; `stages.prod` may still add to it. */
export const PRODUCTION = 'prod';

const NAME = /^[a-z](-?[a-z0-9])*$/;

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** Mappings are laid over each other, anything else takes the place of what was there; null takes it away. */
const layOver = (base: YAMLMap, over: YAMLMap): void => {
  for (const pair of over.items) {
    const key = keyOf(pair.key);
    const below = base.get(key, true);
    base.delete(key);
    if (isScalar(pair.value) && pair.value.value === null) continue;
    if (isMap(below) && isMap(pair.value)) {
      layOver(below, pair.value);
      base.items.push({ ...pair, value: below } as typeof pair);
    } else base.items.push(pair);
  }
};

const namesOf = (stages: unknown): string[] =>
  isMap(stages) ? stages.items.map(({ key }) => keyOf(key)) : [];

const unknownStage = ({ file, ...source }: Source, stage: string, known: string[]): string => {
  const guess = nearest(stage, known);
  const hint = guess ? ` Did you mean "${guess}"?` : ` Name it there, with a record of its own.`;
  return `${file}:${lineAt(source, ['stages'])}: there is no stage "${stage}" in stages.${hint}`;
};

type Source = Lined & { readonly file: string };

/** As serverless.yml names a stage: in front, so that no `shop-*` of a policy reaches from one into another. */
const nameStage = (document: Document, stage: string): void => {
  const service = document.get('service');
  if (typeof service === 'string') document.set('service', `${stage}-${service}`);
};

/**
 * Lays a stage over the document, and takes `stages` away.
 * @returns what is wrong, each with its line.
 */
export const applyStage = (source: Source, stage: string): string[] => {
  const { document, file } = source;
  const root = document.contents;
  if (!isMap(root)) return [];
  const stages = root.get('stages', true);
  const over = isMap(stages) ? stages.get(stage, true) : undefined;
  if (stage !== PRODUCTION && (!NAME.test(stage) || !isMap(over))) {
    return [unknownStage(source, stage, namesOf(stages))];
  }
  if (isMap(over)) {
    if (stage !== PRODUCTION && root.has('record') && !over.has('record')) {
      return [
        `${file}:${lineAt(source, ['stages', stage])}: stages.${stage} would move ${root.get('record')}, which is ` +
          'that of production: give it a record of its own, or record: null to watch nothing there',
      ];
    }
    layOver(root as YAMLMap, over);
    if (stage !== PRODUCTION) nameStage(document, stage);
  }
  if (isNode(stages)) root.delete('stages');
  return [];
};
