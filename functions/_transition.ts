/**
 * Moves the machine of a watch: load, reduce, save if nobody else was first, then carry out what was
 * decided. Every function of a failover feeds its result in here, so there is one account of it.
 */

import type { EventBus } from '../aws/eventBus.ts';
import type { WatchTable } from '../aws/watchTable.ts';
import { DrillError } from '../core/errors.ts';
import type { Action, Event } from '../core/failover/states.ts';
import type { Facts } from '../core/failover/view.ts';
import type { WatchPlan } from '../events/watchPlan.ts';
import type { WatchState } from '../events/watchState.ts';
import { type Advance, advance, type Incoming } from './_advance.ts';
import type { Base } from './_entry.ts';
import { openKnown } from './_known.ts';
import { openOutbox, type Starter } from './_outbox.ts';

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly table: WatchTable;
  readonly bus: EventBus;
  /** Uniform from 0 up to 1: those who met once should not meet again. */
  readonly random: () => number;
  readonly starter?: Starter;
};

export type Applied = {
  readonly stored: WatchState;
  readonly facts: Facts;
  readonly plan: WatchPlan;
  readonly actions: readonly Action[];
  readonly decisions: Advance['decisions'];
};

/** Ten observers that vote at the same moment are all served within this many tries. */
const TRIES = 20;
const PAUSE_MS = 4;

const isList = (incoming: Incoming | Event | readonly Event[]): incoming is readonly Event[] =>
  Array.isArray(incoming);

const incomingOf = (incoming: Incoming | Event | readonly Event[]): Incoming => {
  if (isList(incoming)) return { kind: 'events', events: incoming };
  const whole = incoming.kind === 'votes' || incoming.kind === 'events';
  return whole ? incoming : { kind: 'events', events: [incoming] };
};

export const openTransitions = ({ table, bus, random, clock, log, starter }: Needs) => {
  const outbox = openOutbox({ table, bus, log, ...(starter ? { starter } : {}) });
  const known = openKnown({ table, clock, isDone: outbox.isDone });

  const save = async (service: string, step: Advance, signal: AbortSignal): Promise<boolean> => {
    // A decision is named by its content: one that is not acted upon in the end does no harm.
    const decisions = step.decisions.map(({ id, decision }) =>
      table.putDecision(service, id, decision, signal),
    );
    const [saved] = await Promise.all([table.saveState(service, step.next, signal), ...decisions]);
    return saved;
  };

  /** @throws DrillError `TransientFailure` when others were first again and again. */
  const apply = async (
    service: string,
    incoming: Incoming | Event | readonly Event[],
    signal: AbortSignal,
  ): Promise<Applied> => {
    const what = incomingOf(incoming);
    const applied = await known.apply(service, what, signal);
    if (applied !== null) return applied;
    let mayGather = starter !== undefined;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const situation = { ...(await known.situationOf(service, signal)), mayGather };
      const { plan, facts, stored } = situation;
      const step = advance(situation, what);
      if (step.gather) {
        // Once: if they are missing then, the gates say so.
        mayGather = false;
        await starter?.gather(service, signal);
        continue;
      }
      if (step.changed && !(await save(service, step, signal))) {
        await clock.sleep(PAUSE_MS * attempt * random(), signal);
        continue;
      }
      await outbox.carryOut(service, step, signal);
      const kept = step.changed || stored === null ? step.next : stored;
      known.keep(service, { stored: kept, facts });
      const { actions, decisions } = step;
      return { stored: kept, facts, plan, actions, decisions };
    }
    throw new DrillError(
      'TransientFailure',
      `the state of ${service} changed under ${TRIES} attempts to move it`,
    );
  };

  return { apply, planOf: known.planOf, situationOf: known.situationOf };
};

export type Transitions = ReturnType<typeof openTransitions>;
