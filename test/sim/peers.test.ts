// Goal: the rules of other systems behave as those systems were measured to (medians of five trials
// on loopback, one prober), and as their documentation says where they cannot be run.
// Method: the same faults at any phase; flapping 3 s down, 3 s up; 30 % independent errors.
import { describe, expect, it } from 'vitest';
import { quantile } from '../../core/statistics/quantile.ts';
import { turnsOf } from '../../sim/compare/watch.ts';
import { type FaultDetail, STEADY } from '../../sim/faults/fault.ts';
import { PLACES } from '../../sim/faults/generate.ts';
import { trafficOf } from '../../sim/faults/traffic.ts';
import { accumulating, inARow } from '../../sim/rules/checks.ts';
import { PEERS } from '../../sim/rules/peers.ts';
import { traceOf } from '../support/simTraces.ts';

const FAULT_MS = 60_000;
const PHASES = 60;

type Kind = Extract<FaultDetail, { kind: 'network' }>;

const turns = (name: string, fault: Partial<Kind>, forMs: number, phase: number) => {
  const rule = PEERS.find((each) => each.name === name)!;
  const whole: Kind = {
    kind: 'network',
    what: { kind: 'refuse' },
    scope: { region: PLACES.home },
    plane: 'service',
    rhythm: STEADY,
    returnsAfterFlipMs: null,
    ...fault,
  };
  const fromMs = FAULT_MS + phase * 173;
  const trace = traceOf(fromMs + forMs, { ...whole, fromMs, untilMs: fromMs + forMs });
  const seeded = { ...trace, seed: `${phase}` };
  const found = turnsOf(rule, trafficOf(seeded), seeded);
  return found.map(({ atMs, to }) => ({ atMs: atMs - fromMs, to }));
};

const phases = Array.from({ length: PHASES }, (_, phase) => phase);

const detectionS = (name: string, fault: Partial<Kind> = {}): number =>
  quantile(
    phases.map((phase) => turns(name, fault, 300_000, phase)[0]!.atMs / 1_000),
    0.5,
  );

const BLACKHOLE: Partial<Kind> = { what: { kind: 'blackhole' } };
const STATUS: Partial<Kind> = { what: { kind: 'error-rate', share: 1, status: 500 } };

describe('fault to changed answer, median', () => {
  it.each([
    ['gdnsd defaults (10 s, 20/10/10)', 'refused', {}, 91, 101],
    ['gdnsd defaults (10 s, 20/10/10)', 'blackhole', BLACKHOLE, 94, 106],
    ['gdnsd 2 s, up 2 ok 1 down 3', 'refused', {}, 5.2, 6.9],
    ['gdnsd 2 s, up 2 ok 1 down 3', 'blackhole', BLACKHOLE, 6.2, 7.9],
    ['gdnsd 2 s, 1/1/1', 'refused', {}, 1.1, 2.4],
    ['gdnsd 2 s, 1/1/1', 'blackhole', BLACKHOLE, 2.3, 3.5],
    ['PowerDNS ifurlup, 1 s', 'refused', {}, 0.2, 0.9],
    ['PowerDNS ifurlup, 1 s', 'blackhole', BLACKHOLE, 1.3, 1.8],
    ['PowerDNS ifurlup, 5 s', 'refused', {}, 1.6, 4.1],
    ['PowerDNS ifurlup, 5 s', 'blackhole', BLACKHOLE, 3.5, 5.6],
    ['HAProxy 1 s, 3/2', 'refused', {}, 2.0, 3.0],
    ['HAProxy 1 s, 3/2', 'HTTP 500', STATUS, 2.0, 3.3],
    ['HAProxy 1 s, 3/2', 'blackhole', BLACKHOLE, 5.3, 5.9],
    ['HAProxy 1 s, 3/2, fastinter 100 ms', 'refused', {}, 0.6, 1.3],
    ['HAProxy 1 s, 3/2, fastinter 100 ms', 'blackhole', BLACKHOLE, 3.4, 4.1],
    // From its documentation, all checkers failing; four seconds more where nothing connects.
    ['Route 53, 10 s x 3', 'refused', {}, 20, 30],
    ['Route 53, 10 s x 3', 'blackhole', BLACKHOLE, 24, 34],
    ['Route 53, 30 s x 3', 'refused', {}, 60, 90],
    ['k8gb', 'HTTP 500', STATUS, 10, 20],
  ] as const)('%s, %s: between %f and %f s', (name, _, fault, low, high) => {
    const median = detectionS(name, fault);
    expect(median).toBeGreaterThanOrEqual(low);
    expect(median).toBeLessThanOrEqual(high);
  });
});

