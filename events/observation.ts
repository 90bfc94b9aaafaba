/** What `observe` is told, and what it answers when its time is over. */
import * as z from 'zod';
import { ServiceName } from './probeOutcome.ts';

export const ObserveInput = z.strictObject({
  service: ServiceName,
  /**
   * Takes the place of whoever holds it: for whoever knows that nobody else is alive, as after a
   * crash of the whole machine.
   */
  takeOver: z.boolean().default(false),
});
export type ObserveInput = z.output<typeof ObserveInput>;

export const ObserveOutput = z.strictObject({
  observer: z.string(),
  /** `not-needed`: another invocation observes already. `replaced`: another one took the place. */
  ended: z.enum(['handed-over', 'not-needed', 'replaced', 'stopped']),
  probes: z.int().min(0),
  votes: z.int().min(0),
});
export type ObserveOutput = z.output<typeof ObserveOutput>;
