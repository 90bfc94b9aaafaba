/**
 * Gates G1 to G10: the conditions that must all hold before traffic is moved. Each is stored with
 * what was found, the limit, where it was read and how old that is.
 */

import { CLOCK_SKEW_MAX_MS } from '../health/vote.ts';
import { formatMs } from '../units.ts';
import { openWindow } from './maintenance.ts';
import { type Fact, isWantedAway, ordererOf, type View } from './view.ts';

export type GateName = 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G8' | 'G9' | 'G10';

export type Gate = {
  readonly gate: GateName;
  readonly ok: boolean;
  /** What a gate that does not hold asks for; `wait` is for what the next probes will settle. */
  readonly otherwise: 'block' | 'hold' | 'approve' | 'wait';
  readonly value: string | number | null;
  readonly limit: string | number | null;
  readonly source: string;
  readonly ageMs: number | null;
  readonly why: string;
};

type Rule = (view: View) => Omit<Gate, 'gate' | 'otherwise'> & Partial<Pick<Gate, 'otherwise'>>;

const age = (view: View, fact: Fact<unknown> | null): number | null =>
  fact === null ? null : view.nowMs - fact.atMs;

const isBad = (state: string): boolean => state === 'DOWN' || state === 'DEGRADED';

/** A standby that is about to be found down, as when both regions fail at once, is still UP. */
const standbyUp: Rule = ({ nowMs, other }) => {
  const doubted = other.state === 'UP' && other.doubtSinceMs !== null;
  return {
    ok: other.state === 'UP' && !doubted,
    otherwise: doubted ? 'wait' : 'hold',
    value: doubted ? 'UP, in doubt' : other.state,
    limit: 'UP',
    source: `verdict of ${other.eligible} observers on ${other.region}`,
    ageMs: nowMs - other.atMs,
    why:
      other.state === 'UP'
        ? `${other.region} is up${doubted ? ', but its last probes failed' : ''}`
        : `${other.region}: ${other.why}`,
  };
};

const notBothBad: Rule = ({ nowMs, active, other }) => {
  const ok = !(active.state !== 'UP' && other.state !== 'UP');
  return {
    ok,
    otherwise: 'hold',
    value: `${active.state} and ${other.state}`,
    limit: 'one of them UP',
    source: 'both verdicts',
    ageMs: nowMs - Math.min(active.atMs, other.atMs),
    why: ok ? 'at least one region is up' : 'moving traffic helps nobody while both are bad',
  };
};

/**
 * How old the data in the standby was when the active region was lost: a dead region writes nothing
 * more, so what is lost stops growing there. While it still answers, it is the age at the reading.
 */
const dataAgeMs = ({ active }: View, lag: Fact<number>): number => {
  const lostAtMs = active.state === 'DOWN' ? (active.sinceMs ?? lag.atMs) : lag.atMs;
  return Math.max(0, lag.value - Math.max(0, lag.atMs - lostAtMs));
};

const dataFresh: Rule = (view) => {
  const { settings, facts } = view;
  const lag = facts.replicationMs;
  const shown = {
    limit: settings.rpoMs,
    source: lag?.source ?? 'heartbeat in the standby',
    ageMs: age(view, lag),
  };
  if (!settings.replicated) {
    return { ...shown, ok: true, value: null, why: 'the configuration names no replicated data' };
  }
  if (lag === null) return { ...shown, ok: false, value: null, why: 'the data age is unknown' };
  const value = dataAgeMs(view, lag);
  const ok = value <= settings.rpoMs;
  const why = `${ok ? 'at most' : 'over the RPO:'} ${formatMs(value)} of writes can be lost`;
  return { ...shown, ok, value, why };
};

const standbyCapacity: Rule = (view) => {
  const { settings, facts } = view;
  const found = facts.capacity;
  const shown = { source: found?.source ?? 'ECS in the standby', ageMs: age(view, found) };
  if (!settings.managedCapacity) {
    return { ...shown, ok: true, value: null, limit: null, why: 'not run by this tool' };
  }
  if (found === null) {
    return { ...shown, ok: false, value: null, limit: null, why: 'the capacity is unknown' };
  }
  const { ready, wanted, scalable } = found.value;
  const enough = ready >= wanted;
  return {
    ...shown,
    ok: enough || scalable,
    value: ready,
    limit: wanted,
    why: enough
      ? 'enough tasks are ready'
      : `${wanted - ready} tasks are missing, and can${scalable ? '' : 'not'} be added`,
  };
};

const residency: Rule = ({ settings, areas, other }) => {
  const allowed = settings.residency;
  const ok = allowed === 'any' || (areas.other !== null && allowed.includes(areas.other));
  return {
    ok,
    value: areas.other,
    limit: allowed === 'any' ? 'any' : allowed.join(', '),
    source: 'residency in the configuration',
    ageMs: null,
    why: ok ? `${other.region} may hold the data` : `${other.region} lies outside the allowed area`,
  };
};

const DAY_MS = 86_400_000;

/** Somebody has ordered this very move: away, or back home. */
const hasOrder = ({ cause, approved }: View): boolean =>
  isWantedAway(cause) || (cause === 'failback' && approved);

