/** From what a person types to a fault of the embedded network: `slow 2s`, `errors 30%`, `cut eu-west-1`. */
import { DrillError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { isRegion, nearestRegionName } from '../../core/regions/regions.ts';
import { parseDurationMs, parseShare } from '../../core/units.ts';
import type { Fault, FaultKind } from '../../local/network/faults.ts';
import { FAULT_KINDS } from '../choices.ts';

const wrong = (message: string): DrillError => new DrillError('InputInvalid', message);

const EXAMPLES: Readonly<Record<string, string>> = {
  slow: 'slow 2s',
  errors: 'errors 30%',
  loss: 'loss 10%',
  cut: 'cut eu-west-1',
};

/** @throws DrillError `InputInvalid` for a name that is neither. */
export const regionOf = (
  word: string,
  { primary, standby }: { readonly primary: string; readonly standby: string },
): string => {
  if (word === 'primary') return primary;
  if (word === 'standby') return standby;
  if (isRegion(word)) return word;
  const guess = nearest(word, ['primary', 'standby']) ?? nearestRegionName(word);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  throw wrong(`"${word}" is no region. Say primary, standby or the name of a region.${hint}`);
};

const shareOf = (kind: string, amount: string | undefined): number => {
  const share = amount === undefined ? undefined : parseShare(amount);
  if (share !== undefined && share <= 1) return share;
  throw wrong(`fault ${kind}: "${amount ?? ''}" is no share up to 100%. Write: ${EXAMPLES[kind]}`);
};

const kindOf = (kind: string, amount: string | undefined): FaultKind => {
  switch (kind) {
    case 'down':
    case 'refuse':
    case 'blackhole':
      return { kind };
    case 'slow': {
      const addMs = amount === undefined ? undefined : parseDurationMs(amount);
      if (addMs !== undefined) return { kind, addMs };
      throw wrong(`fault slow: "${amount ?? ''}" is no duration. Write: ${EXAMPLES['slow']}`);
    }
    case 'errors':
      return { kind: 'error-rate', share: shareOf(kind, amount) };
    case 'loss':
      return { kind, share: shareOf(kind, amount) };
    case 'cut':
      return { kind: 'one-way-cut' };
    default: {
      const guess = nearest(kind, FAULT_KINDS);
      const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
      throw wrong(`no fault is called "${kind}". Faults: ${FAULT_KINDS.join(', ')}.${hint}`);
    }
  }
};

export type FaultWords = {
  /** The region it hits; with `cut`, the one whose packets are lost. */
  readonly region: string;
  readonly kind: string;
  readonly amount: string | undefined;
  readonly plane: Fault['plane'] | undefined;
};

/**
 * One fault of a kind for a region: asked for again, it replaces the former.
 * @throws DrillError `InputInvalid`
 */
export const faultFrom = ({ region, kind, amount, plane }: FaultWords): Fault => {
  const what = kindOf(kind, amount);
  const own = plane === undefined ? {} : { plane };
  if (what.kind !== 'one-way-cut') {
    return { id: `${what.kind} ${region}`, scope: { region }, ...own, ...what };
  }
  if (amount === undefined || !isRegion(amount) || amount === region) {
    throw wrong(`fault cut: name the other region, such as: ${EXAMPLES['cut']}`);
  }
  const scope = { from: region, to: amount };
  return { id: `cut ${region} ${amount}`, scope, ...own, ...what };
};

const PERCENT = 100;

/** A fault as a person would say it. */
export const faultText = (fault: Fault): string => {
  const { scope, plane } = fault;
  const where = 'region' in scope ? scope.region : `${scope.from} → ${scope.to}`;
  const only = plane === undefined ? '' : ` (${plane === 'aws' ? 'AWS API' : 'service'} only)`;
  const amount =
    fault.kind === 'slow'
      ? ` by ${fault.addMs} ms`
      : 'share' in fault
        ? ` ${Math.round(fault.share * PERCENT)} %`
        : '';
  return `${where}: ${fault.kind}${amount}${only}`;
};
