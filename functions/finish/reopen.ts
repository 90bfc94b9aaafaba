/**
 * What a move that failed leaves of listeners: it opens the one that this execution closed, as clients must not stand before
 * a closed door, and says where it has opened one that traffic did not come to.
 */
import * as z from 'zod';
import type { ListenerFences } from '../../aws/listenerFence.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import type { StepInput } from '../../events/failoverStep.ts';
import { listenerOf } from '../../events/fencedListener.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { StepEvidence } from '../../events/watchState.ts';
import { openCalls } from '../_calls.ts';
import type { Base } from '../_entry.ts';
import { listenerEvidence, timedDeed } from '../_listener.ts';

export type ReopenNeeds = Pick<Base, 'clock'> & {
  readonly table: Pick<WatchTable, 'putEvidence'>;
  readonly listeners: Pick<ListenerFences, 'open'>;
};

/** What `fence` wrote down of a listener. */
const Listened = z.looseObject({ closed: z.boolean(), opened: z.boolean().default(false) });

const isToldOf = (pieces: readonly StepEvidence[], deed: 'closed' | 'opened'): boolean =>
  pieces.some(
    ({ kind, body }) => kind === 'listener' && Listened.safeParse(body).data?.[deed] === true,
  );

/** True where the listener of the region that was left may be closed by this execution. */
export const hasClosed = (pieces: readonly StepEvidence[]): boolean => isToldOf(pieces, 'closed');

/**
 * A region that lets clients in while traffic is in the other one. It is not closed again: the write that was to bring
 * traffic there may take effect yet, and would send everybody to a closed door.
 */
export const leftOpen = (
  pieces: readonly StepEvidence[],
  { from, to }: StepInput['execution'],
): string[] =>
  isToldOf(pieces, 'opened')
    ? [
        `${to} lets clients in while traffic is in ${from}: its fence was taken away for this move. ` +
          'Mend what stopped it, and order it again: failover back',
      ]
    : [];

/** What was done, as evidence, and what is left. */
type Reopened = { readonly pieces: readonly StepEvidence[]; readonly left: readonly string[] };

export const reopen = async (
  { table, listeners, clock }: ReopenNeeds,
  plan: WatchPlan,
  { name, from }: StepInput['execution'],
  signal: AbortSignal,
): Promise<Reopened> => {
  const fence = listenerOf(plan, from);
  if (fence === null) return { pieces: [], left: [] };
  const calls = openCalls(clock);
  const { result, why } = await timedDeed(calls, 'open', from, () => listeners.open(fence, signal));
  const isOpen = result === 'done';
  const told = isOpen
    ? `${from} is open again: ${why}`
    : `${from} may be closed: ${result}, ${why}`;
  const piece = listenerEvidence(clock, calls, { why: told, closed: !isOpen, opened: false });
  await table.putEvidence(name, piece, signal);
  return { pieces: [piece], left: isOpen ? [] : [`fence still up: ${fence.listener}`] };
};
