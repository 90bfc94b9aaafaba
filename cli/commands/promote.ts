/** `failover promote` and `failover rollback`: a better image in, and out again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import { functionNameOf, watchTableOf } from '../../core/deploy/deployed.ts';
import { DrillError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { candidateOf } from '../../core/promotion/choice.ts';
import { PromotionOrder } from '../../events/promoteOutput.ts';
import {
  Digest,
  type PromoteInput,
  PromoteOutput,
  type PromotionRecord,
} from '../../events/promotion.ts';
import { EXIT } from '../failure.ts';
import { keptOf } from '../kept.ts';
import type { Output } from '../output/output.ts';
import { orderLines } from '../output/promotionText.ts';
import { type Store, withStore, withStoreOf } from '../store.ts';
import { type WatchAt, withWatch } from '../watch/at.ts';
import { confirmedAt } from '../where/confirmed.ts';
import type { WhereOptions } from '../where/options.ts';

export type PromoteOptions = WhereOptions & {
  readonly mode?: 'manual' | 'canary' | 'bluegreen';
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
};

type Found = Pick<Extract<PromoteInput, { kind: 'order' }>, 'digest' | 'variant' | 'evidence'>;

/** A variant of the newest drill, or a digest as it is. @throws DrillError `InputInvalid`, `DrillNotFound` */
const find = async ({ watch, inStore }: Session, wanted: string): Promise<Found> => {
  const { service } = watch;
  if (wanted.startsWith('sha256:')) {
    const digest = Digest.safeParse(wanted);
    if (digest.success) return { digest: digest.data, variant: null, evidence: null };
    throw new DrillError('InputInvalid', `${wanted}: ${digest.error.issues[0]?.message}`);
  }
  return inStore(async (store) => {
    const drill = await store.find(undefined);
    if (drill.service !== service) {
      throw new DrillError(
        'InputInvalid',
        `the newest drill here is one of ${drill.service}, and ${service} is watched: drill it first`,
      );
    }
    const report = await store.report(drill);
    const candidate = candidateOf(report, wanted);
    if (candidate?.digest) {
      const { digest, variant, evidence } = candidate;
      return { digest, variant, evidence };
    }
    const known = report.variants.map(({ id }) => id);
    const guess = nearest(wanted, known);
    const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
    const what = candidate ? 'has no image' : 'is no variant';
    throw new DrillError(
      'InputInvalid',
      `${wanted} ${what} of drill ${drill.drillId}.${hint} Variants: ${known.join(', ')}`,
    );
  });
};

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `shop-promote-20261120-183651`: sorts by time, fits an execution name. */
const promotionIdAt = (service: string, now: Date): string => {
  const day = [now.getUTCFullYear(), now.getUTCMonth() + 1, now.getUTCDate()];
  const time = [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds()];
  return `${service}-promote-${day.map(twoDigits).join('')}-${time.map(twoDigits).join('')}`;
};

type Session = {
  readonly watch: WatchAt;
  ask(input: PromoteInput): Promise<PromoteOutput>;
  latest(): Promise<PromotionRecord | null>;
  /** The drills that are kept in the same place. */
  inStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
};

const withSession = <T>(
  options: WhereOptions,
  output: Output,
  work: (session: Session) => Promise<T>,
): Promise<T> =>
  withWatch(options, output, 'home', async (watch) => {
    const { service, sdk, callSdk, deployed } = watch;
    const calls = openFunctionCalls(callSdk);
    const records = openPromotionRecords(watchTableOf(service), sdk);
    const ask = async (input: PromoteInput): Promise<PromoteOutput> => {
      try {
        return await calls.call(functionNameOf(service, 'promote'), input, PromoteOutput);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
        throw new DrillError(
          'InputInvalid',
          `${service} runs at endpoints that somebody else deploys: there is no image here to promote`,
        );
      }
    };
    try {
      return await work({
        ...{ watch, ask },
        latest: async () => (await records.list(service, 1))[0] ?? null,
        inStore: (read) =>
          deployed === null
            ? withStore(options, output, 'home', { kind: 'drill' }, read)
            : withStoreOf(keptOf(deployed, 'home', output), read),
      });
    } finally {
      calls.close();
      records.close();
    }
  });