describe('moves in 120 s of flapping, 3 s each way', () => {
  const flapping: Partial<Kind> = { rhythm: { kind: 'flapping', periodMs: 6_000, duty: 0.5 } };
  it.each([
    ['gdnsd 2 s, 1/1/1', 36, 42],
    ['PowerDNS ifurlup, 1 s', 38, 41],
    ['PowerDNS ifurlup, 5 s', 6, 20],
    ['HAProxy 1 s, 3/2', 25, 41],
    ['gdnsd 2 s, 20/10/10', 1, 1],
    ['gdnsd defaults (10 s, 20/10/10)', 0, 1],
  ] as const)('%s: between %i and %i', (name, low, high) => {
    const moves = phases.map((phase) => turns(name, flapping, 120_000, phase).length);
    const median = quantile(moves, 0.5);
    expect(median).toBeGreaterThanOrEqual(low);
    expect(median).toBeLessThanOrEqual(high);
  });
});

describe('false failovers in 120 s at 30 % independent errors', () => {
  const errors: Partial<Kind> = { what: { kind: 'error-rate', share: 0.3, status: 500 } };
  // Measured: 13, 22, 8 and 1; expected of independent errors: 13 (60 checks), 25, 5 and 2.2.
  it.each([
    ['gdnsd 2 s, 1/1/1', 9, 16],
    ['PowerDNS ifurlup, 1 s', 20, 29],
    ['PowerDNS ifurlup, 5 s', 3, 8],
    ['HAProxy 1 s, 3/2', 1, 3],
    ['Route 53, 10 s x 3', 0, 0],
  ] as const)('%s: between %f and %f', (name, low, high) => {
    const away = phases.map(
      (phase) => turns(name, errors, 120_000, phase).filter(({ to }) => to === 1).length,
    );
    const mean = away.reduce((sum, each) => sum + each, 0) / away.length;
    expect(mean).toBeGreaterThanOrEqual(low);
    expect(mean).toBeLessThanOrEqual(high);
  });
});

describe('the quirks', () => {
  const run = (check: (ok: boolean, atMs: number) => boolean, results: string) =>
    [...results].map((each, place) => (check(each === '+', place) ? 'u' : 'd')).join('');

  it('of gdnsd: failures add up across single successes; only enough of these in a row forget', () => {
    expect(run(accumulating(3, 2, 3)(), '-+-+-')).toBe('uuuud');
    expect(run(accumulating(3, 2, 3)(), '-+-++--')).toBe('uuuuuuu');
    expect(run(accumulating(3, 2, 1)(), '-++-+++')).toBe('ddddddu');
  });

  it('of Route 53 and HAProxy: one good result starts the count again', () => {
    expect(run(inARow(3, 2)(), '--+---+-++')).toBe('uuuuudddd' + 'u');
  });

  it('of Route 53: healthy while more than 18 % of the checkers say so', () => {
    const { isUp } = PEERS.find(({ name }) => name === 'Route 53, 10 s x 3')!;
    const checkers = (healthy: number) => Array.from({ length: 16 }, (_, i) => i < healthy);
    expect([isUp(checkers(3)), isUp(checkers(2))]).toEqual([true, false]);
  });

  it('of Cloudflare: a majority of regions, each by a majority of its data centres', () => {
    const { isUp } = PEERS.find(({ name }) => name === 'Cloudflare, 10 s')!;
    const seen = (text: string) => [...text.replaceAll(' ', '')].map((each) => each === '+');
    expect(isUp(seen('++- ++- ++- --- ---'))).toBe(true);
    expect(isUp(seen('+++ +++ +-- +-- +--'))).toBe(false);
  });
});