const pause: Rule = (view) => {
  const { nowMs, settings, flips, cause } = view;
  const last = flips.reduce((latest, { atMs }) => Math.max(latest, atMs), Number.NEGATIVE_INFINITY);
  const sinceMs = nowMs - last;
  const today = flips.filter(({ atMs, automatic }) => automatic && nowMs - atMs < DAY_MS).length;
  const rested = sinceMs >= settings.cooldownMs;
  const within = settings.perDay === null || today < settings.perDay;
  const free = rested && within;
  const ordered = hasOrder(view);
  return {
    ok: free || ordered,
    value: Number.isFinite(sinceMs)
      ? `${today} today, the last ${formatMs(sinceMs)} ago`
      : '0 today',
    limit: `${settings.perDay ?? 'any number'} a day, ${settings.cooldownMs === 0 ? 'no cooldown' : `${formatMs(settings.cooldownMs)} apart`}`,
    source: 'record of flips',
    ageMs: 0,
    why:
      isWantedAway(cause) || (ordered && !free)
        ? `${ordererOf(cause)} gave the order`
        : rested
          ? within
            ? 'neither cooldown nor daily limit is in the way'
            : 'the daily limit of automatic flips is reached'
          : 'the cooldown after the last flip has not passed',
  };
};

const noSharedCause: Rule = (view) => {
  const { nowMs, settings, facts, active, other } = view;
  const window = openWindow(settings.maintenance, nowMs, settings.timeZone);
  const digests = facts.digests?.value;
  const same = digests !== undefined && digests.active === digests.other;
  const shared = same && isBad(active.state) && isBad(other.state);
  const deploying = facts.deployInProgress?.value === true;
  const inWindow = window !== undefined && !hasOrder(view);
  const why = shared
    ? `the same image ${digests.active} is bad in both regions: roll it back`
    : deploying
      ? 'a deployment is under way'
      : inWindow
        ? `maintenance window "${window}" is open`
        : 'no maintenance window, no deployment, no bad image in common';
  return {
    ok: !(shared || deploying || inWindow),
    value: window ?? null,
    limit: null,
    source: facts.digests?.source ?? 'configuration',
    ageMs: age(view, facts.digests),
    why,
  };
};

const evidenceFresh: Rule = (view) => {
  const { nowMs, settings, active, other, cause, facts } = view;
  const oldest = Math.min(
    active.atMs,
    other.atMs,
    ...[facts.replicationMs, facts.capacity, facts.preflight].flatMap((fact) => fact?.atMs ?? []),
  );
  const ageMs = nowMs - oldest;
  const blind = active.state === 'UNKNOWN' && cause !== 'operator';
  const wanted = isWantedAway(cause) || cause === 'failback' || cause === 'unstable';
  const contrary = active.state === 'UP' && !wanted;
  return {
    ok: ageMs >= -CLOCK_SKEW_MAX_MS && ageMs <= settings.evidenceMs && !blind && !contrary,
    value: ageMs,
    limit: settings.evidenceMs,
    source: 'all inputs of this decision',
    ageMs,
    why: blind
      ? `no quorum can say anything of ${active.region}: ${active.why}`
      : contrary
        ? `the quorum sees ${active.region} UP`
        : `the oldest input is ${formatMs(ageMs)} old`,
  };
};

const allowed: Rule = ({ settings, approved, cause }) => {
  const ordered = isWantedAway(cause) || approved;
  const ok = settings.mode === 'auto' || ordered || cause === 'failback';
  return {
    ok,
    otherwise: settings.mode === 'manual' ? 'block' : 'approve',
    value: settings.mode,
    limit: 'auto, or a person says so',
    source: 'configuration',
    ageMs: null,
    why: ok
      ? settings.mode === 'auto'
        ? 'policy allows it without a person'
        : `${ordererOf(cause)} said so`
      : settings.mode === 'manual'
        ? 'mode is manual: run `failover flip`'
        : 'waits for a person',
  };
};

const actuatorReady: Rule = (view) => {
  const found = view.facts.preflight;
  const value = found?.value;
  const ok = value !== undefined && value.writable >= value.needed;
  return {
    ok,
    value: value?.writable ?? null,
    limit: value?.needed ?? null,
    source: found?.source ?? 'preflight of the switch',
    ageMs: age(view, found),
    why: ok
      ? `${value.writable} of ${value.of} switches can be written`
      : 'too few switches can be written',
  };
};

const RULES = {
  G1: standbyUp,
  G2: notBothBad,
  G3: dataFresh,
  G4: standbyCapacity,
  G5: residency,
  G6: pause,
  G7: noSharedCause,
  G8: evidenceFresh,
  G9: allowed,
  G10: actuatorReady,
} satisfies Record<GateName, Rule>;

const GATE_NAMES: readonly GateName[] = [
  'G1',
  'G2',
  'G3',
  'G4',
  'G5',
  'G6',
  'G7',
  'G8',
  'G9',
  'G10',
];

/** Every gate, in order, whether or not an earlier one holds: a person wants to see them all. */
export const evaluateGates = (view: View): Gate[] =>
  GATE_NAMES.map((gate) => ({ gate, otherwise: 'block' as const, ...RULES[gate](view) }));
