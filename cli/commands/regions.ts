/** `failover regions`: which region should stand by for a primary, and why. */
import { DrillError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { rankStandbys, residencyWords, type StandbyRanking } from '../../core/regions/judge.ts';
import { isRegion, nearestRegionName, type RegionName } from '../../core/regions/regions.ts';
import { REGIONS } from '../../core/regions/table.ts';
import { RegionsOutput } from '../../events/regionsOutput.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { type Column, tableLines, wrap } from '../output/table.ts';

export type RegionsOptions = { readonly primary: string; readonly residency?: string };

const regionOf = (name: string): RegionName => {
  if (isRegion(name)) return name;
  const guess = nearestRegionName(name);
  const hint = guess ? `Did you mean ${guess}?` : 'Use a commercial AWS region, such as eu-west-1.';
  throw new DrillError('InputInvalid', `--primary ${name}: unknown region. ${hint}`);
};

const residencyOf = (text: string | undefined): 'any' | string[] => {
  if (text === undefined || text === 'any') return 'any';
  return text.split(',').map((part) => {
    const word = part.trim();
    const known = residencyWords.find((one) => one.toLowerCase() === word.toLowerCase());
    if (known) return known;
    const guess = nearest(word, residencyWords);
    const hint = guess
      ? `Did you mean ${guess}?`
      : `Areas and countries: ${residencyWords.filter((one) => !isRegion(one)).join(', ')}.`;
    throw new DrillError(
      'InputInvalid',
      `--residency ${text}: "${word}" is no area, country or region. ${hint}`,
    );
  });
};

const COLUMNS: readonly Column[] = [
  { title: 'rank', align: 'right' },
  { title: 'region' },
  { title: 'place' },
  { title: 'distance', align: 'right' },
  { title: 'round trip', align: 'right' },
  { title: 'why' },
];

const shortWhy = ({
  band,
  sameCountry,
  primary,
  standby,
}: StandbyRanking['candidates'][number]): string => {
  const law = sameCountry
    ? 'same country'
    : REGIONS[primary].area === REGIONS[standby].area
      ? `other country, law of ${REGIONS[primary].area}`
      : `law of ${REGIONS[standby].area}`;
  const distance = {
    together: 'too close: one disaster can take both',
    near: 'close: a large disaster can reach both',
    apart: 'few disasters reach both',
    far: 'hardly any disaster reaches both',
  }[band];
  return `${distance}; ${law}`;
};

const linesOf = ({ primary, candidates, refused }: StandbyRanking, style: Style): string[] => {
  const rows = candidates.map((one) => [
    String(one.rank),
    one.standby,
    `${REGIONS[one.standby].city}, ${REGIONS[one.standby].country}`,
    `${one.distanceKm} km`,
    `${one.rttEstimated ? '~' : ''}${one.rttMs} ms`,
    `${shortWhy(one)}${one.optIn ? '; to be enabled' : ''}`,
  ]);
  const best = candidates[0];
  const left = refused.map(({ standby }) => standby);
  return [
    style.bold(`Standby for ${primary} (${REGIONS[primary].city}, ${REGIONS[primary].country})`),
    ...(best
      ? tableLines(COLUMNS, rows, style.dim)
      : ['No other region is inside the residency rule.']),
    ...(left.length > 0
      ? ['', ...wrap(`Outside the residency rule: ${left.join(', ')}`, style.width, '  ')]
      : []),
    ...(best
      ? ['', ...wrap(`Best: ${best.standby}. ${best.why.join('; ')}.`, style.width, '  ')]
      : []),
    'At least 300 km away comes first, then the shortest round trip. Distances are between the cities',
    'that the regions are named after; rivers, faults and grids are not known. Round trips: one-year medians,',
    '~ where estimated from the distance. To be enabled: the account has to do so before its first use.',
  ];
};

export const regions = (options: RegionsOptions, output: Output): void => {
  const ranking = rankStandbys(regionOf(options.primary), residencyOf(options.residency));
  output.result(RegionsOutput.parse(ranking), (style) => linesOf(ranking, style));
};
