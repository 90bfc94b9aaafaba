// Goal: a seed gives one trace, byte for byte, and a profile draws what it names.
// Method: texts of traces against a recorded hash; shapes over many seeds.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkFault, type Fault as NetworkShape } from '../../local/network/faults.ts';
import { daysTrace, incidentTrace, traceText } from '../../sim/faults/generate.ts';
import { PROFILE_NAMES } from '../../sim/faults/profiles.ts';
import { spansOn } from '../../sim/faults/rhythm.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}`);

describe('a trace', () => {
  it('is the same on any machine', () => {
    const hash = createHash('sha256');
    for (const profile of PROFILE_NAMES) {
      for (const seed of seeds(50)) hash.update(traceText(incidentTrace({ seed, profile })));
      hash.update(traceText(daysTrace({ seed: '42', profile }, 3)));
    }
    expect(hash.digest('hex')).toMatchInlineSnapshot(
      `"5d585d56a65c7212e6d27a89212bccf09aefd1480cfa562c231c2963287d1b6a"`,
    );
  });

  it('is another one with another seed or profile', () => {
    const texts = PROFILE_NAMES.flatMap((profile) =>
      seeds(200).map((seed) => traceText(incidentTrace({ seed, profile }))),
    );
    expect(new Set(texts).size).toBe(texts.length);
  });

  it.each(PROFILE_NAMES)('of profile %s has faults in their order, that make sense', (profile) => {
    for (const seed of seeds(100)) {
      const { faults, untilMs } = incidentTrace({ seed, profile });
      expect(faults.length).toBeGreaterThan(0);
      expect(faults.map(({ id }) => id)).toEqual(faults.map((_, i) => `f${i + 1}`));
      for (const [i, fault] of faults.entries()) {
        expect(fault.untilMs).toBeGreaterThan(fault.fromMs);
        expect(fault.fromMs).toBeGreaterThanOrEqual(faults[i - 1]?.fromMs ?? 0);
        expect(fault.fromMs).toBeLessThan(untilMs);
        if (fault.kind !== 'network') continue;
        const shape: NetworkShape = { id: fault.id, scope: fault.scope, ...fault.what };
        expect(() => checkFault(shape)).not.toThrow();
      }
    }
  });

  it('of the default profile knows every kind of fault', () => {
    const kinds = new Set(
      seeds(2_000).flatMap((seed) =>
        incidentTrace({ seed, profile: 'default' }).faults.map((fault) =>
          fault.kind === 'network' ? `network ${fault.what.kind}` : fault.kind,
        ),
      ),
    );
    expect([...kinds].sort()).toEqual([
      'alarm',
      'calls',
      'capacity',
      'clock',
      'deploy',
      'drill',
      'events',
      'executor',
      'network blackhole',
      'network down',
      'network error-rate',
      'network loss',
      'network one-way-cut',
      'network refuse',
      'network slow',
      'observer',
      'platform',
      'replication',
      'switch',
    ]);
  });
});

describe('a rhythm', () => {
  const span = { fromMs: 1_000, untilMs: 601_000 };
  const onMs = (spans: readonly { fromMs: number; untilMs: number }[]) =>
    spans.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);

  it('flaps for its share of each period', () => {
    const spans = spansOn(span, { kind: 'flapping', periodMs: 6_000, duty: 0.25 });
    expect(spans).toHaveLength(100);
    expect(onMs(spans)).toBe(150_000);
  });

  it('has bursts for about its share of the time, and keeps them when it is cut short', () => {
    const rhythm = { kind: 'bursts', meanMs: 1_000, share: 0.3, seed: 'x' } as const;
    const spans = spansOn({ fromMs: 0, untilMs: 10_000_000 }, rhythm);
    expect(onMs(spans) / 10_000_000).toBeGreaterThan(0.27);
    expect(onMs(spans) / 10_000_000).toBeLessThan(0.33);
    const short = spansOn({ fromMs: 0, untilMs: 1_000_000 }, rhythm);
    expect(spans.slice(0, short.length - 1)).toEqual(short.slice(0, -1));
  });
});
