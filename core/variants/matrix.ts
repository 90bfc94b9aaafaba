/** A variant before it is built: one target stage with one value for each build argument. */
export type VariantSpec = {
  readonly id: string;
  readonly target: string;
  readonly args: Readonly<Record<string, string>>;
};

export type Matrix = {
  readonly target: readonly string[];
  readonly args: Readonly<Record<string, readonly string[]>>;
};

export type Exclusion = {
  readonly target?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
};

const slug = (value: string): string =>
  value
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(-24);

const combinations = (args: Matrix['args']): Record<string, string>[] =>
  Object.entries(args).reduce<Record<string, string>[]>(
    (done, [name, values]) =>
      done.flatMap((some) => values.map((value) => ({ ...some, [name]: value }))),
    [{}],
  );

const excluded = (variant: Omit<VariantSpec, 'id'>, rule: Exclusion): boolean =>
  (rule.target === undefined || rule.target === variant.target) &&
  Object.entries(rule.args).every(([name, value]) => variant.args[name] === value);

/** Ids in which values that differ only in signs would meet get a number, from the second on. */
const numbered = (variants: readonly VariantSpec[]): VariantSpec[] => {
  const taken = new Set<string>();
  return variants.map((variant) => {
    let { id } = variant;
    for (let count = 2; taken.has(id); count++) id = `${variant.id}-${count}`;
    taken.add(id);
    return { ...variant, id };
  });
};

/**
 * Every combination of target and build arguments, less the excluded ones, in the order written.
 * The id is the target, followed by the value of each argument that has more than one.
 */
export const expandMatrix = (matrix: Matrix, exclude: readonly Exclusion[]): VariantSpec[] => {
  const varied = Object.entries(matrix.args)
    .filter(([, values]) => values.length > 1)
    .map(([name]) => name);
  const all = matrix.target
    .flatMap((target) => combinations(matrix.args).map((args) => ({ target, args })))
    .map((variant) => ({
      id: [variant.target, ...varied.map((name) => slug(variant.args[name] ?? ''))].join('-'),
      ...variant,
    }));
  return numbered(all).filter((variant) => !exclude.some((rule) => excluded(variant, rule)));
};

/** Pairs of variants that would be built from the very same target and arguments. */
export const sameVariants = (variants: readonly VariantSpec[]): [VariantSpec, VariantSpec][] => {
  const seen = new Map<string, VariantSpec>();
  const pairs: [VariantSpec, VariantSpec][] = [];
  for (const variant of variants) {
    const key = JSON.stringify([variant.target, Object.entries(variant.args).sort()]);
    const first = seen.get(key);
    if (first) pairs.push([first, variant]);
    else seen.set(key, variant);
  }
  return pairs;
};
