/** Deeds at the listener of a region: each timed as a call, and what is written down of them. */
import type { ListenerFenced } from '../aws/listenerFence.ts';
import type { StepEvidence } from '../events/watchState.ts';
import type { Calls } from './_calls.ts';
import type { Clock } from './_entry.ts';

export type ListenerDeed = 'open' | 'close';

export const timedDeed = (
  calls: Calls,
  deed: ListenerDeed,
  region: string,
  act: () => Promise<ListenerFenced>,
): Promise<ListenerFenced> =>
  calls.timed(
    { service: 'elasticloadbalancing', operation: deed, region, attempt: 1 },
    act,
    ({ result, why }) => ({ requestId: null, result: `${result}: ${why}` }),
  );

/**
 * `closed`: that of the region that was left may keep clients out, by a rule of this execution. `opened`: that of the
 * region that takes over may let them in again, by this execution.
 */
export const listenerEvidence = (
  clock: Pick<Clock, 'now'>,
  { made }: Pick<Calls, 'made'>,
  told: { readonly why: string; readonly closed: boolean; readonly opened: boolean },
): StepEvidence => ({
  kind: 'listener',
  atMs: clock.now(),
  body: { ...told, calls: made.map((call) => ({ ...call })) },
});
