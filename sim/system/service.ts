/**
 * The watched service as callers meet it: in two regions, each with what is wrong with it and with
 * the way to it. Requests take as long as the round trips of their steps.
 */
import type { Random } from '../../core/random.ts';
import { rttMs } from '../../core/regions/regions.ts';
import type { Outside } from '../../functions/_outside.ts';
import type { Clock } from '../../local/clock.ts';
import { lossDelayMs } from '../../local/network/faults.ts';
import type { Network } from '../../local/network/network.ts';
import { failure, type ProbeOutcome } from '../../probes/probe.ts';

/** A deployment that breaks this share of the requests to some regions. */
export type Breakage = { readonly regions: readonly string[]; readonly share: number };

export type Service = {
  /** Region that serves at an address; undefined for addresses of nobody. */
  regionAt(address: string): string | undefined;
  /** What is broken besides the network; replaced whole. */
  breakages: readonly Breakage[];
  /**
   * One request. Resolves when it is answered, or when the caller gives up. `instead` is what the
   * caller makes of it, whatever there is.
   */
  request(
    from: string,
    to: string,
    options: Parameters<Outside['probe']>[1],
    instead?: ProbeOutcome,
  ): Promise<ProbeOutcome>;
  /** A request to a server of somebody else, which is always well. */
  canary(from: string, options: Parameters<Outside['probe']>[1]): Promise<ProbeOutcome>;
};

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Pick<Network, 'stateOf'>;
  /** Where each region serves. */
  readonly addresses: Readonly<Record<string, string>>;
};

/** A new connection costs a round trip, its request another. */
const ROUND_TRIPS = 2;
/** What a healthy service takes for a health check. */
const WORK_MS = { from: 4, to: 20 };

const CANARY_MS = 60;

/** Resolves `true` after `ms`, or `false` when the caller stops before that. */
const pass = (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const stopped = () => {
      cancel();
      resolve(false);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stopped);
      resolve(true);
    });
    signal.addEventListener('abort', stopped, { once: true });
  });

const answered = (totalMs: number, tcpMs: number, region: string): ProbeOutcome => ({
  ok: true,
  totalMs,
  phases: { tcpMs, waitMs: totalMs - tcpMs, transferMs: 0 },
  detail: { status: 200, region },
});

/** Times as they are written down: a tenth of a millisecond is enough. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10;

export const createService = ({ clock, random, network, addresses }: Needs): Service => {
  const regions = new Map(Object.entries(addresses).map(([region, address]) => [address, region]));

  /** What will come of a request that is sent now, and after how long. */
  const fate = (from: string, to: string): { ms: number; outcome: ProbeOutcome | 'silence' } => {
    const state = network.stateOf(from, to, 'service');
    if (!state.toPasses || !state.backPasses) return { ms: 0, outcome: 'silence' };
    const tripMs = rttMs(from, to) + 2 * state.addMs;
    const tcpMs = tenths(tripMs + lossDelayMs(state.loss, tripMs, random.unit));
    if (state.refuses) {
      return { ms: tcpMs, outcome: failure('refused', tcpMs, `connect ECONNREFUSED of ${to}`) };
    }
    const workMs = WORK_MS.from + (WORK_MS.to - WORK_MS.from) * random.unit();
    const lostMs = lossDelayMs(state.loss, tripMs, random.unit);
    const totalMs = tenths(tcpMs + (ROUND_TRIPS - 1) * tripMs + workMs + lostMs);
    const broken = service.breakages.some(
      (each) => each.regions.includes(to) && random.unit() < each.share,
    );
    const status = broken ? 500 : random.unit() < state.errorShare ? state.errorStatus : null;
    const outcome =
      status === null
        ? answered(totalMs, tcpMs, to)
        : failure('status', totalMs, `status ${status} instead of 2xx`);
    return { ms: totalMs, outcome };
  };

  /** Lets a request take its time. */
  const met = async (
    { ms, outcome }: ReturnType<typeof fate>,
    { timeoutMs, signal }: Parameters<Outside['probe']>[1],
  ): Promise<ProbeOutcome> => {
    const late = outcome === 'silence' || ms > timeoutMs;
    const lasted = await pass(clock, late ? timeoutMs : ms, signal);
    if (!lasted) return failure('aborted', 0, 'the probe was stopped by its caller');
    return late ? failure('timeout', timeoutMs, `no answer in ${timeoutMs} ms`) : outcome;
  };

  const service: Service = {
    breakages: [],
    regionAt: (address) => regions.get(address),
    request: (from, to, options, instead) =>
      met(
        instead === undefined ? fate(from, to) : { ms: instead.totalMs, outcome: instead },
        options,
      ),
    canary: (from, options) => {
      const { toPasses, backPasses } = network.stateOf(from, undefined, 'service');
      const outcome = answered(CANARY_MS, CANARY_MS / 2, 'elsewhere');
      return met({ ms: CANARY_MS, outcome: toPasses && backPasses ? outcome : 'silence' }, options);
    },
  };
  return service;
};
