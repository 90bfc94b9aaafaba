// Goal: whoever writes a switch, and however late, it never goes back, empties or splits.
// Method: random interleavings of executors against a store that knows only compare-and-swap.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimLease, type Lease } from '../../core/failover/lease.ts';
import { judgeRehearsal } from '../../core/failover/rehearsal.ts';
import {
  type FoundSwitch,
  planSwitchWrites,
  type SwitchBody,
  switchesNeeded,
} from '../../core/failover/switchObjects.ts';
import { planRecordChange, type RecordSet } from '../../core/failover/switchRecord.ts';
import { START_MS } from '../support/failovers.ts';

type Store = { lease: Lease | null; leaseTag: number; switches: (FoundSwitch & { tag: number })[] };

const REGIONS = ['eu-central-1', 'eu-north-1', 'us-east-2'];

const newStore = (): Store => ({
  lease: null,
  leaseTag: 0,
  switches: REGIONS.map((region) => ({
    region,
    reachable: true,
    etag: 'e0',
    tag: 0,
    epoch: 0,
    decisionId: 'd0',
    state: 'home' as const,
  })),
});

/** One executor, as steps that can be interrupted anywhere: read, swap, read, put, put, put. */
function* executor(
  store: Store,
  id: number,
  epoch: number,
  nowMs: () => number,
): Generator<void, void> {
  const found = store.lease;
  const tag = store.leaseTag;
  yield;
  const claim = claimLease(found, {
    holder: `x${id}`,
    epoch,
    nowMs: nowMs(),
    ttlMs: 30_000,
    skewMs: 2_000,
  });
  if (!claim.ok || store.leaseTag !== tag) return;
  store.lease = claim.item;
  store.leaseTag++;
  yield;
  const body: SwitchBody = {
    state: epoch % 2 === 1 ? 'standby' : 'home',
    epoch,
    decisionId: `d${id}`,
    evidenceHash: 'h',
    expiresAtMs: 0,
  };
  const plan = planSwitchWrites(
    store.switches.map((each) => ({ ...each })),
    body,
  );
  if (plan.kind !== 'write') return;
  for (const { region, condition } of plan.writes) {
    yield;
    const target = store.switches.find((each) => each.region === region)!;
    const holds = 'ifMatch' in condition ? target.etag === condition.ifMatch : target.etag === null;
    if (!holds) continue;
    // I8: whatever passes its condition is newer than what it replaces.
    expect(epoch).toBeGreaterThan(target.epoch ?? -1);
    const { state, decisionId } = body;
    Object.assign(target, {
      epoch,
      state,
      decisionId,
      tag: target.tag + 1,
      etag: `e${target.tag + 1}`,
    });
  }
}

const majorityEpoch = ({ switches }: Store): number | null => {
  const epochs = switches.map(({ epoch }) => epoch ?? -1);
  return (
    epochs.find((epoch) => epochs.filter((other) => other === epoch).length >= switchesNeeded(3)) ??
    null
  );
};

describe('executors that run into each other', () => {
  it('I2, I8, I9: one holder an epoch, a majority never goes back, no switch is ever absent', () => {
    let settled = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.record({ who: fc.nat(5), waitMs: fc.constantFrom(0, 10, 90_000) }), {
          maxLength: 60,
        }),
        (epochs, schedule) => {
          const store = newStore();
          let nowMs = START_MS;
          const holders = new Map<number, Set<string>>();
          const running = epochs.map((epoch, id) => executor(store, id, epoch, () => nowMs));
          let highest = 0;
          for (const { who, waitMs } of schedule) {
            nowMs += waitMs;
            running[who % running.length]!.next();
            if (store.lease) {
              const known = holders.get(store.lease.epoch) ?? new Set();
              holders.set(store.lease.epoch, known.add(store.lease.holder));
            }
            const majority = majorityEpoch(store);
            if (majority !== null) {
              expect(majority).toBeGreaterThanOrEqual(highest);
              highest = majority;
            }
            expect(store.switches.every(({ etag }) => etag !== null)).toBe(true);
          }
          if (highest > 0) settled++;
          for (const known of holders.values()) expect(known.size).toBe(1);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(settled).toBeGreaterThan(100);
  });
});

describe('a record', () => {
  it('I1, I8: no batch empties the name, and a stale one names values that are gone', () => {
    const values = fc.uniqueArray(fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(values, values, fc.nat(9), fc.nat(9), (now, next, epoch, found) => {
        const a = (list: string[]): RecordSet => ({
          name: 'a.test',
          type: 'A',
          ttlS: 60,
          values: list,
        });
        const txt = {
          name: '_failover.a.test',
          type: 'TXT' as const,
          ttlS: 60,
          values: [`"epoch=${found}"`],
        };
        const current = { sets: now.length > 0 ? [a(now)] : [], epoch: txt };
        const plan = planRecordChange(current, { record: 'a.test', epoch, sets: [a(next)] });
        if (plan.kind !== 'change') return;
        expect(epoch).toBeGreaterThan(found);
        const created = plan.batch.filter(
          ({ action, set }) => action === 'CREATE' && set.type === 'A',
        );
        expect(created.flatMap(({ set }) => set.values)).toEqual(next);
        expect(next.length).toBeGreaterThan(0);
        const deleted = plan.batch
          .filter(({ action }) => action === 'DELETE')
          .map(({ set }) => set);
        expect(deleted).toEqual([a(now), txt]);
      }),
    );
  });
});

describe('a rehearsal', () => {
  it('I10: succeeds or is interrupted only with the configuration as it was', () => {
    const run = fc.record({
      ended: fc.boolean(),
      interruptedBy: fc.constantFrom(null, 'an operator'),
      faultTargets: fc.constantFrom(null, 0, 3),
      verified: fc.boolean(),
      rtoMs: fc.constantFrom(null, 10, 99),
      rtoMaxMs: fc.constantFrom(null, 50),
      relapsesMs: fc.constantFrom(0, 5),
      reverted: fc.boolean(),
      passedOn: fc.boolean(),
      configHashBefore: fc.constantFrom('h1', 'h2'),
      configHashAfter: fc.constantFrom(null, 'h1', 'h2'),
    });
    fc.assert(
      fc.property(run, (ended) => {
        const { outcome } = judgeRehearsal(ended);
        if (outcome !== 'SUCCEEDED' && outcome !== 'INTERRUPTED') return;
        expect(ended.configHashAfter).toBe(ended.configHashBefore);
        expect(ended.reverted || (outcome === 'INTERRUPTED' && ended.passedOn)).toBe(true);
      }),
    );
  });
});
