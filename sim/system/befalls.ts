/**
 * What befalls calls, events and executors while a fault is on. Faults of the same kind add up; each
 * draws from one stream, so that the order of calls decides and nothing else.
 */
import type { Random } from '../../core/random.ts';
import type { Clock } from '../../local/clock.ts';
import type { WireResponse } from '../../local/wire/types.ts';
import type { Fault } from '../faults/fault.ts';
import type { Deliver } from './cloud.ts';
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

const refusal = (status: number, name: string, service: string): WireResponse => {
  const message = `${name} by the simulation`;
  const xml = service === 's3' || service === 'route53';
  const headers = {
    'content-type': xml ? 'application/xml' : 'application/x-amz-json-1.0',
    'x-amzn-errortype': name,
    'x-amzn-requestid': 'refused',
  };
  const error = `<Error><Code>${name}</Code><Message>${message}</Message></Error>`;
  const route53 = `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>refused</RequestId></ErrorResponse>`;
  const text = xml
    ? service === 's3'
      ? error
      : route53
    : JSON.stringify({ __type: name, message });
  return { status, headers, body: Buffer.from(text, 'utf8') };
};

const THROTTLED: Readonly<Record<string, readonly [status: number, name: string]>> = {
  dynamodb: [400, 'ProvisionedThroughputExceededException'],
  s3: [503, 'SlowDown'],
  lambda: [429, 'TooManyRequestsException'],
  route53: [400, 'Throttling'],
};

const throttled = (service: string): WireResponse =>
  refusal(...(THROTTLED[service] ?? ([400, 'ThrottlingException'] as const)), service);

const failing = (service: string): WireResponse =>
  refusal(500, service === 's3' ? 'InternalError' : 'InternalFailure', service);

const answer = (status: number, contentType: string, text: string): WireResponse => ({
  status,
  headers: { 'content-type': contentType, 'x-amzn-requestid': 'pretended' },
  body: Buffer.from(text, 'utf8'),
});

const UNSEEN_OBJECT: WireResponse = {
  ...{ status: 200, headers: { etag: '"00000000000000000000000000000000"' } },
  body: Buffer.alloc(0),
};

/** A change that Route 53 has accepted, and of which it knows nothing afterwards. */
const UNSEEN_CHANGE =
  '<ChangeResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">' +
  '<ChangeInfo><Id>/change/C0000000000000000000</Id><Status>PENDING</Status>' +
  '<SubmittedAt>2026-11-20T12:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>';

/** Answers with which a service says that it has done what it has not. */
const PRETENCES: Readonly<Record<string, (asked: Asked) => WireResponse | undefined>> = {
  s3: ({ operation }) => (operation.startsWith('PUT') ? UNSEEN_OBJECT : undefined),
  route53: ({ operation }) =>
    /^POST .*\/rrset/.test(operation) ? answer(200, 'text/xml', UNSEEN_CHANGE) : undefined,
  events: ({ operation }) =>
    operation === 'PutEvents'
      ? answer(200, 'application/x-amz-json-1.1', '{"FailedEntryCount":0,"Entries":[]}')
      : undefined,
};

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

export const openBefalling = (needs: Needs): Befalling => {
  const { clock, random, heard } = needs;
  const on = new Set<Fault>();
  const spent = new Set<Fault>();
  let steps = 0;

  const wait = (ms: number): Promise<void> => waitOn(clock, ms);

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

  const before = async (asked: Asked, caller: Caller): Promise<WireResponse | undefined> => {
    step('before', asked, caller);
    if (caller.isDead() || on.size === 0) return undefined;
    await executor(active('executor'), caller);
    const switched = ofSwitch(active('switch'), asked);
    if (switched?.how === 'throttled') return throttled('s3');
    if (switched?.how === 'unreachable') {
      await wait(HANG_MS.from);
      throw Object.assign(new Error('socket hang up'), {
        name: 'TimeoutError',
        code: 'ECONNRESET',
      });
    }
    if (switched?.how === 'unseen' && asked.operation.startsWith('PUT')) {
      return PRETENCES['s3']?.(asked);
    }
    const calls = active('calls');
    if (calls.length === 0) return undefined;
    if (hit(calls, 'throttled', asked)) return throttled(asked.service);
    if (hit(calls, 'failing', asked)) return failing(asked.service);
    return hit(calls, 'invisible', asked) ? PRETENCES[asked.service]?.(asked) : undefined;
  };

  const after = async (asked: Asked, caller: Caller, answer: WireResponse): Promise<void> => {
    heard('call', { by: caller.name, ...asked, status: answer.status });
    step('after', asked, caller);
    if (on.size === 0 || !hit(active('calls'), 'after-effect', asked)) return;
    await wait(HANG_MS.from + (HANG_MS.to - HANG_MS.from) * random.unit());
    throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
  };

  const events = eventsThrough(needs, () => active('events'));
  return { interference: { before, after }, events, on };
};
