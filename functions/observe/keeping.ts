/** What goes on beside the probing: it is neither waited for nor forgotten. */
import type { WatchTable } from '../../aws/watchTable.ts';
import type { Base } from '../_entry.ts';
import type { Probing } from './probing.ts';

type Needs = {
  readonly table: WatchTable;
  readonly service: string;
  readonly observer: string;
  readonly probings: readonly Probing[];
  readonly log: Base['log'];
};

/** A write that takes longer is given up: probing goes on, and the next write says more. */
const WRITE_MS = 5_000;

export const openKeeping = ({ table, service, observer, probings, log }: Needs) => {
  const works = new Set<Promise<void>>();

  const keep = (what: string, work: Promise<void>): void => {
    const kept = work
      .catch((error: unknown) => {
        log.warn(`${what} failed`, { service, observer, cause: String(error) });
      })
      .finally(() => works.delete(kept));
    works.add(kept);
  };

  /** Writes the samples that have come in since the last time. */
  const flush = (): void => {
    const seen = probings
      .map((probing) => ({ target: probing.region, samples: probing.takeSamples() }))
      .filter(({ samples }) => samples.length > 0);
    if (seen.length === 0) return;
    const writing = table.putSamples(service, observer, seen, AbortSignal.timeout(WRITE_MS));
    keep('keeping samples', writing);
  };

  const settled = async (): Promise<void> => {
    await Promise.all(works);
  };

  return { keep, flush, settled };
};

export type Keeping = ReturnType<typeof openKeeping>;
