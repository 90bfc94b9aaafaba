/**
 * A failover as the real functions make it: observers probe and vote by the rules, `evaluate`
 * decides, and the results of its steps are fed in, on the embedded table, bus and bucket.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openDocuments } from '../../aws/documents.ts';
import type { Event, Execution } from '../../core/failover/states.ts';
import { type Filter, NEW_FILTER, stepFilter } from '../../core/health/filter.ts';
import type { Sample } from '../../core/health/sample.ts';
import { castVote } from '../../core/health/vote.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { finish } from '../../functions/finish/run.ts';
import { HOME, START_MS } from './failovers.ts';
import { openWatchRun, type WatchRun } from './watchRun.ts';
import type { WatchWorld } from './watchWorld.ts';

export const BUCKET = 'failover-shop-watch-000000000000-eu-central-1';
const signal = new AbortController().signal;
const SECOND_MS = 1_000;
const PROBE_MS = 10;

export const createBucket = async (world: WatchWorld): Promise<void> => {
  const s3 = new S3Client({ ...world.sdk, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
};

type Pair = { observer: string; target: string; filter: Filter; samples: Sample[] };

/** Probes once a second from `fromS` to `toS`, and votes; home fails from `faultS` on. */
const observe = async (
  run: WatchRun,
  { health, observers, targets }: WatchPlan,
  { toS, faultS, seeing }: { toS: number; faultS: number; seeing: number },
): Promise<Pair[]> => {
  const names = observers.length === 0 ? ['local'] : observers;
  const pairs: Pair[] = names.flatMap((observer) =>
    targets.map(({ region: target }) => ({ observer, target, filter: NEW_FILTER, samples: [] })),
  );
  for (let second = 0; second < toS; second++) {
    for (const [index, observer] of names.entries()) {
      const startMs = START_MS + second * SECOND_MS + index;
      const endMs = startMs + PROBE_MS;
      const own = pairs.filter((pair) => pair.observer === observer);
      for (const pair of own) {
        const down = pair.target === HOME && second >= faultS && index < seeing;
        const failure = down ? 'refused' : null;
        const sample = { startMs, endMs, failure, latencyMs: down ? null : PROBE_MS };
        pair.samples.push(sample);
        pair.filter = stepFilter(pair.filter, sample, health);
      }
      const votes = own.map(({ target, filter }) =>
        castVote(filter, health, {
          ...{ observer, target, nowMs: endMs },
          ...{ canariesAnswer: null, clockSkewMs: null },
        }),
      );
      await run.hear(endMs, votes);
    }
  }
  return pairs;
};

type ServicesIn = Parameters<typeof finish>[0]['servicesIn'];
type Options = {
  readonly toS?: number;
  readonly faultS?: number;
  readonly seeing?: number;
  readonly servicesIn?: ServicesIn;
  readonly listeners?: Parameters<typeof finish>[0]['listeners'];
};

/** Of a service that somebody else runs, no ECS is asked. */
const noServices: ServicesIn = (region) => {
  throw new Error(`ECS in ${region} was asked`);
};

/** Nor any load balancer. */
const noListeners = {
  open: ({ listener }: { readonly listener: string }): never => {
    throw new Error(`${listener} was asked`);
  },
};

/** Lets a watch see its primary fail, up to the decision. */
export const decidedWatch = async (world: WatchWorld, plan: WatchPlan, options: Options = {}) => {
  const { toS = 14, faultS = 6, seeing = 5 } = options;
  const run = await openWatchRun(world, { plan, startMs: START_MS, idle: true });
  const pairs = await observe(run, plan, { toS, faultS, seeing });
  for (const observer of new Set(pairs.map((pair) => pair.observer))) {
    const own = pairs.filter((pair) => pair.observer === observer);
    const seen = own.map(({ target, samples }) => ({ target, samples }));
    await world.table.putSamples(plan.service, observer, seen);
  }
  const { execution } = (await run.stored()).state;
  const apply = (event: Event) => run.transitions.apply(plan.service, event, signal);
  const needs = {
    clock: { now: run.now, monotonicMs: run.now, sleep: async () => {} },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    count: () => {},
  };
  const documents = openDocuments(BUCKET, world.sdk);
  const { table, bus } = world;
  const { transitions } = run;
  const servicesIn = options.servicesIn ?? noServices;
  const listeners = options.listeners ?? noListeners;
  const leasesIn = () => table;
  const stores = { table, leasesIn, documents };
  const ends = finish({ ...needs, ...stores, servicesIn, listeners, bus, transitions });
  return {
    run,
    execution,
    apply,
    documents,
    finish: (failure: { Error: string; Cause: string } | null = null) => {
      if (execution === null) throw new Error('nothing was decided');
      return ends({ service: plan.service, execution, failure }, signal);
    },
  };
};

const told = (execution: Execution, nowMs: number) => ({ nowMs, execution: execution.name });

/** The steps up to the flip, with what they write down. */
export const flipped = async (
  world: WatchWorld,
  { run, apply, execution }: Awaited<ReturnType<typeof decidedWatch>>,
): Promise<Execution> => {
  if (execution === null) throw new Error('nothing was decided');
  const nowMs = run.now() + 30;
  run.setNow(nowMs);
  await apply({ kind: 'lease', won: true, ...told(execution, nowMs) });
  await apply({ kind: 'fenced', ...told(execution, nowMs) });
  await apply({ kind: 'scaled', enough: true, why: 'enough', ...told(execution, nowMs) });
  const call = {
    ...{ service: 'route53', operation: 'ChangeResourceRecordSets', region: 'us-east-1' },
    ...{ attempt: 1, startedAtMs: nowMs, tookMs: 12.5, requestId: 'r-1', result: 'PENDING' },
  };
  await apply({ kind: 'flipped', done: true, why: 'written', ...told(execution, nowMs) });
  const body = { move: 'flip', done: true, why: 'the record was changed', calls: [call] };
  await world.table.putEvidence(execution.name, { kind: 'flip', atMs: nowMs, body });
  return execution;
};
