/** Residency rules of the configuration against the regions that it names. */
import { nearest } from '../../core/nearest.ts';
import { mayBeIn, rankStandbys, residencyWords } from '../../core/regions/judge.ts';
import { isRegion } from '../../core/regions/regions.ts';
import { REGIONS } from '../../core/regions/table.ts';
import type { LoadedConfig } from './load.ts';

const KINDS = ['data', 'logs', 'buckets', 'images'] as const;
type Kind = (typeof KINDS)[number];

/** What lies in a region by its role: the witness has the control stack's bucket and serves nothing. */
const HELD_BY = {
  primary: KINDS,
  standby: KINDS,
  witness: ['buckets'],
} as const satisfies Record<string, readonly Kind[]>;
type Role = keyof typeof HELD_BY;
const ROLES = ['primary', 'standby', 'witness'] as const satisfies readonly Role[];

const isWord = (word: string): boolean =>
  residencyWords.some((known) => known.toLowerCase() === word.toLowerCase());

const wordFaults = ({ config, file, lineOf }: LoadedConfig): string[] =>
  KINDS.flatMap((kind) => {
    const rule = config.residency?.[kind] ?? 'any';
    if (rule === 'any') return [];
    return rule.flatMap((word, at) => {
      if (isWord(word)) return [];
      const guess = nearest(word, residencyWords);
      const hint = guess
        ? `Did you mean "${guess}"?`
        : 'Use EU, a country code such as DE, or a region such as eu-west-1.';
      return [
        `${file}:${lineOf(['residency', kind, at])}: residency.${kind}: "${word}" is no area, country or region. ${hint}`,
      ];
    });
  });

/** The kinds of things that may not be in a region. */
const forbidden = (
  { config }: LoadedConfig,
  name: string,
  kinds: readonly Kind[],
): readonly Kind[] =>
  kinds.filter((kind) => isRegion(name) && !mayBeIn(name, config.residency?.[kind] ?? 'any'));

const ruleText = ({ config }: LoadedConfig, kinds: readonly Kind[]): string =>
  kinds
    .map((kind) => `residency.${kind} [${[config.residency?.[kind] ?? 'any'].flat().join(', ')}]`)
    .join(' and ');

const placeText = (name: string): string => {
  if (!isRegion(name)) return name;
  const { city, country } = REGIONS[name];
  return `${name} (${city}, ${country})`;
};

const exampleFor = ({ config }: LoadedConfig, kinds: readonly Kind[]): string | undefined => {
  const { primary, standby: other } = config.regions;
  if (!isRegion(primary.name)) return undefined;
  const taken = kinds.length === KINDS.length ? [primary.name] : [primary.name, other.name];
  return rankStandbys(primary.name, 'any').candidates.find(
    ({ standby }) =>
      !taken.includes(standby) &&
      kinds.every((kind) => mayBeIn(standby, config.residency?.[kind] ?? 'any')),
  )?.standby;
};

/** A region that would hold what may not be there is refused, with its line. */
export const residencyFaults = (loaded: LoadedConfig): string[] => {
  const { config, file, lineOf } = loaded;
  const words = wordFaults(loaded);
  if (words.length > 0 || config.residency === undefined) return words;
  return ROLES.flatMap((role) => {
    const name = config.regions[role]?.name;
    const kinds = name === undefined ? [] : forbidden(loaded, name, HELD_BY[role]);
    if (name === undefined || kinds.length === 0) return [];
    const example = exampleFor(loaded, HELD_BY[role]);
    const advice = example
      ? `Name a region inside, such as ${example}`
      : 'No region is inside all of them';
    return [
      `${file}:${lineOf(['regions', role])}: the ${role} ${placeText(name)} is outside ${ruleText(loaded, kinds)}. ${advice}, or change residency`,
    ];
  });
};

/** Regions that only look on: they log what they measure, which a person may want to know. */
export const residencyNotes = (loaded: LoadedConfig): string[] => {
  const { config } = loaded;
  const { regions, observers, drill } = config;
  const witness = regions.witness ? [regions.witness.name] : [];
  const looking = [...new Set([...witness, ...observers, ...(drill.vantages ?? [])])];
  const outside = looking.filter((name) => forbidden(loaded, name, ['logs']).length > 0);
  if (outside.length === 0) return [];
  return [
    `${outside.join(', ')} ${outside.length === 1 ? 'is' : 'are'} outside ${ruleText(loaded, ['logs'])}: only latencies and verdicts are logged there, nothing of your users`,
  ];
};
