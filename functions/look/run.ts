/** After each round: keeps what failed, and decides whether another round is worth its cost. */
import type { DrillRecords, PlacementRecord, UnreachableCell } from '../../aws/drillRecords.ts';
import { INTERRUPTED, undisturbed } from '../../core/drill/bursts.ts';
import { failureText } from '../../core/drill/failureText.ts';
import { inRow, lookAfterRound } from '../../core/drill/look.ts';
import { errorGated, plannedLooks, rankDrill } from '../../core/drill/rankDrill.ts';
import type { LookInput, LookOutput } from '../../events/roundOutcome.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & { records: DrillRecords };

/** Failed placements of the round: those that never came up, and those that died in the middle. */
const failuresOf = ({ round, failures, dead }: LookInput): PlacementRecord[] => {
  const neverUp = new Set(failures.map(({ taskArn }) => taskArn));
  const failed = failures.map(({ region, armId, error, reason }) => ({
    ...{ region, armId, error },
    reason: failureText(reason),
  }));
  const died = dead
    .filter(({ taskArn }) => !neverUp.has(taskArn))
    .map(({ region, armId, reason, interrupted }) => ({
      ...{ region, armId, reason },
      error: interrupted ? INTERRUPTED : 'TaskDied',
    }));
  return [...failed, ...died].map((failure) => ({ round, placement: null, failure }));
};

const unreachableOf = ({ round, probes }: LookInput): UnreachableCell[] =>
  probes
    .filter(({ status }) => status === 'unreachable')
    .map(({ cell, reason }) => ({ round, cell, reason: failureText(reason ?? 'no answer') }));

export const look =
  ({ records, clock, log }: Needs) =>
  async (input: LookInput, signal: AbortSignal): Promise<LookOutput> => {
    const { drillId, round } = input;
    const plan = await records.plan(drillId, signal);
    for (const record of failuresOf(input)) {
      const { region, armId } = record.failure ?? { region: '', armId: '' };
      await records.putPlacement(drillId, { round, region, armId }, record, clock.now(), signal);
    }
    for (const cell of unreachableOf(input)) {
      await records.putUnreachable(drillId, cell, clock.now(), signal);
    }
    const failed = await records.placements(drillId, signal);
    const unreachable = await records.unreachables(drillId, signal);
    const looks = plannedLooks(plan);
    const isLook = looks.includes(round) || round >= plan.sampling.rounds.max;
    const kept = isLook ? await records.latencies(drillId, signal) : [];
    const latencies = undisturbed(kept, failed);
    const decision = lookAfterRound({
      round,
      maxRounds: plan.sampling.rounds.max,
      looks,
      reference: plan.reference,
      placements: input.placements,
      cells: input.probes.map(({ cell }) => cell),
      trouble: {
        failuresInRow: inRow(
          round,
          // What the platform stopped says nothing of the arm.
          failed.flatMap(({ round: at, failure }) =>
            failure && failure.error !== INTERRUPTED
              ? [{ round: at, key: `${failure.region} ${failure.armId}` }]
              : [],
          ),
        ),
        unreachableInRow: inRow(
          round,
          unreachable.map(({ round: at, cell }) => ({
            round: at,
            key: `${cell.region} ${cell.vantage}`,
          })),
        ),
      },
      rank: () => rankDrill(plan, latencies, { resamples: 0, gated: errorGated(plan, latencies) }),
    });
    log.info('round done', { drillId, round, decision: decision.decision, why: decision.why });
    await records.putState(
      {
        drillId,
        service: plan.service,
        startedAt: plan.startedAt,
        finishedAt: null,
        status: 'RUNNING',
        roundsDone: round,
        summary: decision.why,
      },
      clock.now(),
      signal,
    );
    return { ...decision, nextRound: round + 1 };
  };
