/** Facts are gathered for the gates of a watch, again and again while it is in doubt. */
import * as z from 'zod';
import { ServiceName } from './probeOutcome.ts';

export const PrepareInput = z.object({ service: ServiceName });
export type PrepareInput = z.output<typeof PrepareInput>;
