/**
 * Opens the listener of the region that takes over, and closes that of the old one: the last deed before traffic moves,
 * so that nobody is kept out for longer than the move takes.
 */
import type { FencedListener, ListenerFenced, ListenerFences } from '../../aws/listenerFence.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import type { FenceOutput } from '../../events/failoverFlip.ts';
import type { StepInput } from '../../events/failoverStep.ts';
import { listenerOf } from '../../events/fencedListener.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { openCalls } from '../_calls.ts';
import type { Base } from '../_entry.ts';

export type ListenerNeeds = Base & {
  readonly table: Pick<WatchTable, 'putEvidence'>;
  readonly listeners: Pick<ListenerFences, 'open' | 'close'>;
};

type Deed = 'open' | 'close';
type Done = ListenerFenced & { readonly deed: Deed; readonly region: string };

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
    const act = async (deed: Deed, region: string): Promise<Done[]> => {
      const fence: FencedListener | null = listenerOf(plan, region);
      if (fence === null) return [];
      const done = await calls.timed(
        { service: 'elasticloadbalancing', operation: deed, region, attempt: 1 },
        () => listeners[deed](fence, signal),
        ({ result, why }) => ({ requestId: null, result: `${result}: ${why}` }),
      );
      return [{ ...done, deed, region }];
    };
    const { name, cause, from, to } = execution;
    const done = (await Promise.all([act('open', to), act('close', from)])).flat();
    const why = done.map(wordsOf).join('; ');
    const closed = done.some(({ deed, result }) => deed === 'close' && result !== 'refused');
    const body = { why, closed, calls: calls.made.map((call) => ({ ...call })) };
    await table.putEvidence(name, { kind: 'listener', atMs: clock.now(), body }, signal);
    const shut = done.find(({ deed, result }) => deed === 'open' && result !== 'done');
    if (shut !== undefined && cause === 'failback') {
      throw new DrillError(
        'TransientFailure',
        `${wordsOf(shut)}. Delete the rule of priority 1 of its listener, and order the move again`,
      );
    }
    return { ok: true, why, waitSeconds: 0 };
  };
