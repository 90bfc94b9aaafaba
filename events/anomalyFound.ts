/** A change over the nights that a person should know of: once when it is found, again when it changes. */
import * as z from 'zod';
import { type BusEvent, busEvent } from './busEvent.ts';
import { NightAlert } from './nights.ts';
import { ServiceName } from './probeOutcome.ts';
import { DrillId } from './region.ts';

export const AnomalyFound = z.strictObject({
  service: ServiceName,
  /** The drill that found it. */
  drillId: DrillId,
  alert: NightAlert.extend({ state: z.enum(['new', 'changed']) }),
  /** One sentence for people. */
  text: z.string(),
});
export type AnomalyFound = z.output<typeof AnomalyFound>;

export const anomalyFound = (found: AnomalyFound): BusEvent<AnomalyFound> =>
  busEvent('AnomalyFound', AnomalyFound.parse(found));
