/** What `failover ack --json` prints. */
import * as z from 'zod';
import { Acknowledgement, AlertId, StoredAlert } from './nights.ts';

/** An alert as it stands: seen on the newest night that was judged, or over. */
export const AlertLine = z.strictObject({
  service: z.string(),
  id: AlertId,
  status: z.enum(['open', 'acknowledged', 'over']),
  since: z.iso.date(),
  lastSeen: z.iso.date(),
  ...StoredAlert.omit({
    id: true,
    since: true,
    firstDrill: true,
    lastDrill: true,
    lastDay: true,
    told: true,
  }).shape,
  changePct: z.number(),
  acknowledged: Acknowledgement.pick({ at: true, note: true }).nullable(),
});
export type AlertLine = z.output<typeof AlertLine>;

export const AckOutput = z.strictObject({ alerts: z.array(AlertLine) });
