/**
 * Starts a promotion, or has one undone: for the drill by its report, for a person by their word. Asked
 * again with the same id it starts nothing a second time.
 */
import type { Deployments } from '../../aws/deployments.ts';
import type { Documents } from '../../aws/documents.ts';
import type { EventBus } from '../../aws/eventBus.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { Machines } from '../../aws/machines.ts';
import type { PromotionRecords } from '../../aws/promotionRecords.ts';
import type { RehearsalRecords } from '../../aws/rehearsalRecords.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { choiceOf } from '../../core/promotion/choice.ts';
import { whyNotPromote } from '../../core/promotion/mayPromote.ts';
import { startPromotion, startRollback } from '../../core/promotion/states.ts';
import { planText } from '../../core/promotion/words.ts';
import { nextAfter } from '../../core/report/promotedDrill.ts';
import { PromotableReport } from '../../events/drillReport.ts';
import { EvaluateOutputShape } from '../../events/evaluation.ts';
import type {
  PromoteInput,
  PromoteOutput,
  PromotionPlan,
  PromotionRecord,
} from '../../events/promotion.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Base } from '../_entry.ts';
import { noticeOf } from '../_promotionNotices.ts';

export type Needs = Base & {
  readonly table: Pick<WatchTable, 'plan' | 'state'>;
  readonly records: PromotionRecords;
  readonly rehearsals: Pick<RehearsalRecords, 'hold'>;
  readonly documents: Pick<Documents, 'read' | 'write'>;
  readonly functions: Pick<FunctionCalls, 'call'>;
  readonly evaluateFunction: string;
  readonly machines: Pick<Machines, 'start' | 'status'>;
  readonly promotionMachine: string;
  readonly bus: Pick<EventBus, 'put'>;
  readonly deploymentsIn: (region: string) => Pick<Deployments, 'look' | 'digest'>;
};

type Wish = {
  readonly service: string;
  readonly promotionId: string;
  readonly mode: 'canary' | 'bluegreen';
  readonly digest: string;
  readonly variant: string | null;
  readonly by: PromotionRecord['by'];
  readonly evidence: PromotionRecord['evidence'];
  readonly dryRun: boolean;
};

/** A promotion is found by its id among this many: a retry comes soon. */
const RECENT = 10;
const HOLD_MS = 900_000;

const NOT_INSTALLED =
  'nothing runs an image of this service here: promotions need failover watch of a service with an image';

const NOT_THEIRS =
  'its services take their images from a repository of their own, where no drill has put one: push the image there, and promote its digest';

type Answer = Pick<PromoteOutput, 'status' | 'why'> & Partial<PromoteOutput>;

const answered = (service: string, answer: Answer): PromoteOutput => ({
  service,
  promotionId: null,
  mode: 'canary',
  digest: null,
  variant: null,
  plan: [],
  ...answer,
});

/** What the watch says against starting now; null when nothing. */
const obstacle = async (
  { table, functions, evaluateFunction, clock }: Needs,
  service: string,
  plan: WatchPlan,
  other: string | null,
  signal: AbortSignal,
): Promise<string | null> => {
  const stored = await table.state(service, signal);
  const answer =
    stored &&
    (await functions.call(
      evaluateFunction,
      { kind: 'status', service },
      EvaluateOutputShape,
      signal,
    ));
  const verdicts = [answer?.decision?.active, answer?.decision?.other];
  const notUp = verdicts.flatMap((verdict) =>
    verdict === undefined || verdict.state === 'UP'
      ? []
      : [`${verdict.region} is ${verdict.state}: ${verdict.why}`],
  );
  return whyNotPromote({
    nowMs: clock.now(),
    state: answer?.state ?? null,
    heardMs: Math.max(0, ...(stored?.votes ?? []).map(({ atMs }) => atMs)),
    alarm: answer?.state.alarm?.source ?? null,
    maintenance: plan.failover.maintenance,
    timeZone: plan.failover.timeZone,
    other,
    notUp,
  });
};

