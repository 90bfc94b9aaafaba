/**
 * What befalls calls, events and executors while a fault is on. Faults of the same kind add up; each
 * draws from one stream, so that the order of calls decides and nothing else.
 */
import type { Random } from '../../core/random.ts';
import type { Clock } from '../../local/clock.ts';
import type { WireResponse } from '../../local/wire/types.ts';
import { type Fault, SHOWS_AFTER_MS } from '../faults/fault.ts';
import type { Deliver } from './cloud.ts';
import { openLeaseFaults } from './leaseFaults.ts';
import { failing, lateChange, pretence, throttled, unseenObject } from './pretences.ts';
import type { Asked, Caller, Interference } from './wire.ts';

type CallFault = Extract<Fault, { kind: 'calls' }>;
type EventFault = Extract<Fault, { kind: 'events' }>;
type SwitchFault = Extract<Fault, { kind: 'switch' }>;
type ExecutorFault = Extract<Fault, { kind: 'executor' }>;

export type Befalling = {
  readonly interference: Interference;
  readonly events: Deliver;
  readonly on: Set<Fault>;
};

/** A step of a run at which a caller may be killed: before a call is made, or once it has been. */
export type Step = {
  readonly number: number;
  /** Since the start of the trace. */
  readonly atMs: number;
  readonly when: 'before' | 'after';
  readonly asked: Asked;
  readonly caller: Caller;
};

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  /** Regions of the switch objects, in their order. */
  readonly switchRegions: () => readonly string[];
  /** Whether the caller is to die at this step. */
  readonly dies: (step: Step) => boolean;
  readonly heard: (what: string, fields: Readonly<Record<string, unknown>>) => void;
};

/** Functions that carry a move out. */
const EXECUTORS = new Set(['acquire-lease', 'fence', 'scale-standby', 'flip', 'verify', 'finish']);

/** How long a call hangs that has taken effect and is never answered. */
const HANG_MS = { from: 1_000, to: 6_000 };
const DELAY_FIRST_MS = 50;
/** Of what is accepted and does not show, the part that never will. */
const LOST_SHARE = 0.5;

type Waiting = Pick<Needs, 'clock' | 'random'>;

const waitOn = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.after(ms, () => resolve()));

/** Events are lost, late, and told twice. */
const eventsThrough = ({ clock, random }: Waiting, on: () => readonly EventFault[]): Deliver => {
  const wait = (ms: number): Promise<void> => waitOn(clock, ms);
  const strikes = (faults: readonly EventFault[], how: EventFault['how']): EventFault | undefined =>
    faults.find((fault) => fault.how === how && random.unit() < fault.share);

  return async (deliver) => {
    const faults = on();
    if (faults.length === 0) return deliver();
    if (strikes(faults, 'lost')) return {};
    const late = strikes(faults, 'delayed') ?? strikes(faults, 'reordered');
    if (late) await wait(DELAY_FIRST_MS + late.delayMs * random.unit());
    const twice = strikes(faults, 'duplicated');
    if (twice) {
      void wait(twice.delayMs * random.unit())
        .then(deliver)
        .catch(() => undefined);
    }
    return deliver();
  };
};

const hungUp = (): Error =>
  Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });

const CHANGE = /^GET .*\/change\/(CLATE\d+)$/;

/** Answers that a call is done, for what is done late or never. */
const pretending = ({ clock, random }: Waiting) => {
  const changes = new Map<string, { isMade: boolean }>();
  let asks = 0;
  return {
    /** The call is carried out later, unless it is lost; undefined where nobody can pretend. */
    instead: (asked: Asked, isLost: boolean, carryOut: () => Promise<unknown>) => {
      asks += 1;
      const changeId = `CLATE${asks}`;
      const pretended = pretence(asked, changeId);
      if (pretended === undefined) return undefined;
      const { answer, mayBeLost } = pretended;
      if (mayBeLost && (isLost || random.unit() < LOST_SHARE)) return answer;
      const change = { isMade: false };
      if (asked.service === 'route53') changes.set(changeId, change);
      const { from, to } = SHOWS_AFTER_MS;
      const carriedOut = async (): Promise<void> => {
        // One that is refused by then, as something else was written meanwhile, is lost.
        if (Number(Object(await carryOut()).status) >= 300) changes.delete(changeId);
        change.isMade = true;
      };
      clock.after(from + (to - from) * random.unit(), () => void carriedOut().catch(() => {}));
      return answer;
    },
    /** What is asked about a change that is late. */
    progress: ({ operation }: Asked) => {
      if (changes.size === 0) return undefined;
      const changeId = CHANGE.exec(operation)?.[1] ?? '';
      const change = changes.get(changeId);
      return change && lateChange(changeId, change.isMade);
    },
  };
};

