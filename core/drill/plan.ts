import type { VariantSpec } from '../variants/matrix.ts';

/** What an arm is for: what runs today, the same image again, or a challenger. */
export type ArmRole = 'reference' | 'control' | 'candidate';

/** One thing that is placed and measured. The control arm runs the image of the reference. */
export type Arm = { readonly id: string; readonly variantId: string; readonly role: ArmRole };

export type Cell = { readonly region: string; readonly vantage: string };

export const CONTROL_ARM_ID = 'control';

/** Kinds that depend on the image are probed for each arm; the others once for each cell. */
export const ARM_KINDS: readonly string[] = ['http', 'tcp'];

/** The reference, its control, then the candidates in the order of the matrix. */
export const armsOf = (variants: readonly VariantSpec[], reference: string): Arm[] => [
  { id: reference, variantId: reference, role: 'reference' },
  { id: CONTROL_ARM_ID, variantId: reference, role: 'control' },
  ...variants
    .filter(({ id }) => id !== reference)
    .map(({ id }): Arm => ({ id, variantId: id, role: 'candidate' })),
];

/** Every pair of a region that serves and a region that probes. */
export const cellsOf = (servingRegions: readonly string[], vantages: readonly string[]): Cell[] =>
  servingRegions.flatMap((region) => vantages.map((vantage) => ({ region, vantage })));

const VANTAGES_DEFAULT_MAX = 3;

/** Who probes when the configuration does not say: both serving regions, the witness, then observers. */
export const defaultVantages = (
  servingRegions: readonly string[],
  witness: string | undefined,
  observers: readonly string[],
): string[] =>
  [...new Set([...servingRegions, ...(witness ? [witness] : []), ...observers])].slice(
    0,
    Math.max(VANTAGES_DEFAULT_MAX, servingRegions.length),
  );