/** What the primary runs now. */
const runningDigest = async (
  { deploymentsIn }: Needs,
  plan: PromotionPlan,
  signal: AbortSignal,
): Promise<string | null> => {
  const place = plan.places.find(({ role }) => role === 'primary');
  if (place === undefined) return null;
  const deployments = deploymentsIn(place.region);
  const { definition, container } = await deployments.look(place, signal);
  return deployments.digest(definition, container, signal);
};

/** Writes the record down, tells, and starts the machine: in that order, so that a retry misses nothing. */
const launch = async (
  needs: Needs,
  record: PromotionRecord,
  why: string,
  signal: AbortSignal,
): Promise<void> => {
  const { records, machines, promotionMachine, bus, log } = needs;
  const { service, promotionId, startedAtMs, memory } = record;
  await records.put(record, signal);
  const about = { key: `${memory.mode}-start`, why, atMs: needs.clock.now() };
  await bus.put([noticeOf(record, 'started', about)], signal);
  const input = { service, promotionId, startedAtMs };
  await machines.start(promotionMachine, record.execution, input, signal);
  log.info('promotion started', { service, promotionId, mode: memory.mode });
};

const begin = async (needs: Needs, wish: Wish, signal: AbortSignal): Promise<PromoteOutput> => {
  const { table, records, rehearsals, clock } = needs;
  const { service, promotionId, mode, digest, variant, by, evidence, dryRun } = wish;
  const [watch, plan] = await Promise.all([
    table.plan(service, signal),
    records.plan(service, signal),
  ]);
  const about = { mode, digest, variant };
  if (watch === null || plan === null) {
    return answered(service, { ...about, status: 'skipped', why: NOT_INSTALLED });
  }
  const known = (await records.list(service, RECENT, signal)).find(
    (one) => one.promotionId === promotionId,
  );
  if (variant !== null && !plan.variants) {
    return answered(service, { ...about, status: 'refused', why: NOT_THEIRS });
  }
  const nowMs = clock.now();
  const lines = planText({
    mode,
    digest,
    places: plan.places,
    steps: plan.steps,
    limits: plan.limits,
  });
  const told = { ...about, promotionId, plan: lines };
  if (known !== undefined) {
    if (known.memory.seq === 0) await launch(needs, known, known.why, signal);
    return answered(service, { ...told, status: 'started', why: known.why });
  }
  const held = { drillId: promotionId, nowMs, untilMs: dryRun ? nowMs : nowMs + HOLD_MS };
  const other = await rehearsals.hold(service, held, signal);
  const against = await obstacle(needs, service, watch, other, signal);
  if (against !== null) {
    // What was held for this one is given up at once; another's is left alone.
    if (other === null) await rehearsals.hold(service, { ...held, untilMs: nowMs }, signal);
    return answered(service, { ...told, status: 'refused', why: against });
  }
  const previousDigest = await runningDigest(needs, plan, signal);
  const why = `${variant ?? 'the image'} takes the place of what runs, by ${mode}`;
  if (dryRun) return answered(service, { ...told, status: 'would-start', why });
  const record: PromotionRecord = {
    ...{ service, promotionId, digest, variant, previousDigest, by, evidence },
    execution: promotionId,
    ...{ outcome: 'RUNNING', why, startedAtMs: nowMs, finishedAtMs: null, gates: [] },
    memory: plainMemory(startPromotion({ mode, digest }, plan.places, nowMs)),
  };
  await launch(needs, record, why, signal);
  return answered(service, { ...told, status: 'started', why });
};

/** Another execution for a promotion that has one already: a name is started once. */
const renamed = (record: PromotionRecord): PromotionRecord => ({
  ...record,
  execution: `${record.promotionId}-${record.memory.seq}`,
});

const plainMemory = ({ places, measured, ...rest }: ReturnType<typeof startPromotion>) => ({
  ...rest,
  places: [...places],
  measured: [...measured],
});

