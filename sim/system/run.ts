/**
 * One run of the whole watch in virtual time: its functions and machines as they are, a service in
 * two regions with its clients, and what goes wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { State } from '../../core/failover/states.ts';
import { seededRandom } from '../../core/random.ts';
import { createVirtualClock } from '../../local/virtualClock.ts';
import type { Trace } from '../faults/fault.ts';
import type { Line, Move } from '../level.ts';
import type { Step } from './befalls.ts';
import { startClients } from './clients.ts';
import { type EventLog, openEventLog } from './eventLog.ts';
import type { OtherParts } from './install.ts';
import { INVARIANTS, type Violation } from './invariants.ts';
import { needsOwnService, openOwnService } from './ownService.ts';
import { enterProcess, IN_PROCESS, loopTurn } from './process.ts';
import type { ToldRehearsal } from './rehearsalChecks.ts';
import { drillIdOf, rehearsalStatus, startRehearsal } from './rehearsals.ts';
import { openTroubles, type Troubles } from './troubles.ts';
import { buildWorld, type Driver, type Extent, type Over, type World } from './world.ts';

export type SystemOptions = {
  readonly trace: Trace;
  readonly driver: Driver;
  readonly over?: Over;
  /** What is there beside the watch; what the trace has something to do with, unless given. */
  readonly extent?: Extent;
  readonly parts?: OtherParts;
  /** Stops there, in milliseconds from the start of the trace. */
  readonly untilMs?: number;
  /** Hears every few seconds of virtual time how far the run has come, in milliseconds. */
  readonly progress?: (atMs: number) => void;
  /** Chooses steps at which a function is killed; none unless given. */
  readonly dies?: (step: Step) => boolean;
};

export type SystemResult = {
  readonly seed: string;
  readonly profile: string;
  readonly driver: Driver;
  readonly virtualMs: number;
  readonly violation: Violation | null;
  /** What is stored in the end. */
  readonly state: State | null;
  /** Requests of clients. */
  readonly answered: number;
  readonly failed: number;
  /** SHA-256 of the whole event log, and how many lines it has. */
  readonly digest: string;
  readonly events: number;
  /** The last lines that a person may want to see. */
  readonly lines: readonly Line[];
  readonly moves: readonly Move[];
  readonly probes: number;
  /** How rehearsals ended, in their own words. */
  readonly rehearsals: readonly ToldRehearsal[];
};

/** A Friday noon, as in every simulation. */
const START_MS = Date.UTC(2026, 10, 20, 12);
const SLICE_MS = 5_000;

const KEPT = /^(fault|event|kill|executor|violation|installed|rehearsal)/;

/** For how long nothing has been wrong. */
const quietMsAt = ({ faults }: Trace, atMs: number): number =>
  faults.reduce(
    (quietMs, { fromMs, untilMs }) =>
      fromMs > atMs ? quietMs : Math.min(quietMs, Math.max(0, atMs - untilMs)),
    atMs,
  );

/** What a trace has something to do with. */
export const extentOf = ({ faults }: Trace): Extent => ({
  ownService: needsOwnService(faults),
  rehearsals: faults.some(({ kind }) => kind === 'drill'),
});

/** The rehearsals that a trace has begun. */
const openRehearsals = (
  { cloud, checks, sdk }: Pick<World, 'cloud' | 'checks' | 'sdk'>,
  sides: Parameters<typeof startRehearsal>[2],
  log: EventLog,
) => {
  const underWay = new Set<string>();
  return {
    get underWay() {
      return underWay.size;
    },
    start: async (fault: Parameters<typeof startRehearsal>[3], nowMs: number): Promise<void> => {
      await startRehearsal(cloud, sdk, sides, fault, nowMs);
      underWay.add(drillIdOf(fault));
    },
    /** What those have left that are over by now. */
    look: async (): Promise<void> => {
      for (const drillId of underWay) {
        const ended = await rehearsalStatus(cloud, sides, drillId);
        if (ended === null) continue;
        underWay.delete(drillId);
        log.add('rehearsal over', ended);
        checks.rehearsed(ended);
      }
    },
  };
};

