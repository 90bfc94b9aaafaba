/** What the gates said, for the report. */
import {
  failedGates,
  type GateResult,
  gateObjections,
  gateReason,
  gateText,
} from '../images/gates.ts';

export type Gated = { readonly id: string; readonly gates: readonly GateResult[] };

/** Variants that may not be ranked, with the reason. The reference stays: everything is compared with it. */
export const heldBack = (variants: readonly Gated[], reference: string): Map<string, string> =>
  new Map(
    variants.flatMap(({ id, gates }) => {
      const why = id === reference ? undefined : gateReason(gates);
      return why === undefined ? [] : [[id, why]];
    }),
  );

const referenceFailure = (variants: readonly Gated[], reference: string): string | undefined => {
  const failed = failedGates(variants.find(({ id }) => id === reference)?.gates ?? []);
  return failed.length === 0 ? undefined : failed.map(gateText).join('; ');
};

/** What is added to the headline when the image that runs today fails a gate itself. */
export const referenceWarning = (variants: readonly Gated[], reference: string): string => {
  const failure = referenceFailure(variants, reference);
  return failure === undefined
    ? ''
    : ` But ${reference}, which runs today, fails a gate itself: ${failure}.`;
};

/** The reference first. */
export const gateProblems = (
  variants: readonly Gated[],
  reference: string,
): { kind: string; where: string; what: string }[] => {
  const failure = referenceFailure(variants, reference);
  const own =
    failure === undefined
      ? []
      : [
          {
            kind: 'ReferenceGated',
            where: reference,
            what: `${failure}. It is measured all the same, since everything is compared with it`,
          },
        ];
  const others = variants.flatMap(({ id, gates }) => {
    const failed = failedGates(gates);
    if (id === reference || failed.length === 0) return [];
    return [{ kind: 'GateFailed', where: id, what: failed.map(gateText).join('; ') }];
  });
  return [...own, ...others];
};

/** Gates not passed, by variant, as promotion reads them. */
export const objectionsByVariant = (variants: readonly Gated[]): Record<string, string[]> =>
  Object.fromEntries(variants.map(({ id, gates }) => [id, gateObjections(gates)]));
