/** Brings the faults of a trace upon a simulated world, and takes them away again. */
import type { Random } from '../../core/random.ts';
import { ExternalAlarm } from '../../events/externalAlarm.ts';
import type { Clock } from '../../local/clock.ts';
import { failure, type ProbeOutcome } from '../../probes/probe.ts';
import type { Fault, ObserverTrouble, Trace } from '../faults/fault.ts';
import { spansOn } from '../faults/rhythm.ts';
import type { SimulatedCloud } from './cloud.ts';
import type { Service } from './service.ts';

type Needs = {
  readonly clock: Clock;
  readonly random: Random;
  readonly cloud: SimulatedCloud;
  readonly service: Service;
  readonly serviceName: string;
  readonly homeRegion: string;
  /** Hears when the faults that are on have changed; null where there is nothing of the service. */
  readonly ownService: ((on: ReadonlySet<Fault>) => Promise<void>) | null;
  readonly rehearse: (fault: Extract<Fault, { kind: 'drill' }>) => Promise<void>;
  /** Faults that calls, events and executors meet. */
  readonly befalling: Set<Fault>;
  readonly heard: (what: string, fields: Readonly<Record<string, unknown>>) => void;
};

export type Troubles = {
  /** How far the clock of a region's functions is ahead. */
  aheadMs(region: string): number;
  /** What an observer in trouble makes of a probe; undefined when it sees what there is. */
  distorted(observer: string, isCanary: boolean, timeoutMs: number): ProbeOutcome | undefined;
  /** How much later than usual data arrives in another region. */
  lateMs(): number;
  /** Whether nothing can run in a region: its observers are not even started. */
  isOut(region: string): boolean;
  /** Traffic was moved: a primary may come back so long after it. */
  flipped(): void;
};

const OF_OWN_SERVICE: ReadonlySet<Fault['kind']> = new Set(['deploy', 'capacity', 'replication']);

const CAUSES: Readonly<Partial<Record<ObserverTrouble, ProbeOutcome>>> = {
  'lies-up': {
    ...{ ok: true, totalMs: 80, phases: { tcpMs: 40, waitMs: 40, transferMs: 0 } },
    detail: { status: 200 },
  },
  'lies-down': failure('refused', 5, 'connect ECONNREFUSED'),
};

/** What callers meet of the faults that are on. */
const readingsOf = (on: ReadonlySet<Fault>, homeRegion: string): Omit<Troubles, 'flipped'> => {
  const ofObserver = (observer: string): ObserverTrouble | undefined => {
    for (const fault of on) {
      if (fault.kind === 'observer' && fault.observer === observer) return fault.how;
    }
    return undefined;
  };
  return {
    aheadMs: (region) => {
      let ms = 0;
      for (const fault of on) {
        if (fault.kind !== 'clock') continue;
        const hits = fault.who === region || (fault.who === 'controller' && region === homeRegion);
        if (hits) ms += fault.aheadMs;
      }
      return ms;
    },
    distorted: (observer, isCanary, timeoutMs) => {
      const how = ofObserver(observer);
      if (how === 'blind' || (how === 'half-blind' && !isCanary)) {
        return failure('timeout', timeoutMs, `no answer in ${timeoutMs} ms`);
      }
      return how === undefined || isCanary ? undefined : CAUSES[how];
    },
    lateMs: () =>
      Math.max(
        0,
        ...[...on].map((fault) =>
          fault.kind === 'replication' && fault.how === 'lag' ? fault.lagMs : 0,
        ),
      ),
    isOut: (region) =>
      [...on].some(
        (fault) =>
          (fault.kind === 'platform' && fault.observers.includes(region)) ||
          (fault.kind === 'observer' && fault.how === 'lost' && fault.observer === region),
      ),
  };
};

export const openTroubles = (trace: Trace, needs: Needs): Troubles => {
  const { clock, cloud, service, befalling, heard } = needs;
  const on = new Set<Fault>();
  const waiting: (() => void)[] = [];

  const breakages = (): void => {
    service.breakages = [...on].flatMap((fault) =>
      fault.kind === 'deploy' ? [{ regions: fault.regions, share: fault.brokenShare }] : [],
    );
  };
  const network = (fault: Extract<Fault, { kind: 'network' }>, begins: boolean): void => {
    const { id, scope, what, plane } = fault;
    if (begins) {
      void cloud.network.setFault({ id, scope, ...what, ...(plane === null ? {} : { plane }) });
    } else void cloud.network.clearFault(id);
  };
  /** What cannot be done is heard of, and ends nothing. */
  const quietly = (work: Promise<void> | undefined): void => {
    work?.catch((error: unknown) => heard('fault of the platform', { error: String(error) }));
  };
  const alarm = (region: string, ringing: boolean): void => {
    const detail = ExternalAlarm.parse({
      ...{ service: needs.serviceName, region, ringing, source: 'simulated', atMs: clock.now() },
    });
    void cloud.eventbridge
      .emit(needs.homeRegion, {
        ...{ source: 'failover-drill', detailType: 'ExternalAlarm', detail, resources: [] },
      })
      .catch(() => undefined);
  };
  /** Sandboxes of a lost observer die; the platform starts no others meanwhile. */
  const kill = (regions: readonly string[]): void => {
    for (const sandbox of cloud.sandboxes.busy()) {
      if (sandbox.part === 'observe' && regions.includes(sandbox.region)) sandbox.kill();
    }
  };

  const turn = (fault: Fault, begins: boolean): void => {
    heard(begins ? 'fault' : 'fault over', begins ? { ...fault } : { id: fault.id });
    if (begins) on.add(fault);
    else on.delete(fault);
    if (begins) befalling.add(fault);
    else befalling.delete(fault);
    if (fault.kind === 'network') network(fault, begins);
    if (fault.kind === 'deploy') breakages();
    if (OF_OWN_SERVICE.has(fault.kind)) quietly(needs.ownService?.(on));
    if (fault.kind === 'drill' && begins) quietly(needs.rehearse(fault));
    if (fault.kind === 'alarm') alarm(fault.region, begins);
    if (fault.kind === 'platform' && begins) kill(fault.observers);
    if (fault.kind === 'observer' && fault.how === 'lost' && begins) kill([fault.observer]);
  };

  const plan = (fault: Fault): void => {
    const rhythm = fault.kind === 'network' ? fault.rhythm : ({ kind: 'steady' } as const);
    let over = false;
    for (const { fromMs, untilMs } of spansOn(fault, rhythm)) {
      clock.after(fromMs, () => over || turn(fault, true));
      clock.after(untilMs, () => over || turn(fault, false));
    }
    if (fault.kind !== 'network' || fault.returnsAfterFlipMs === null) return;
    const { returnsAfterFlipMs } = fault;
    waiting.push(() =>
      clock.after(returnsAfterFlipMs, () => {
        over = true;
        if (on.has(fault)) turn(fault, false);
      }),
    );
  };
  for (const fault of trace.faults) plan(fault);

  return {
    ...readingsOf(on, needs.homeRegion),
    flipped: () => {
      for (const run of waiting.splice(0)) run();
    },
  };
};
