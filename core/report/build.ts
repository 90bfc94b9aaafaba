/** The report of a drill, from its plan and what was kept of it. Pure: the same records give the same report. */
import { type Burst, sum } from '../drill/bursts.ts';
import type { Arm, Cell } from '../drill/plan.ts';
import { errorGate, floorMs, rankDrill } from '../drill/rankDrill.ts';
import type { GateResult } from '../images/gates.ts';
import type { Ranking } from '../ranking/ranking-types.ts';
import { driftsOf, type Facts as StandbyFacts } from '../regions/drift.ts';
import { median } from '../statistics/quantile.ts';
import type { VariantSpec } from '../variants/matrix.ts';
import { cellReports } from './cells.ts';
import { driftProblems, notMeasuredOf, problemsOf } from './findings.ts';
import { gateProblems, heldBack, objectionsByVariant, referenceWarning } from './gates.ts';
import { pairProblems, pairReport } from './pair.ts';
import { replicationNotMeasured, replicationProblems, replicationReports } from './replication.ts';
import { scoresAndPareto } from './scores.ts';
import { type PlacementSeen, placementLines, placementSummary } from './variants.ts';
import { headlineOf, nextSteps, primaryRanking } from './words.ts';

type Plan = {
  readonly drillId: string;
  readonly service: string;
  readonly startedAt: string;
  readonly profile: string;
  readonly seed: string;
  readonly homeRegion: string;
  readonly primary: string;
  readonly standby: string;
  readonly witness: string | null;
  readonly vantages: readonly string[];
  readonly cells: readonly Cell[];
  readonly reference: string;
  readonly variants: readonly VariantSpec[];
  readonly arms: readonly Arm[];
  readonly weights: { readonly latency: number; readonly ready: number; readonly size: number };
  readonly sampling: {
    readonly rounds: { readonly max: number };
    readonly samples: number;
    readonly ratePerS: number;
  };
  readonly gates: { readonly errors: number | null };
  readonly rpoMs: number | null;
  readonly probes: readonly { readonly kind: string }[];
  readonly standbyCheck: { readonly record: string | null };
};

type Image = {
  readonly variantId: string;
  readonly status: 'built' | 'failed' | 'duplicate';
  readonly reason: string | null;
  readonly compressedBytes: number | null;
  readonly gates: readonly GateResult[];
};

export type Records<I extends Image> = {
  readonly plan: Plan;
  readonly standby?: StandbyFacts | null;
  readonly images: readonly I[];
  readonly placements: readonly (PlacementSeen & {
    readonly round: number;
    readonly placement: { readonly runner: string; readonly region: string } | null;
    readonly failure: {
      readonly region: string;
      readonly armId: string;
      readonly error: string;
      readonly reason: string;
    } | null;
  })[];
  readonly unreachable: readonly {
    readonly round: number;
    readonly cell: Cell;
    readonly reason: string;
  }[];
  readonly bursts: readonly Burst[];
};

const floorP95Ms = (bursts: readonly Burst[]): number =>
  bursts.length === 0 ? 0 : median(bursts.map(({ floorP95Us }) => floorP95Us)) / 1_000;

/** Variants with all their gates: those of the image, judged in the drill, and that on failed probes. */
const gatedVariants = <I extends Image>({ plan, images, bursts }: Records<I>) =>
  plan.variants.map((variant) => {
    const image = images.find(({ variantId }) => variantId === variant.id) ?? null;
    const wasBuilt = image?.status === 'built';
    return {
      ...variant,
      role: variant.id === plan.reference ? ('reference' as const) : ('candidate' as const),
      image,
      gates: wasBuilt ? [...image.gates, ...errorGate(plan, bursts, variant.id)] : [],
    };
  });

const variantReports = <I extends Image>(
  { plan, placements }: Records<I>,
  gated: ReturnType<typeof gatedVariants<I>>,
  rankings: readonly Ranking[],
) => {
  const variants = gated.map((variant) => ({
    ...variant,
    placement: placementSummary(placements, variant.id),
  }));
  const costs = variants.map(({ id, image, placement }) => ({
    id,
    readyMs: placement.readyMs,
    compressedBytes: image?.compressedBytes ?? null,
  }));
  const { scorePct, pareto } = scoresAndPareto(
    primaryRanking(rankings),
    costs,
    plan.weights,
    plan.reference,
  );
  return variants.map((variant) => ({
    ...variant,
    scorePct: scorePct.get(variant.id) ?? null,
    pareto: pareto.has(variant.id),
  }));
};

export const buildReport = <I extends Image>(records: Records<I>) => {
  const { plan, images, placements, bursts, standby = null } = records;
  const gated = gatedVariants(records);
  const rankings = rankDrill(plan, bursts, { gated: heldBack(gated, plan.reference) });
  const roundsDone = Math.max(0, ...bursts.map(({ round }) => round));
  const cells = cellReports(plan.cells, plan.arms, bursts, roundsDone);
  const pair = pairReport(plan, cells);
  const replication = replicationReports(plan, bursts);
  const drifts = standby ? driftsOf(standby, plan.standbyCheck.record) : [];
  const problems = [
    ...gateProblems(gated, plan.reference),
    ...problemsOf(records),
    ...pairProblems(pair, plan),
    ...replicationProblems(replication, plan),
    ...driftProblems(drifts),
  ];
  const pullTold = placements.some(({ placement }) => placement?.times.pullMs != null);
  return {
    version: 1 as const,
    drillId: plan.drillId,
    service: plan.service,
    startedAt: plan.startedAt,
    profile: plan.profile,
    seed: plan.seed,
    regions: {
      primary: plan.primary,
      standby: plan.standby,
      witness: plan.witness,
      home: plan.homeRegion,
    },
    vantages: plan.vantages,
    reference: plan.reference,
    runner: [
      ...new Set(placements.flatMap(({ placement }) => (placement ? [placement.runner] : []))),
    ].sort(),
    roundsDone,
    roundsPlanned: plan.sampling.rounds.max,
    samplesPerBurst: plan.sampling.samples,
    ratePerS: plan.sampling.ratePerS,
    sent: sum(bursts.map((burst) => sum(Object.values(burst.sent)))),
    failed: sum(bursts.map((burst) => sum(Object.values(burst.errors)))),
    floorP50Ms: floorMs(bursts),
    floorP95Ms: floorP95Ms(bursts),
    rankings,
    variants: variantReports(records, gated, rankings),
    placements: placementLines(placements),
    cells,
    pair,
    problems,
    replication,
    standby: standby && { ...standby, drifts },
    notMeasured: [
      ...notMeasuredOf(bursts, images, pullTold),
      ...replicationNotMeasured(plan, replication),
      ...(standby?.notMeasured ?? []),
    ],
    headline: headlineOf(rankings, plan.reference) + referenceWarning(gated, plan.reference),
    next: nextSteps(rankings, plan.reference, problems.length, objectionsByVariant(gated)),
  };
};
