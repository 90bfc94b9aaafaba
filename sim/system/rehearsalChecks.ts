/** I10: a rehearsal leaves the plan, the record, its mark and the tasks of both regions as they were. */
import { canonicalJson } from '../../core/evidence/canonical.ts';
import { isPassedOn } from '../../core/failover/charge.ts';
import type { State } from '../../core/failover/states.ts';
import { RehearsalResult } from '../../events/rehearsal.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { InvariantId } from './invariants.ts';
import type { Item } from './items.ts';

/** A rehearsal that the machine has ended. */
export type EndedRehearsal = {
  readonly drillId: string;
  /** Of the execution, in the words of Step Functions. */
  readonly status: string;
  /** Tasks of drills that are wanted to run. */
  readonly tasksLeft: number;
};

type Needs = {
  readonly plan: () => WatchPlan;
  readonly state: () => State | null;
  readonly fail: (invariant: InvariantId, what: string) => void;
  /** Whether the record gives a part of its answers to either region. */
  readonly isShared: () => boolean;
};

/** A takeover, with facts that are asked for anew each minute and a move home. */
const LEFT_AWAY_MS_MAX = 900_000;

const textOf = (item: Item, name: string): string => String(item[name]?.['S'] ?? '');

/** A plan with all that its schema fills in, so that two can be compared. */
const planText = (plan: unknown): string => canonicalJson(JSON.parse(JSON.stringify(plan)));

/** How a rehearsal ended, by its own word. */
export type ToldRehearsal = Pick<RehearsalResult, 'drillId' | 'outcome' | 'why'>;

export const openRehearsalChecks = ({ plan, state, fail, isShared }: Needs) => {
  let marked: string | null = null;
  let sharedBy: 'failback' | 'rehearsal' | null = null;
  const told = new Map<string, ToldRehearsal>();

  /** One that went well, or stood back, says of itself that traffic is at home again. */
  const onResult = ({ drillId, outcome, why, depth }: RehearsalResult): void => {
    told.set(drillId, { drillId, outcome, why });
    const found = state();
    const last = found?.flips.at(-1);
    // Whoever has taken charge meanwhile brings it home: `settled` looks at that.
    const isOthers = found !== null && isPassedOn(found);
    const isAway = last?.automatic === false && last.to !== plan().primary && !isOthers;
    if (isAway && depth === 'full' && (outcome === 'SUCCEEDED' || outcome === 'INTERRUPTED')) {
      fail('I10', `${drillId} ${outcome}, and traffic is still in ${last.to}`);
    }
  };

  const wrote = (item: Item): void => {
    const { service } = plan();
    if (textOf(item, 'pk') === `REHEARSALS#${service}`) {
      onResult(RehearsalResult.parse(JSON.parse(textOf(item, 'value'))));
    }
    if (textOf(item, 'pk') !== `WATCH#${service}`) return;
    if (textOf(item, 'sk') === 'REHEARSAL') marked = textOf(item, 'drillId');
    if (textOf(item, 'sk') !== 'PLAN') return;
    if (planText(JSON.parse(textOf(item, 'value'))) !== planText(plan())) {
      fail('I10', `the plan of ${service} was written over${marked ? ` during ${marked}` : ''}`);
    }
  };

  const removed = (key: Item): void => {
    const isMark = textOf(key, 'sk') === 'REHEARSAL';
    if (isMark && textOf(key, 'pk') === `WATCH#${plan().service}`) marked = null;
  };

  /** A part of the traffic may be elsewhere during a canary, and on the way home. */
  const shared = (): boolean => {
    if (plan().switch.driver !== 'record' || !isShared()) {
      sharedBy = null;
      return false;
    }
    const isHomeward = state()?.execution?.cause === 'failback';
    const isCanary = marked?.endsWith('-canary') ?? false;
    // A way home that failed leaves its share, and a page: that is no rehearsal's doing.
    sharedBy ??= isHomeward ? 'failback' : 'rehearsal';
    if (sharedBy === 'rehearsal' && !isCanary && !isHomeward) {
      fail('I10', 'a part of the answers is elsewhere, and no canary is under way');
    }
    return true;
  };

  const ended = ({ drillId, status, tasksLeft }: EndedRehearsal): void => {
    const isOthers = marked !== null && marked !== drillId;
    if (shared() && sharedBy === 'rehearsal' && !isOthers) {
      fail('I10', `${drillId} is over (${status}), and a part of the answers is still elsewhere`);
    }
    if (status !== 'SUCCEEDED') return;
    if (marked === drillId)
      fail('I10', `${drillId} is over and still holds the place of rehearsals`);
    if (tasksLeft > 0) fail('I10', `${drillId} is over and has left ${tasksLeft} tasks`);
  };

  /** What a rehearsal has left away is home again, once home has been well for as long as it must be. */
  const settled = (quietMs: number): void => {
    const found = state();
    const { homeUpMs } = plan().failover;
    if (found?.leftAway !== true || quietMs < homeUpMs + LEFT_AWAY_MS_MAX) return;
    fail('I10', `a rehearsal has left traffic in ${found.active}, and nobody brings it home`);
  };

  return { wrote, removed, shared, ended, settled, told: () => [...told.values()] };
};
