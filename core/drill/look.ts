/** What to do after a round: go on, and with what; or stop, and why. */
import type { Ranking } from '../ranking/ranking-types.ts';
import { primaryRanking } from '../report/words.ts';
import type { Cell } from './plan.ts';

export type Planned = {
  readonly region: string;
  readonly armId: string;
  readonly taskDefinition: string;
};

export type RoundTrouble = {
  /** Placements that failed in this round and in the ones before, as `<region> <armId>` with their count in a row. */
  readonly failuresInRow: ReadonlyMap<string, number>;
  /** Cells that did not answer, as `<region> <vantage>` with their count in a row. */
  readonly unreachableInRow: ReadonlyMap<string, number>;
};

export type LookPlan = {
  readonly round: number;
  readonly maxRounds: number;
  readonly looks: readonly number[];
  readonly reference: string;
  readonly placements: readonly Planned[];
  readonly cells: readonly Cell[];
  readonly trouble: RoundTrouble;
  /** Only asked for at a look. */
  readonly rank: () => readonly Ranking[];
};

export type Look = {
  decision: 'more' | 'decided' | 'max' | 'hopeless';
  why: string;
  placements: Planned[];
  cells: Cell[];
};

/** Failures in a row after which a placement or a cell is not tried again. */
export const GIVE_UP_AFTER = 2;

/** How many rounds in a row, up to and with `round`, each key was in trouble. */
export const inRow = (
  round: number,
  troubles: readonly { readonly round: number; readonly key: string }[],
): Map<string, number> => {
  const rounds = Map.groupBy(troubles, ({ key }) => key);
  return new Map(
    [...rounds].map(([key, some]) => {
      const at = new Set(some.map((trouble) => trouble.round));
      let count = 0;
      while (at.has(round - count)) count++;
      return [key, count];
    }),
  );
};

const keptPlacements = ({ placements, trouble }: LookPlan): Planned[] =>
  placements.filter(
    ({ region, armId }) => (trouble.failuresInRow.get(`${region} ${armId}`) ?? 0) < GIVE_UP_AFTER,
  );

const keptCells = ({ cells, trouble }: LookPlan): Cell[] =>
  cells.filter(
    ({ region, vantage }) =>
      (trouble.unreachableInRow.get(`${region} ${vantage}`) ?? 0) < GIVE_UP_AFTER,
  );

/** Only the primary table decides when to stop: the median, with every region up. */
const decided = (rankings: readonly Ranking[]): boolean =>
  primaryRanking(rankings)?.decided ?? false;

/** Rounds beyond the plan that may stand in for lost ones: one for every four planned. */
const SPARE_SHARE = 0.25;

/** Rounds that count in the table that decides. */
const soundRounds = (rankings: readonly Ranking[]): number => primaryRanking(rankings)?.rounds ?? 0;

/**
 * A round that was lost to late samples says nothing of any arm, so it is made up for. Whether a round
 * is lost does not depend on which arm was faster, so this is no further look.
 */
const afterLastRound = (plan: LookPlan): Pick<Look, 'decision' | 'why'> => {
  const { round, maxRounds } = plan;
  const sound = soundRounds(plan.rank());
  if (sound >= maxRounds) return { decision: 'max', why: `all ${maxRounds} rounds are done` };
  if (round >= maxRounds + Math.ceil(maxRounds * SPARE_SHARE)) {
    return { decision: 'max', why: `${sound} of ${maxRounds} rounds count after ${round} tries` };
  }
  return { decision: 'more', why: `${sound} of ${maxRounds} rounds count so far` };
};

/** Decides after a round. Pure: the ranking is passed as a function, since most rounds need none. */
export const lookAfterRound = (plan: LookPlan): Look => {
  const placements = keptPlacements(plan);
  const cells = keptCells(plan);
  const kept = { placements, cells };
  if (!placements.some(({ armId }) => armId === plan.reference)) {
    const why = `the reference ${plan.reference} could not be placed ${GIVE_UP_AFTER} times in a row in any region`;
    return { decision: 'hopeless', why, ...kept };
  }
  if (cells.length === 0) {
    return { decision: 'hopeless', why: 'no vantage answers any more', ...kept };
  }
  if (plan.round >= plan.maxRounds) return { ...afterLastRound(plan), ...kept };
  if (plan.looks.includes(plan.round) && decided(plan.rank())) {
    return {
      decision: 'decided',
      why: `every pair is decided after ${plan.round} rounds`,
      ...kept,
    };
  }
  return {
    decision: 'more',
    why: `round ${plan.round} of at most ${plan.maxRounds} is done`,
    ...kept,
  };
};
