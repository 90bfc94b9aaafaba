/**
 * Carries out what a step of a watch has decided: tells people, has facts gathered, starts the
 * machine. All of it can be done twice, and what may not have been done is done again.
 */
import type { EventBus } from '../aws/eventBus.ts';
import type { WatchTable } from '../aws/watchTable.ts';
import type { Execution } from '../core/failover/states.ts';
import type { BusEvent } from '../events/busEvent.ts';
import { failoverDecided } from '../events/failoverDecided.ts';
import { type FailoverNotice, failoverNotice } from '../events/failoverNotice.ts';
import { regionVerdict } from '../events/regionVerdict.ts';
import type { OutboxEntry, WatchState } from '../events/watchState.ts';
import type { Advance } from './_advance.ts';
import type { Base } from './_entry.ts';

/** What only `evaluate` does; the functions of the machine leave it to that. */
export type Starter = {
  start(service: string, execution: Execution, signal: AbortSignal): Promise<void>;
  prepare(service: string, signal: AbortSignal): Promise<void>;
  /** As `prepare`, and waits until it is done. */
  gather(service: string, signal: AbortSignal): Promise<void>;
};

type Needs = Pick<Base, 'log'> & {
  readonly table: WatchTable;
  readonly bus: EventBus;
  readonly starter?: Starter;
};

const REMEMBERED_MAX = 200;

/** Notices of an entry, each under a key of its own for ever. */
const noticesOf = (
  service: string,
  { version, atMs, actions, execution }: OutboxEntry,
  { phase, active, other, epoch, approval }: WatchState['state'],
): BusEvent<FailoverNotice>[] => {
  const facts = { service, atMs, phase, active, other, epoch, approval, execution };
  return actions.flatMap((action, index) => {
    if (action.do !== 'notify' && action.do !== 'page') return [];
    const key = `${Math.floor(atMs)}-${version}-${index}`;
    const notice = action.do === 'notify' ? action.notice : 'page';
    return [failoverNotice({ ...facts, notice, key, why: action.why })];
  });
};

const decidedEvent = async (
  table: WatchTable,
  service: string,
  { execution, atMs }: { execution: Execution; atMs: number },
  fresh: Advance['decisions'],
): Promise<BusEvent<unknown>[]> => {
  const { decisionId } = execution;
  const made = fresh.find(({ id }) => id === decisionId)?.decision;
  const found = made ?? (await table.decision(service, decisionId));
  if (found === null) return [];
  const { reason, gates } = found.decision.plan;
  return [failoverDecided({ ...execution, service, atMs, reason, gates: [...gates] })];
};

export const openOutbox = ({ table, bus, log, starter }: Needs) => {
  /** Versions, by service, whose actions this process has carried out. */
  const done = new Set<string>();
  const isDone = (service: string, version: number): boolean => done.has(`${service}#${version}`);

  const remember = (service: string, version: number): void => {
    done.add(`${service}#${version}`);
    if (done.size <= REMEMBERED_MAX) return;
    const [oldest] = done;
    if (oldest !== undefined) done.delete(oldest);
  };

  /** Everything in an entry that this function does; remembers it when nothing of it is left. */
  const carry = async (
    service: string,
    entry: OutboxEntry,
    { next, decisions }: Advance,
    signal: AbortSignal,
  ): Promise<void> => {
    const { version, atMs, actions } = entry;
    const events: Promise<BusEvent<unknown>[]>[] = [];
    const calls: Promise<void>[] = [];
    for (const action of actions) {
      if (action.do === 'prepare' && starter) calls.push(starter.prepare(service, signal));
      if (action.do !== 'start' || !starter) continue;
      const { execution } = action;
      calls.push(starter.start(service, execution, signal));
      events.push(decidedEvent(table, service, { execution, atMs }, decisions));
    }
    const put = async (): Promise<void> => {
      const all = [...noticesOf(service, entry, next.state), ...(await Promise.all(events)).flat()];
      if (all.length > 0) await bus.put(all, signal);
    };
    const results = await Promise.allSettled([...calls, put()]);
    const failed = results.filter((result) => result.status === 'rejected');
    for (const { reason } of failed) {
      // It stays in the outbox, and is carried out again with one of the next votes.
      log.warn('not carried out', { service, version, cause: String(reason) });
    }
    const others = actions.some((action) => action.do === 'prepare' || action.do === 'start');
    if (failed.length === 0 && (starter || !others)) remember(service, version);
  };

  const tellVerdicts = async (service: string, { turned }: Advance, signal: AbortSignal) => {
    if (turned.length === 0) return;
    const events = turned.map((verdict) => regionVerdict(service, verdict));
    await bus.put(events, signal).catch((error: unknown) => {
      log.warn('verdict not told', { service, cause: String(error) });
    });
  };

  /**
   * A step may not come by again, so it takes what it has told out of the outbox now. If another
   * writer is first, that is told once more, which does no harm.
   */
  const settle = async (service: string, stored: WatchState, signal: AbortSignal) => {
    const outbox = stored.outbox.filter(({ version }) => !isDone(service, version));
    if (outbox.length === stored.outbox.length) return;
    await table.saveState(service, { ...stored, version: stored.version + 1, outbox }, signal);
  };

  /** What the step itself has decided, and what an earlier one may have left undone. */
  const carryOut = async (service: string, step: Advance, signal: AbortSignal): Promise<void> => {
    const own = step.next.outbox.filter(({ version }) => version === step.next.version);
    await Promise.all([
      ...[...own, ...step.overdue].map((entry) => carry(service, entry, step, signal)),
      tellVerdicts(service, step, signal),
    ]);
    if (own.length > 0 && starter === undefined) await settle(service, step.next, signal);
  };

  return { isDone, carryOut };
};
