/**
 * Opens the listener that this execution closed, where traffic stayed in that region or came back to it: a move that
 * failed must not leave clients before a closed door.
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
const Listened = z.looseObject({ closed: z.boolean() });

/** True where the listener of the region that was left may be closed by this execution. */
export const hasClosed = (pieces: readonly StepEvidence[]): boolean =>
  pieces.some(
    ({ kind, body }) => kind === 'listener' && Listened.safeParse(body).data?.closed === true,
  );

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
  const piece = listenerEvidence(clock, calls, { why: told, closed: !isOpen });
  await table.putEvidence(name, piece, signal);
  return { pieces: [piece], left: isOpen ? [] : [`fence still up: ${fence.listener}`] };
};
