/** The output of a drill's execution, as `statemachines/drill.asl.yaml` writes it. */
import * as z from 'zod';
import { DrillError } from '../../core/errors.ts';

const NotifyEnd = z.looseObject({
  status: z.enum(['sent', 'already-sent', 'not-configured', 'failed']),
  reason: z.string().nullable(),
});
export type NotifyEnd = z.output<typeof NotifyEnd>;

const AnomaliesEnd = z.looseObject({ status: z.string(), reason: z.string().optional() });

const ExecutionEnd = z.object({
  drillId: z.string(),
  reportKey: z.string(),
  headline: z.string(),
  /** Absent from drills that began before nights were judged. */
  anomalies: AnomaliesEnd.optional(),
  notify: NotifyEnd,
});
export type ExecutionEnd = z.output<typeof ExecutionEnd>;

/** @throws DrillError `DataCorrupt` */
export const executionEnd = (output: string | undefined): ExecutionEnd => {
  try {
    return ExecutionEnd.parse(JSON.parse(output ?? ''));
  } catch (cause) {
    throw new DrillError(
      'DataCorrupt',
      'the drill ended without saying where its report is. Its records are kept: failover rank',
      {},
      cause,
    );
  }
};