/** A call of a switch object that a fault is on. */
const switchedBy =
  (wait: (ms: number) => Promise<void>) =>
  async (
    fault: SwitchFault | undefined,
    { operation }: Asked,
  ): Promise<WireResponse | undefined> => {
    if (fault?.how === 'throttled') return throttled('s3');
    if (fault?.how === 'unreachable') {
      await wait(HANG_MS.from);
      throw hungUp();
    }
    return fault?.how === 'unseen' && operation.startsWith('PUT') ? unseenObject : undefined;
  };

export const openBefalling = (needs: Needs): Befalling => {
  const { clock, random, heard } = needs;
  const on = new Set<Fault>();
  const spent = new Set<Fault>();
  let steps = 0;

  const pretences = pretending(needs);
  const wait = (ms: number): Promise<void> => waitOn(clock, ms);
  const leases = openLeaseFaults({ random, wait });
  const switched = switchedBy(wait);

  const active = <Kind extends Fault['kind']>(kind: Kind): Extract<Fault, { kind: Kind }>[] => {
    const found: Extract<Fault, { kind: Kind }>[] = [];
    for (const fault of on) {
      if (fault.kind === kind) found.push(fault as Extract<Fault, { kind: Kind }>);
    }
    return found;
  };

  const hit = (faults: readonly CallFault[], how: CallFault['how'], { service }: Asked) =>
    faults.some(
      (fault) =>
        fault.how === how &&
        (fault.service === '*' || fault.service === service) &&
        random.unit() < fault.share,
    );

  const ofSwitch = (faults: readonly SwitchFault[], { service, region }: Asked) =>
    service === 's3'
      ? faults.find(({ objects }) => objects.some((n) => needs.switchRegions()[n] === region))
      : undefined;

  /** Executors stand still or die at their first step, once for each fault. */
  const executor = async (faults: readonly ExecutorFault[], caller: Caller): Promise<void> => {
    if (!EXECUTORS.has(caller.part)) return;
    for (const fault of faults) {
      if (spent.has(fault)) continue;
      spent.add(fault);
      heard(`executor ${fault.how}`, { part: caller.part });
      if (fault.how === 'kill') caller.kill();
      else await wait(fault.ms);
    }
  };

  const step = (when: Step['when'], asked: Asked, caller: Caller): void => {
    steps += 1;
    if (!needs.dies({ number: steps, atMs: clock.monotonicMs(), when, asked, caller })) return;
    heard('kill', { step: steps, when, part: caller.part, operation: asked.operation });
    caller.kill();
  };

  const before: Interference['before'] = async (asked, caller, carryOut, request) => {
    step('before', asked, caller);
    if (caller.isDead()) return undefined;
    const late = pretences.progress(asked);
    if (late !== undefined) return late;
    if (on.size === 0) return undefined;
    await executor(active('executor'), caller);
    const instead =
      (await switched(ofSwitch(active('switch'), asked), asked)) ??
      (await leases.before(active('lease'), asked, request));
    if (instead !== undefined) return instead;
    const calls = active('calls');
    if (calls.length === 0) return undefined;
    if (hit(calls, 'throttled', asked)) return throttled(asked.service);
    if (hit(calls, 'failing', asked)) return failing(asked.service);
    if (hit(calls, 'unmade', asked)) return pretences.instead(asked, true, carryOut);
    if (hit(calls, 'invisible', asked)) return pretences.instead(asked, false, carryOut);
    return undefined;
  };

  const after: Interference['after'] = async (asked, caller, answer, request) => {
    heard('call', { by: caller.name, ...asked, status: answer.status });
    step('after', asked, caller);
    if (on.size === 0) return;
    const silent = leases.isSilent(active('lease'), asked, request);
    if (!silent && !hit(active('calls'), 'after-effect', asked)) return;
    await wait(HANG_MS.from + (HANG_MS.to - HANG_MS.from) * random.unit());
    throw hungUp();
  };

  const events = eventsThrough(needs, () => active('events'));
  return { interference: { before, after }, events, on };
};
