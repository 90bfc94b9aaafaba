/** Scales of plots. Widths are shares of the plot in percent, so that a plot fits any screen without script. */

/** Place of a value from 0 to 100. */
export type Scale = {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
};

/** `12.34%`, for SVG attributes. */
export const percent = (place: number): string => `${place.toFixed(2)}%`;

/** The round step (1, 2 or 5 times a power of ten) that cuts a span into at most `count` parts. */
const stepFor = (span: number, count: number): number => {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough) ?? 10;
  return factor * power;
};

const ticksWithin = (low: number, high: number, count: number): number[] => {
  const step = stepFor(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
};

export type ScaleOptions = {
  /** Free room at both ends, as a share of the span. */
  readonly margin?: number;
  readonly ticks?: number;
};

/** A linear scale over all values; a single value stands in the middle. */
export const linearScale = (
  values: readonly number[],
  { margin = 0.06, ticks = 5 }: ScaleOptions = {},
): Scale => {
  const known = values.length > 0 ? values : [0, 1];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = most - least || Math.abs(most) * 0.1 || 1;
  const [low, high] = [least - span * margin, most + span * margin];
  const place = (value: number): number => ((value - low) / (high - low)) * 100;
  return { place, ticks: ticksWithin(low, high, ticks) };
};

/** A scale from zero, for what is read by its length. */
export const zeroScale = (values: readonly number[], ticks = 5): Scale => {
  const most = Math.max(0, ...values) || 1;
  const high = most * 1.05;
  return { place: (value) => (value / high) * 100, ticks: ticksWithin(0, high, ticks) };
};

const DECADES = [1, 2, 5];

/** A logarithmic scale over positive values, ticks at 1, 2 and 5. */
export const logScale = (values: readonly number[], margin = 0.08): Scale => {
  const logs = values.map((value) => Math.log10(value));
  const base = linearScale(logs, { margin });
  const [least, most] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const all = Array.from({ length: most - least + 1 }, (_, at) => 10 ** (least + at)).flatMap(
    (power) => DECADES.map((factor) => factor * power),
  );
  const place = (value: number): number => base.place(Math.log10(value));
  return { place, ticks: all.filter((tick) => place(tick) >= 0 && place(tick) <= 100) };
};
