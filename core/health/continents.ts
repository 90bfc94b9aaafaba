/** Continents of AWS regions, by the prefix of their name; two cities of `ap` lie in Oceania. */
const CONTINENT_OF_PREFIX: Readonly<Record<string, string>> = {
  af: 'Africa',
  ap: 'Asia',
  ca: 'North America',
  eu: 'Europe',
  il: 'Asia',
  me: 'Asia',
  mx: 'North America',
  sa: 'South America',
  us: 'North America',
};

const IN_OCEANIA: ReadonlySet<string> = new Set(['ap-southeast-2', 'ap-southeast-4']);

/**
 * The continent of a region; of any other name, the name itself, so that strangers do not merge.
 */
export const continentOf = (region: string): string =>
  IN_OCEANIA.has(region) ? 'Oceania' : (CONTINENT_OF_PREFIX[region.split('-')[0] ?? ''] ?? region);