const runIn = async (options: SystemOptions, machinesDir: string): Promise<SystemResult> => {
  const { trace, driver } = options;
  const { seed, places, profile } = trace;
  const clock = createVirtualClock(START_MS, IN_PROCESS);
  let fromMs = 0;
  const atMs = (): number => clock.monotonicMs() - fromMs;
  const log = openEventLog(atMs, (what) => KEPT.test(what));
  const violations: Violation[] = [];
  const moves: Move[] = [];
  const extent = options.extent ?? extentOf(trace);
  let probes = 0;
  let troubles: Troubles | null = null;
  const process = enterProcess({ clock, random: seededRandom('system', seed, 'process') });
  try {
    const world = await clock.until(
      buildWorld({
        ...{ seed, places, driver, clock, log, machinesDir, atMs },
        extent,
        ...(options.over ? { over: options.over } : {}),
        ...(options.parts ? { parts: options.parts } : {}),
        found: (violation) => {
          violations.push(violation);
          log.add('violation', { ...violation, rule: INVARIANTS[violation.invariant] });
        },
        dies: (step) => fromMs > 0 && (options.dies?.({ ...step, atMs: atMs() }) ?? false),
        troubles: () => troubles,
        probed: () => {
          probes += 1;
        },
        decided: (move) => moves.push({ ...move, atMs: atMs() }),
      }),
    );
    fromMs = clock.monotonicMs();
    log.add('installed', { driver });
    const { cloud, checks, installed, service, randomOf } = world;
    const sides = { service: installed.plan.service, ...places };
    const rehearsals = openRehearsals(world, sides, log);
    const heard = (what: string, fields: Readonly<Record<string, unknown>>) =>
      log.add(what, fields);
    troubles = openTroubles(trace, {
      ...{ clock, random: randomOf('troubles'), cloud, service, heard },
      ownService: extent.ownService ? openOwnService(cloud, sides) : null,
      rehearse: (fault) => rehearsals.start(fault, clock.now()),
      ...{
        serviceName: installed.plan.service,
        homeRegion: places.standby,
        befalling: world.befalling,
      },
    });
    const clients = startClients({
      ...{ clock, random: randomOf('clients'), service, record: installed.plan.record },
      zones: () => cloud.route53.dnsZones(),
      regions: places.observers,
      eligible: checks.eligible,
      served: checks.served,
    });
    const endMs = Math.min(trace.untilMs, options.untilMs ?? trace.untilMs);
    while (atMs() < endMs && violations.length === 0) {
      await clock.advance(Math.min(SLICE_MS, endMs - atMs()));
      // Signals and messages to the process, and garbage, are looked after between turns only.
      await loopTurn();
      options.progress?.(atMs());
      world.look();
      checks.settled(quietMsAt(trace, atMs()));
      if (rehearsals.underWay > 0) await clock.until(rehearsals.look());
    }
    const virtualMs = atMs();
    clients.stop();
    await clock.until(cloud.close());
    const [what] = process.touched;
    if (what !== undefined) throw new Error(`the simulation reached for the real world: ${what}`);
    return {
      ...{ seed, profile, driver, virtualMs, violation: violations[0] ?? null },
      ...{ state: checks.state(), answered: clients.answered, failed: clients.failed },
      ...{ digest: log.digest(), events: log.count(), lines: log.lines, moves, probes },
      rehearsals: checks.rehearsals(),
    };
  } finally {
    process.leave();
  }
};

/** One simulation at a time can run in a process, or in one thread of it. */
export const simulateSystem = async (options: SystemOptions): Promise<SystemResult> => {
  const machinesDir = mkdtempSync(path.join(tmpdir(), 'failover-sim-'));
  try {
    return await runIn(options, machinesDir);
  } finally {
    rmSync(machinesDir, { recursive: true, force: true });
  }
};