/** Waits until it is over, and tells of each step once. */
const follow = async (
  { latest, watch }: Session,
  output: Output,
  signal: AbortSignal,
): Promise<PromotionRecord | null> => {
  let told = '';
  for (;;) {
    const record = await latest();
    if (record === null || record.memory.over) return record;
    if (record.why !== told) output.note(`  ${record.why}`);
    told = record.why;
    // Who does not want to wait any longer sees how it stands; it goes on without them.
    if (signal.aborted) return record;
    await sleep(2 * watch.pollMs, undefined, { signal }).catch(() => undefined);
  }
};

const carriedOut = async (
  session: Session,
  answer: PromoteOutput,
  { wait }: Pick<PromoteOptions, 'wait'>,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const isBegun = answer.status === 'started';
  if (isBegun) output.note(`  ${answer.why}`);
  const record = !isBegun
    ? null
    : wait
      ? await follow(session, output, signal)
      : await session.latest();
  const { deployed, options: on } = session.watch;
  const place = deployed?.place ?? null;
  const told = PromotionOrder.parse({ ...answer, place, record });
  output.result(told, (style) => orderLines(told, style, on));
  if (answer.status === 'refused' || answer.status === 'skipped') return EXIT.marked;
  const { outcome = 'RUNNING' } = record ?? {};
  const wanted = answer.mode === 'rollback' ? 'ROLLED_BACK' : 'PROMOTED';
  return outcome === 'RUNNING' || outcome === wanted ? EXIT.ok : EXIT.failed;
};

/** What a person has seen planned, given as an order once they say yes. */
const ordered = async (
  session: Session,
  order: PromoteInput,
  { question, declined }: { readonly question: string; readonly declined: string },
  options: PromoteOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  if (!(await confirmedAt(session.watch.deployed, question, options, output, signal))) {
    output.note(declined);
    return EXIT.ok;
  }
  return carriedOut(session, await session.ask(order), options, output, signal);
};

export const promote = (
  wanted: string,
  options: PromoteOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withSession(options, output, async (session) => {
    const { service } = session.watch;
    const found = await find(session, wanted);
    const against = found.evidence?.against ?? [];
    const { mode = 'canary' } = options;
    const order: PromoteInput = {
      ...{ kind: 'order', service, ...found, dryRun: true },
      mode: mode === 'manual' ? 'canary' : mode,
      promotionId: promotionIdAt(service, new Date()),
    };
    const plan = await session.ask(order);
    if (options.dryRun || mode === 'manual' || plan.status !== 'would-start') {
      return carriedOut(session, plan, options, output, signal);
    }
    for (const line of plan.plan) output.note(`  ${line}`);
    if (against.length > 0 && !options.force) {
      const why = `against ${wanted}: ${against.join('; ')}. Promote it all the same with --force`;
      return carriedOut(session, { ...plan, status: 'refused', why }, options, output, signal);
    }
    const asked = {
      question: `Promote ${wanted} of ${service}`,
      declined: 'Nothing was promoted.',
    };
    return ordered(session, { ...order, dryRun: false }, asked, options, output, signal);
  });

export const rollback = (
  options: Omit<PromoteOptions, 'mode' | 'force'>,
  output: Output,
  signal: AbortSignal,
): Promise<number> =>
  withSession(options, output, async (session) => {
    const { service } = session.watch;
    const plan = await session.ask({ kind: 'rollback', service, dryRun: true });
    if (options.dryRun || plan.status !== 'would-start') {
      return carriedOut(session, plan, options, output, signal);
    }
    for (const line of plan.plan) output.note(`  ${line}`);
    const asked = {
      question: `Roll ${plan.promotionId} back`,
      declined: 'Nothing was rolled back.',
    };
    const order: PromoteInput = { kind: 'rollback', service, dryRun: false };
    return ordered(session, order, asked, options, output, signal);
  });
