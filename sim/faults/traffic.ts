/** What requests meet in a world of faults: of observers, and of the service's clients. */
import { rttMs } from '../../core/regions/regions.ts';
import { type CallState, CLEAR, callState, type Plane } from '../../local/network/faults.ts';
import type { Fault, Places, Trace } from './fault.ts';
import { type Noise, noiseOf } from './noise.ts';
import { type Stretch, type Timeline, timelineOf } from './timeline.ts';

/** How a request ends. `latencyMs` is from the request sent to the answer complete. */
export type Met = {
  readonly takesMs: number;
  readonly failure: string | null;
  readonly latencyMs: number | null;
};

export type Health = 'good' | 'slow' | 'dead';

const SERVICE_MS = 5;
const JITTER_MS = 6;
/** RFC 6298: a lost handshake waits a second, then twice as long; Linux waits 200 ms within TCP. */
const HANDSHAKE_MS = 1_000;
const RESEND_MS = 200;
const LOSSES_MAX = 8;

/** At this share of failed requests a region is dead to its clients. */
const DEAD_SHARE = 0.5;
/** Added to a round trip, this makes a region slow to its clients. */
const SLOW_MS = 700;

/** The share of requests that a region's own image breaks. */
const brokenShare = (faults: readonly Fault[], region: string): number => {
  let whole = 1;
  for (const fault of faults) {
    if (fault.kind === 'deploy' && fault.regions.includes(region)) whole *= 1 - fault.brokenShare;
  }
  return 1 - whole;
};

/** The state of calls in a stretch; `caller` undefined is a client outside every region. */
export const pathIn = (
  stretch: Stretch,
  caller: string | undefined,
  called: string,
  plane: Plane,
): CallState => {
  if (stretch.faults.length === 0) return CLEAR;
  const network = stretch.faults.flatMap((fault) =>
    fault.kind === 'network'
      ? [
          {
            id: fault.id,
            scope: fault.scope,
            ...(fault.plane === null ? {} : { plane: fault.plane }),
            ...fault.what,
          },
        ]
      : [],
  );
  const state = callState(network, caller, called, plane);
  if (plane !== 'service') return state;
  const broken = brokenShare(stretch.faults, called);
  if (broken === 0) return state;
  const errorShare = state.errorShare + broken - state.errorShare * broken;
  return { ...state, errorShare };
};

type Request = {
  readonly state: CallState;
  readonly rttMs: number;
  readonly timeoutMs: number;
  readonly draw: (draw: number) => number;
};

const lossWaitMs = ({ state, draw }: Request, firstMs: number, from: number): number => {
  if (state.loss === 0) return 0;
  const either = 1 - (1 - state.loss) ** 2;
  let waitedMs = 0;
  let waitMs = firstMs;
  for (let losses = 0; losses < LOSSES_MAX && draw(from + losses) < either; losses++) {
    waitedMs += waitMs;
    waitMs *= 2;
  }
  return waitedMs;
};

/** Connecting, asking, answering; whatever is not over in time is a timeout. */
const meet = (request: Request): Met => {
  const { state, timeoutMs, draw } = request;
  const timeout = { takesMs: timeoutMs, failure: 'timeout', latencyMs: null };
  if (!state.toPasses || !state.backPasses) return timeout;
  const roundMs = request.rttMs + 2 * state.addMs;
  const connectMs = roundMs + lossWaitMs(request, HANDSHAKE_MS, 10);
  if (connectMs >= timeoutMs) return timeout;
  if (state.refuses) return { takesMs: connectMs, failure: 'refused', latencyMs: null };
  const ownMs = SERVICE_MS + Math.floor(JITTER_MS * draw(0));
  const latencyMs = roundMs + ownMs + lossWaitMs(request, roundMs + RESEND_MS, 30);
  if (connectMs + latencyMs >= timeoutMs) return timeout;
  const takesMs = connectMs + latencyMs;
  if (state.errorShare > 0 && draw(1) < state.errorShare) {
    return { takesMs, failure: 'status', latencyMs: null };
  }
  return { takesMs, failure: null, latencyMs };
};

