import { cellKey, type RankingInput } from './input.ts';

/** ln of every observation of one quantile, in a fixed order whatever the order of the input. */
export type Cube = {
  /** Ascending. */
  readonly rounds: readonly number[];
  /** Sorted. */
  readonly cellKeys: readonly string[];
  /** By arm id: ln(ms) at [cell * rounds + round], NaN where nothing was measured. */
  readonly logs: ReadonlyMap<string, Float64Array>;
};

/** A microsecond: below it a latency is not a measurement but rounding. */
const RESOLUTION_MS = 0.001;

/**
 * @throws RangeError for a value that is negative or not finite, an arm that is not listed, two values
 * for one place, or a round that is not a whole number from 1.
 */
export const cubeOf = (input: RankingInput, q: number): Cube => {
  const observations = input.observations.filter((seen) => seen.q === q);
  const rounds = [...new Set(observations.map(({ round }) => round))].sort((a, b) => a - b);
  const cellKeys = [...new Set(observations.map(cellKey))].sort();
  const roundAt = new Map(rounds.map((round, at) => [round, at]));
  const cellAt = new Map(cellKeys.map((key, at) => [key, at]));
  const logs = new Map<string, Float64Array>();
  for (const { id } of input.arms) {
    logs.set(id, new Float64Array(cellKeys.length * rounds.length).fill(Number.NaN));
  }
  const floorMs = Math.max(input.floorMs, RESOLUTION_MS);
  for (const seen of observations) {
    const values = logs.get(seen.armId);
    const key = cellKey(seen);
    const place = (cellAt.get(key) ?? 0) * rounds.length + (roundAt.get(seen.round) ?? 0);
    const where = `arm '${seen.armId}', cell ${key}, round ${seen.round}`;
    if (values === undefined) throw new RangeError(`${where}: the arm is not in the list of arms`);
    if (!(seen.valueMs >= 0 && seen.valueMs < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${where}: ${seen.valueMs} ms is not a latency`);
    }
    if (!(Number.isInteger(seen.round) && seen.round >= 1)) {
      throw new RangeError(`${where}: rounds are whole numbers from 1`);
    }
    if (!Number.isNaN(values[place] ?? 0)) {
      throw new RangeError(`${where}: two values for quantile ${q}`);
    }
    // What lies below the self-noise cannot be told apart.
    values[place] = Math.log(Math.max(seen.valueMs, floorMs));
  }
  return { rounds, cellKeys, logs };
};
