/** One probe of the live service by an observer: raw evidence, kept for replays. */
import * as z from 'zod';
import type { Sample } from '../core/health/sample.ts';
import { type BusEvent, busEvent } from './busEvent.ts';
import { EpochMs, Ms } from './region.ts';

export const SampleShape = z.strictObject({
  startMs: EpochMs,
  endMs: EpochMs,
  failure: z.string().min(1).max(40).nullable(),
  latencyMs: Ms.nullable(),
}) satisfies z.ZodType<Sample>;

/** A region, or the local observer of a configuration without observers. */
export const ObserverName = z.string().min(1).max(40);

/** A service, or a watch of it: the shadow name of a rehearsal has eight letters more. */
export const ServiceName = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/);

export const ProbeOutcome = z.strictObject({
  service: ServiceName,
  observer: ObserverName,
  target: ObserverName,
  sample: SampleShape,
});
export type ProbeOutcome = z.output<typeof ProbeOutcome>;

export const probeOutcome = (outcome: ProbeOutcome): BusEvent<ProbeOutcome> =>
  busEvent('ProbeOutcome', ProbeOutcome.parse(outcome));