export type Traffic = {
  readonly places: Places;
  timeline(): Timeline;
  readonly noise: Noise;
  /** What a probe of an observer meets; both by their place in the lists. */
  probe(observer: number, region: 0 | 1, startMs: number, timeoutMs: number): Met;
  /** The state of the path from an observer, or from everybody else, to a region. */
  state(observer: number | null, region: 0 | 1, atMs: number): CallState;
  /** How the region serves its clients. */
  truth(region: 0 | 1, atMs: number): Health;
  /** Whether an observer's way to a region was anything but clear at some time in a span. */
  met(observer: number, region: 0 | 1, fromMs: number, untilMs: number): boolean;
  /** Whether a region served next to none of its clients for the whole of a span. */
  deadSince(region: 0 | 1, fromMs: number, untilMs: number): boolean;
  /** Traffic was moved: what returns with that, returns. */
  flipped(atMs: number): void;
};

const healthOf = ({
  toPasses,
  backPasses,
  refuses,
  errorShare,
  addMs,
  loss,
}: CallState): Health => {
  if (!toPasses || !backPasses || refuses || errorShare >= DEAD_SHARE) return 'dead';
  return 2 * addMs >= SLOW_MS || loss >= 0.15 || errorShare >= 0.05 ? 'slow' : 'good';
};

/** Not one request in fifty is served: what any detector must see. */
const isSilent = ({ toPasses, backPasses, refuses, errorShare }: CallState): boolean =>
  !toPasses || !backPasses || refuses || errorShare >= 0.98;

/** Faults that make an observer see what is not there, or say what it does not see. */
const isTroubled = ({ faults }: Stretch, observer: string): boolean =>
  faults.some(
    (fault) =>
      (fault.kind === 'observer' && fault.observer === observer) ||
      (fault.kind === 'clock' && fault.who === observer),
  );

const stretchesIn = (timeline: Timeline, fromMs: number, untilMs: number): Stretch[] => {
  const { stretches, at } = timeline;
  const found: Stretch[] = [];
  for (let place = at(fromMs).index; ; place++) {
    const stretch = stretches[place];
    if (stretch === undefined || stretch.fromMs >= untilMs) return found;
    found.push(stretch);
  }
};

const returnsWithFlip = ({ faults }: Trace): boolean =>
  faults.some((fault) => fault.kind === 'network' && fault.returnsAfterFlipMs !== null);

/** Observers stand in regions, near enough to both targets; two in one place do not share a link. */
export const trafficOf = (trace: Trace): Traffic => {
  const { places } = trace;
  const { observers } = places;
  const regions = [places.home, places.standby];
  const noise = noiseOf(trace.seed);
  const rtts = observers.map((from) => regions.map((to) => rttMs(from, to)));
  let timeline = timelineOf(trace);
  let flipped = false;
  let cache = new Map<Stretch, (CallState | undefined)[]>();

  const stateIn = (stretch: Stretch, observer: number | null, region: 0 | 1): CallState => {
    if (stretch.faults.length === 0) return CLEAR;
    let states = cache.get(stretch);
    if (states === undefined) {
      states = [];
      cache.set(stretch, states);
    }
    const place = (observer === null ? observers.length : observer) * 2 + region;
    const known = states[place];
    if (known !== undefined) return known;
    const caller = observer === null ? undefined : observers[observer];
    const state = pathIn(stretch, caller, regions[region] ?? '', 'service');
    states[place] = state;
    return state;
  };

  const between = (fromMs: number, untilMs: number) => stretchesIn(timeline, fromMs, untilMs);

  const state: Traffic['state'] = (observer, region, atMs) =>
    stateIn(timeline.at(atMs), observer, region);

  return {
    places,
    noise,
    timeline: () => timeline,
    state,
    probe: (observer, region, startMs, timeoutMs) =>
      meet({
        state: state(observer, region, startMs),
        rttMs: rtts[observer]?.[region] ?? 0,
        timeoutMs,
        draw: (draw) => noise(observer * 2 + region, startMs, draw),
      }),
    met: (observer, region, fromMs, untilMs) =>
      between(fromMs, untilMs).some(
        (stretch) =>
          stateIn(stretch, observer, region) !== CLEAR ||
          isTroubled(stretch, observers[observer] ?? ''),
      ),
    deadSince: (region, fromMs, untilMs) =>
      between(fromMs, untilMs).every((stretch) => isSilent(stateIn(stretch, null, region))),
    truth: (region, atMs) => healthOf(state(null, region, atMs)),
    flipped: (atMs) => {
      if (flipped || !returnsWithFlip(trace)) return;
      flipped = true;
      timeline = timelineOf(trace, atMs);
      cache = new Map();
    },
  };
};
