/**
 * Opens the listener of the region that takes over, and closes that of the old one: the last deed before traffic moves,
 * so that nobody is kept out for longer than the move takes.
 */
import type { ListenerFenced, ListenerFences } from '../../aws/listenerFence.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import type { FenceOutput } from '../../events/failoverFlip.ts';
import type { StepInput } from '../../events/failoverStep.ts';
import { listenerOf } from '../../events/fencedListener.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { openCalls } from '../_calls.ts';
import type { Base } from '../_entry.ts';
import { type ListenerDeed, listenerEvidence, timedDeed } from '../_listener.ts';

export type ListenerNeeds = Base & {
  readonly table: Pick<WatchTable, 'putEvidence'>;
  readonly listeners: Pick<ListenerFences, 'open' | 'close'>;
};

type Done = ListenerFenced & { readonly deed: ListenerDeed; readonly region: string };

const wordsOf = ({ deed, region, result, why }: Done): string =>
  result === 'done'
    ? `${region} is ${deed === 'open' ? 'open' : 'closed'}: ${why}`
    : `${region} may not be ${deed === 'open' ? 'open' : 'closed'}: ${result}, ${why}`;

/**
 * @throws DrillError `TransientFailure` when traffic would go home to a listener that was not opened: nothing presses then.
 * In a failover it goes on, as where traffic comes from is worse.
 */
export const fenceListeners =
  ({ table, listeners, clock }: ListenerNeeds) =>
  async (plan: WatchPlan, { execution }: StepInput, signal: AbortSignal): Promise<FenceOutput> => {
    const calls = openCalls(clock);
    const act = async (deed: ListenerDeed, region: string): Promise<Done[]> => {
      const fence = listenerOf(plan, region);
      if (fence === null) return [];
      const done = await timedDeed(calls, deed, region, () => listeners[deed](fence, signal));
      return [{ ...done, deed, region }];
    };
    const { name, cause, from, to } = execution;
    const done = (await Promise.all([act('open', to), act('close', from)])).flat();
    const why = done.map(wordsOf).join('; ');
    const mayHave = (wanted: ListenerDeed): boolean =>
      done.some(({ deed, result }) => deed === wanted && result !== 'refused');
    const told = { why, closed: mayHave('close'), opened: mayHave('open') };
    await table.putEvidence(name, listenerEvidence(clock, calls, told), signal);
    const shut = done.find(({ deed, result }) => deed === 'open' && result !== 'done');
    if (shut !== undefined && cause === 'failback') {
      throw new DrillError(
        'TransientFailure',
        `${wordsOf(shut)}. Delete the rule of priority 1 of its listener, and order the move again`,
      );
    }
    return { ok: true, why, waitSeconds: 0 };
  };
