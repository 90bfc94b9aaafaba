/** The first line that `failover watch --json` prints; each further line is a WatchFact. */
import * as z from 'zod';
import { Region } from './region.ts';

export const WatchReady = z.strictObject({
  ready: z.literal(true),
  service: z.string(),
  record: z.string(),
  /** `ip:port` at which the record is answered. */
  dns: z.string(),
  primary: Region,
  standby: Region,
  /** Empty for a single observer on this machine. */
  observers: z.array(Region),
  /** What AWS_ENDPOINT_URL is set to for other clients. */
  endpoint: z.url(),
  pid: z.int(),
});
export type WatchReady = z.output<typeof WatchReady>;
