/** Puts the outcome of the rehearsal into the drill's report. */
import type * as z from 'zod';
import type { Documents } from '../../aws/documents.ts';
import type { KeepRehearsalInput, KeepRehearsalOutput } from '../../events/drillEnd.ts';
import { DrillReport } from '../../events/drillReport.ts';

export const keepRehearsal =
  ({ documents }: { documents: Documents }) =>
  async (
    { reportKey, rehearsal }: z.output<typeof KeepRehearsalInput>,
    signal: AbortSignal,
  ): Promise<z.output<typeof KeepRehearsalOutput>> => {
    const report = await documents.read(reportKey, DrillReport, signal);
    await documents.write(reportKey, { ...report, rehearsal }, signal);
    return { outcome: rehearsal.outcome, why: rehearsal.why };
  };
