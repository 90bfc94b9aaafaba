/** What befalls calls of the table that two controllers share. */
import type { Random } from '../../core/random.ts';
import type { WireRequest, WireResponse } from '../../local/wire/types.ts';
import type { Fault } from '../faults/fault.ts';
import { failing, writeConflict } from './pretences.ts';
import type { Asked } from './wire.ts';

type LeaseFault = Extract<Fault, { kind: 'lease' }>;

type Needs = {
  readonly random: Random;
  readonly wait: (ms: number) => Promise<void>;
};

const TABLE = '-lease"';

/** How long a call takes that gets no answer of the other copies. */
const CUT_MS = 2_000;

const namesTable = (request: WireRequest | undefined): boolean => {
  if (request === undefined) return false;
  const { buffer, byteOffset, byteLength } = request.body;
  return Buffer.from(buffer, byteOffset, byteLength).includes(TABLE);
};

/** The faults that a call meets, of those that are on. */
const met = (
  faults: readonly LeaseFault[],
  { service, region }: Asked,
  request: WireRequest | undefined,
): readonly LeaseFault[] =>
  faults.length === 0 || service !== 'dynamodb' || !namesTable(request)
    ? []
    : faults.filter(({ regions }) => regions.includes(region));

export const openLeaseFaults = ({ random, wait }: Needs) => ({
  before: async (
    faults: readonly LeaseFault[],
    asked: Asked,
    request: WireRequest | undefined,
  ): Promise<WireResponse | undefined> => {
    for (const { how, share, ms } of met(faults, asked, request)) {
      if (how === 'slow') await wait(ms * random.unit());
      if (how === 'cut') {
        await wait(CUT_MS);
        return failing(asked.service);
      }
      if (how === 'conflict' && asked.operation === 'PutItem' && random.unit() < share) {
        return writeConflict;
      }
    }
    return undefined;
  },
  /** Whether what was done is never answered. */
  isSilent: (faults: readonly LeaseFault[], asked: Asked, request: WireRequest | undefined) =>
    met(faults, asked, request).some(
      ({ how, share }) => how === 'after-effect' && random.unit() < share,
    ),
});
