import { cellKey, type RankingInput } from './input.ts';

/** A state of the regions and the part of the traffic that each cell then stands for. */
export type Scenario = {
  readonly name: string;
  /** By cell key; they sum to 1. Cells that get no traffic are absent. */
  readonly weights: Readonly<Record<string, number>>;
};

export const ALL_UP = 'all up';

const lostName = (region: string): string => `${region} lost`;

type Traffic = Pick<RankingInput, 'observations' | 'vantageShares' | 'servingOrder'>;

/**
 * `all up`, then `<region> lost` for each serving region while another is left. The same measurements
 * are weighted anew: a vantage keeps its share of the traffic, also when its own region is the one that
 * is lost (its users are still there), and the regions that are left serve it.
 */
export const scenariosOf = (input: Traffic): Scenario[] => {
  const cells = cellsSeen(input);
  const regions = unique(cells.map(({ region }) => region));
  const lost = regions.length > 1 ? regions : [];
  return [
    { name: ALL_UP, weights: weigh(cells, regions, input) },
    ...lost.map((region) => ({
      name: lostName(region),
      weights: weigh(
        cells.filter((cell) => cell.region !== region),
        regions.filter((other) => other !== region),
        input,
      ),
    })),
  ];
};

type Cell = { readonly region: string; readonly vantage: string };

const cellsSeen = ({ observations }: Traffic): Cell[] => {
  const byKey = new Map<string, Cell>();
  for (const { region, vantage } of observations) {
    const cell = { region, vantage };
    byKey.set(cellKey(cell), cell);
  }
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
};

const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

const weigh = (
  cells: readonly Cell[],
  left: readonly string[],
  { vantageShares, servingOrder }: Traffic,
): Record<string, number> => {
  const first = servingOrder?.find((region) => left.includes(region));
  const served = first === undefined ? cells : cells.filter(({ region }) => region === first);
  const share = (vantage: string): number =>
    vantageShares === undefined ? 1 : (vantageShares[vantage] ?? 0);
  const perVantage = new Map<string, number>();
  for (const { vantage } of served) perVantage.set(vantage, (perVantage.get(vantage) ?? 0) + 1);
  const raw = served.map((cell) => ({
    key: cellKey(cell),
    // Without shares all cells weigh the same, even when a vantage does not see every region.
    part:
      vantageShares === undefined ? 1 : share(cell.vantage) / (perVantage.get(cell.vantage) ?? 1),
  }));
  const total = raw.reduce((sum, { part }) => sum + part, 0);
  if (!(total > 0)) throw new RangeError(noTraffic(left));
  return Object.fromEntries(
    raw.filter(({ part }) => part > 0).map(({ key, part }) => [key, part / total]),
  );
};

const noTraffic = (left: readonly string[]): string =>
  `no measured vantage has a share of the traffic to ${left.join(', ')}: check the vantage shares`;
