/** Facts are gathered for the gates of a watch, again and again while it is in doubt. */
import * as z from 'zod';
import { ServiceName } from './probeOutcome.ts';

export const PrepareInput = z.object({
  service: ServiceName,
  /** Asked by a controller that is about to take charge; one that is not in charge gathers nothing else. */
  takesOver: z.boolean().exactOptional(),
});
export type PrepareInput = z.output<typeof PrepareInput>;
