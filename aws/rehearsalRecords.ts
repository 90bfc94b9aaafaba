/**
 * Rehearsals in the table of their watch.
 *
 * | PK                   | SK                   | kept  |
 * |----------------------|----------------------|-------|
 * | WATCH#<service>      | REHEARSAL            | 1 d   |
 * | REHEARSALS#<service> | <started ms>#<drill> | 400 d |
 */
import * as z from 'zod';
import { RehearsalResult } from '../events/rehearsal.ts';
import { moment, openJsonTable } from './jsonTable.ts';
import type { SdkSettings } from './sdk.ts';

const DAYS = { mark: 1, result: 400 } as const;
const Mark = z.strictObject({ drillId: z.string(), untilMs: z.number() });

export const openRehearsalRecords = (table: string, sdk: SdkSettings = {}) => {
  const items = openJsonTable(table, sdk);
  const markKey = (service: string) => ({ pk: `WATCH#${service}`, sk: 'REHEARSAL' });

  /** Holds the place of the one rehearsal of a service. The other's drill, or null when it is held. */
  const hold = async (
    service: string,
    { drillId, nowMs, untilMs }: { drillId: string; nowMs: number; untilMs: number },
    signal: AbortSignal,
  ): Promise<string | null> => {
    const held = await items.put(
      markKey(service),
      { drillId, untilMs },
      {
        keep: { nowMs, days: DAYS.mark },
        marks: { drillId, untilMs },
        condition: { if: 'free', own: ['drillId', drillId], until: ['untilMs', nowMs] },
        signal,
      },
    );
    if (held) return null;
    return (await items.get(markKey(service), Mark, signal))?.drillId ?? 'another rehearsal';
  };

  const release = (service: string, signal: AbortSignal): Promise<void> =>
    items.remove(markKey(service), signal);

  const put = async (result: RehearsalResult, signal: AbortSignal): Promise<void> => {
    const { service, startedAtMs, drillId } = result;
    const sk = `${moment(startedAtMs)}#${drillId}`;
    const keep = { nowMs: startedAtMs, days: DAYS.result };
    await items.put({ pk: `REHEARSALS#${service}`, sk }, RehearsalResult.parse(result), {
      keep,
      signal,
    });
  };

  /** The latest first. */
  const list = (service: string, limit: number, signal?: AbortSignal): Promise<RehearsalResult[]> =>
    items.between({ pk: `REHEARSALS#${service}`, from: '0', to: ':' }, RehearsalResult, {
      newestFirst: true,
      limit,
      signal,
    });

  return { hold, release, put, list, close: items.close };
};

export type RehearsalRecords = ReturnType<typeof openRehearsalRecords>;