/** One under way is told to go back; the latest that ended is undone by the machine. */
const undo = async (
  needs: Needs,
  { service, dryRun }: Extract<PromoteInput, { kind: 'rollback' }>,
  signal: AbortSignal,
): Promise<PromoteOutput> => {
  const { records, rehearsals, clock, machines, promotionMachine } = needs;
  const [[last], plan] = await Promise.all([
    records.list(service, 1, signal),
    records.plan(service, signal),
  ]);
  const nothing = 'nothing was promoted that could be rolled back';
  if (last === undefined || plan === null) {
    return answered(service, { mode: 'rollback', status: 'refused', why: nothing });
  }
  const { promotionId, digest, variant, memory } = last;
  const about = { mode: 'rollback', digest, variant, promotionId } as const;
  const nowMs = clock.now();
  if (!memory.over) {
    const why = `${promotionId} is told to go back`;
    if (!dryRun) await records.orderUndo(service, promotionId, nowMs, signal);
    const status = await machines.status(promotionMachine, last.execution, signal);
    // Its machine was ended by somebody, or never began: another one takes it from where it was.
    if (!dryRun && status !== 'running') await launch(needs, renamed(last), why, signal);
    return answered(service, { ...about, status: dryRun ? 'would-start' : 'started', why });
  }
  const back = startRollback(memory, 'a person ordered it', nowMs);
  if (back.over) {
    const why = `${promotionId} ended as ${last.outcome}: no place runs what it promoted`;
    return answered(service, { ...about, status: 'refused', why });
  }
  const places = back.places
    .filter(({ stage }) => stage === 'done' || stage === 'restore')
    .reverse();
  const lines = planText({ ...about, places, steps: plan.steps, limits: plan.limits });
  const held = { drillId: promotionId, nowMs, untilMs: dryRun ? nowMs : nowMs + HOLD_MS };
  // Nothing else is in the way: a region that is not well may be so because of what is rolled back,
  // and the machine itself waits for the end of a failover.
  const other = await rehearsals.hold(service, held, signal);
  if (other !== null) {
    return answered(service, { ...about, status: 'refused', why: `${other} is still under way` });
  }
  const why = `${promotionId} is rolled back`;
  if (dryRun) return answered(service, { ...about, status: 'would-start', why, plan: lines });
  const memoryBack = { ...plainMemory(back), seq: memory.seq + 1 };
  const record = {
    ...last,
    outcome: 'RUNNING' as const,
    why,
    finishedAtMs: null,
    memory: memoryBack,
  };
  await launch(needs, renamed(record), why, signal);
  return answered(service, { ...about, status: 'started', why, plan: lines });
};

/** Schedules name executions at length; an execution that is named after it needs room for more. */
const DRILL_CHARS = 60;
const promotionIdOf = (drillId: string): string => `${drillId.slice(0, DRILL_CHARS)}-promote`;

/** The drill's choice, if it has one. Its report says what came of it. */
const fromDrill = async (
  needs: Needs,
  input: Extract<PromoteInput, { kind: 'drill' }>,
  signal: AbortSignal,
): Promise<PromoteOutput> => {
  const { service, drillId, reportKey, mode } = input;
  const report = await needs.documents.read(reportKey, PromotableReport, signal);
  const choice = choiceOf(report);
  const answer =
    'none' in choice || choice.digest === null
      ? answered(service, {
          status: 'skipped',
          mode,
          why: 'none' in choice ? choice.none : 'it has no image',
        })
      : await begin(
          needs,
          {
            ...{ service, mode, promotionId: promotionIdOf(drillId), by: 'drill', dryRun: false },
            ...{ digest: choice.digest, variant: choice.variant, evidence: choice.evidence },
          },
          signal,
        );
  const next = nextAfter(report.next, answer);
  await needs.documents.write(reportKey, { ...report, next, promotion: answer }, signal);
  return answer;
};

export const promote =
  (needs: Needs) =>
  async (input: PromoteInput, signal: AbortSignal): Promise<PromoteOutput> => {
    if (input.kind === 'drill') return fromDrill(needs, input, signal);
    if (input.kind === 'rollback') return undo(needs, input, signal);
    const { kind: _kind, ...wish } = input;
    return begin(needs, { ...wish, by: 'person' }, signal);
  };
