/** The record of a failover: by its id from where it is kept, or out of a file. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { type Entry, verifyChain } from '../../core/evidence/chain.ts';
import type { SampleChunk } from '../../events/watchState.ts';
import { unreadText } from '../kept.ts';
import type { Output } from '../output/output.ts';
import { type Store, withStore } from '../store.ts';
import type { WhereOptions } from '../where/options.ts';
import { readRecordFile, sha256 } from './recordFile.ts';
import type { StoredFailover } from './store.ts';

export type FoundRecord = {
  readonly entries: readonly Entry[];
  /** Why it cannot be trusted; null when it is whole, and ends as its summary says. */
  readonly broken: string | null;
  /** Probes from after the record, where they are still kept. */
  readonly later: readonly SampleChunk[];
};

const checked = (entries: readonly Entry[], head?: string): FoundRecord => {
  const check = verifyChain(entries, sha256, head);
  return { entries, broken: check.ok ? null : check.why, later: [] };
};

export const recordOf = async (
  { failovers }: Pick<Store, 'failovers'>,
  failover: StoredFailover,
): Promise<FoundRecord> => checked(await failovers.record(failover), failover.summary.head);

const isFile = (name: string): boolean =>
  (name.includes(path.sep) || name.endsWith('.json')) && existsSync(name);

/** @throws DrillError `DrillNotFound`, `InputInvalid` */
export const findRecord = (
  options: WhereOptions,
  name: string,
  output: Output,
): Promise<FoundRecord> => {
  if (isFile(name)) return Promise.resolve(checked(readRecordFile(name)));
  return withStore(options, output, 'kept', { kind: 'failover', id: name }, async (store) => {
    const found = await store.failovers.find(name);
    if (found !== undefined) {
      return { ...(await recordOf(store, found)), later: await store.failovers.later(found) };
    }
    throw new DrillError(
      'DrillNotFound',
      `there is no failover ${name}${unreadText(store.unread())}, and no such file. See all with: failover history${store.options}`,
    );
  });
};
