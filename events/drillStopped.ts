/** What `failover drill --stop --json` prints. */
import * as z from 'zod';
import { OperatedPlace } from './operatedPlace.ts';

export const DrillStopped = z.strictObject({
  place: OperatedPlace,
  /** The drill that ran. */
  drillId: z.string(),
  /** Tasks that it had left running, and that were stopped as well. */
  tasks: z.int(),
});
