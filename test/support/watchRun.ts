/** A watch in simulated time: `evaluate` as it is, on the wire, and somebody who does what it starts. */
import type { Execution } from '../../core/failover/states.ts';
import type { Facts } from '../../core/failover/view.ts';
import type { Vote } from '../../core/health/vote.ts';
import type { EvaluateInput, EvaluateOutput } from '../../events/evaluation.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { WatchState } from '../../events/watchState.ts';
import { openTransitions } from '../../functions/_transition.ts';
import { evaluate } from '../../functions/evaluate/run.ts';
import { goodFacts } from './failovers.ts';
import { MACHINE_ARNS, PREPARE, type WatchWorld } from './watchWorld.ts';

const signal = new AbortController().signal;

type Options = {
  readonly plan: WatchPlan;
  readonly startMs: number;
  /** What `prepare` finds; null finds nothing. */
  readonly facts?: (nowMs: number) => Facts | null;
  /** Does not carry out what is started. */
  readonly idle?: boolean;
};

export const openWatchRun = async (world: WatchWorld, options: Options) => {
  const { plan, startMs, facts = goodFacts, idle = false } = options;
  const { service } = plan;
  const { table, bus, machines, functions } = world;
  let nowMs = startMs;
  const said: unknown[] = [];
  const log = (...words: unknown[]) => void said.push(words);
  const base = {
    clock: { now: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} },
    log: { info: log, warn: log, error: log },
    count: () => {},
    random: Math.random,
  };
  await table.putPlan(plan);
  const leasesIn = () => table;
  /** One sandbox: what it remembers, others do not. */
  const newEvaluator = (over: { readonly table?: WatchWorld['table'] } = {}) => {
    const run = evaluate({
      ...{ ...base, table, leasesIn, bus, machines, functions, service, ...over },
      prepareFunction: PREPARE,
      machineArns: MACHINE_ARNS,
    });
    return (input: EvaluateInput): Promise<EvaluateOutput> => run(input, signal);
  };
  const evaluator = newEvaluator();
  const transitions = openTransitions({ ...base, table, bus });

  /** What the machine of a failover does when all goes well. */
  const carryOut = async ({ name }: Execution): Promise<void> => {
    const told = { nowMs, execution: name };
    const why = 'as told';
    await transitions.apply(
      service,
      [
        { kind: 'lease', won: true, ...told },
        { kind: 'fenced', ...told },
        { kind: 'scaled', enough: true, why, ...told },
        { kind: 'flipped', done: true, why, ...told },
        { kind: 'verified', ok: true, oldSideNoWorse: false, why, ...told },
      ],
      signal,
    );
  };

  const preparations = (): number =>
    world.invoked.filter(
      ({ name, input }) => name === PREPARE && (input as { service?: string }).service === service,
    ).length;
  const others = world.called.get(PREPARE);
  world.called.set(PREPARE, async (event) => {
    if ((event as { service?: string }).service !== service) return others?.(event);
    const found = facts(nowMs);
    if (found !== null) await table.putFacts(service, found);
  });

  const send = async (input: EvaluateInput, by = evaluator): Promise<EvaluateOutput> => {
    const output = await by(input);
    const { execution, phase } = output.state;
    if (!idle && execution !== null && phase === 'ACQUIRE') await carryOut(execution);
    return output;
  };

  const voteEvent = (votes: readonly Vote[]): EvaluateInput => ({
    source: 'failover-drill',
    'detail-type': 'HealthVote',
    detail: { service, votes: [...votes] },
  });
  const hear = async (atMs: number, votes: readonly Vote[]): Promise<void> => {
    nowMs = atMs;
    await send(voteEvent(votes));
  };
  const tick = (atMs: number): Promise<EvaluateOutput> => {
    nowMs = atMs;
    return send({ kind: 'tick', service });
  };
  const stored = async (): Promise<WatchState> => {
    const found = await table.state(service);
    if (found === null) throw new Error(`${service} has no state`);
    return found;
  };
  /** Executions that were started for this watch. */
  const started = () =>
    [...world.executions.values()].filter(({ name }) => name.startsWith(`${service}-`));
  /** What people and others heard of this watch, once deliveries have come to rest. */
  const heard = (type: string) =>
    world.heard.filter((one) => one.type === type && one.detail['service'] === service);
  const notices = (): unknown[] => heard('FailoverNotice').map(({ detail }) => detail['notice']);
  const setNow = (ms: number): void => {
    nowMs = ms;
  };
  return {
    ...{ hear, tick, send, stored, started, heard, notices, said, voteEvent, newEvaluator },
    ...{ carryOut, transitions, setNow, now: () => nowMs, prepared: preparations },
  };
};

export type WatchRun = Awaited<ReturnType<typeof openWatchRun>>;
