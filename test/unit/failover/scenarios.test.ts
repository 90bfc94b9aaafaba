// Goal: the failure scenarios of the design that are decisions, by number. What they need of DNS,
// stores and processes is tested where those are.
// Method: votes over both regions, second by second, given to the machine and its gates.
import { describe, expect, it } from 'vitest';
import { mayWrite } from '../../../core/failover/lease.ts';
import { resume } from '../../../core/failover/machine.ts';
import {
  drive,
  goodFacts,
  HOME,
  type Opinion,
  STANDBY,
  START_MS,
  settingsWith,
} from '../../support/failovers.ts';

const S = 1_000;
const at = (seconds: number) => START_MS + seconds * S;

type Run = ReturnType<typeof drive>;

type Opinions = Opinion | readonly Opinion[];

/** Both regions as they are, whichever serves. */
const see = (run: Run, second: number, home: Opinions, standby: Opinions, forMs: number): void => {
  const atHome = run.state().active === HOME;
  const [active, other] = atHome ? [home, standby] : [standby, home];
  run.see(at(second), atHome ? { active, other, forMs } : { active, other, otherForMs: forMs });
};

/** Every second from..to, with how long home has been so. */
const last = (run: Run, from: number, to: number, home: Opinions, standby: Opinions = 'UP') => {
  for (let s = from; s < to; s++) see(run, s, home, standby, (s - from) * S);
};

const stays = (run: Run): void => {
  expect(run.did('flip')).toEqual([]);
  expect(run.state()).toMatchObject({ active: HOME, epoch: 0 });
};

describe('failure scenario', () => {
  it.each([5, 10, 30, 60, 120])(
    '1: flapping every %i s: at most one flip, no cause before 10 min',
    (period) => {
      const run = drive(settingsWith());
      for (let s = 0; s < 1_200; s++) {
        const bad = s % period < period / 2;
        const forMs = (s % period) * S;
        see(run, s, bad ? (forMs >= 30 * S ? 'DOWN' : 'DOUBT') : 'UP', 'UP', forMs);
      }
      const flips = run.did('flip');
      expect(flips.length).toBeLessThanOrEqual(1);
      const cause = run.decisions.at(-1)?.cause ?? 'none';
      // Doubt of less than 7.5 s is no suspicion, 30 s of it is an outage, in between it is instability.
      expect(cause).toBe(period < 30 ? 'none' : period < 120 ? 'unstable' : 'down');
      if (cause === 'unstable') expect(flips[0]!.atMs).toBeGreaterThanOrEqual(at(600));
    },
  );

  it('2: one observer blind, half of them blind, one lying: no flip', () => {
    for (const active of [
      ['ABSTAIN', 'UP', 'UP', 'UP', 'UP'],
      ['ABSTAIN', 'ABSTAIN', 'UP', 'UP', 'UP'],
      ['DOWN', 'UP', 'UP', 'UP', 'UP'],
    ] as const) {
      const run = drive(settingsWith());
      last(run, 0, 120, active);
      stays(run);
      expect(run.notices()).toEqual([]);
    }
  });

  it('3: too few observers left: no flip, and a page that says so', () => {
    const run = drive(settingsWith());
    last(run, 0, 1_500, ['DOWN', 'DOWN', 'ABSTAIN', 'ABSTAIN', 'ABSTAIN']);
    stays(run);
    expect(run.did('page')).toHaveLength(1);
    expect(run.did('page')[0]?.action).toMatchObject({
      why: expect.stringContaining('detector is degraded'),
    });
  });

  it('3: a detector that begins knows nothing for less than `down`, and nobody is told', () => {
    const run = drive(settingsWith());
    last(run, 0, 29, ['UP', 'UP', 'ABSTAIN', 'ABSTAIN', 'ABSTAIN']);
    expect([run.state().phase, run.notices()]).toEqual(['STEADY', []]);
    last(run, 29, 32, ['UP', 'UP', 'ABSTAIN', 'ABSTAIN', 'ABSTAIN']);
    expect([run.state().phase, run.did('page').length]).toEqual(['SUSPECT', 1]);
  });

  it('4: only some paths are cut: no flip without a quorum, and none with the data cut off', () => {
    const asymmetric = drive(settingsWith());
    last(asymmetric, 0, 300, ['DOWN', 'DOWN', 'UP', 'UP', 'UP']);
    stays(asymmetric);
    const cutOff = drive(settingsWith(), {
      facts: (nowMs) => ({
        ...goodFacts(nowMs),
        replicationMs: { value: 3_600_000, source: 'heartbeat', atMs: nowMs },
      }),
    });
    last(cutOff, 0, 60, 'DOWN');
    stays(cutOff);
    expect(cutOff.decisions.at(-1)?.plan.reason).toMatch(/^G3: over the RPO/);
  });

  it('4: a cut that some observers do not see waits longer, for one of them alone not much', () => {
    const movedAfter = (active: readonly Opinion[]): number | undefined => {
      const confirm = { ...settingsWith().confirm, dissent: true, steadyP95Ms: 200 };
      const run = drive(settingsWith({ confirm }));
      last(run, 0, 700, active);
      const [flip] = run.did('flip');
      return flip && flip.atMs - START_MS;
    };
    expect(movedAfter(['DOWN', 'DOWN', 'DOWN', 'DOUBT', 'DOUBT'])).toBe(30 * S);
    expect(movedAfter(['DOWN', 'DOWN', 'DOWN', 'DOWN', 'UP'])).toBe(90 * S);
    expect(movedAfter(['DOWN', 'DOWN', 'DOWN', 'UP', 'UP'])).toBe(300 * S);
    expect(movedAfter(['DEGRADED', 'DEGRADED', 'DEGRADED', 'UP', 'UP'])).toBe(600 * S);
    expect(movedAfter(['DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'UP'])).toBe(300 * S);
    // In a gray failure one observer has a good moment, but no good minutes.
    expect(movedAfter(['DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'STEADY'])).toBe(600 * S);
    expect(movedAfter(['DOWN', 'DOWN', 'DOWN', 'DOWN', 'STEADY'])).toBe(90 * S);
  });

  it('5: both bad: hold, page, and the hint to roll back the image they share', () => {
    const run = drive(settingsWith());
    last(run, 0, 120, 'DOWN', 'DOWN');
    stays(run);
    expect(run.state().phase).toBe('HOLD_BOTH');
    expect(run.did('page')[0]?.action).toMatchObject({
      why: expect.stringContaining('roll it back'),
    });
  });

  it('6: a brownout moves after 5 minutes, not before', () => {
    const run = drive(settingsWith());
    last(run, 0, 300, 'DEGRADED');
    stays(run);
    run.see(at(300), { active: 'DEGRADED', forMs: 300 * S });
    expect(run.state().active).toBe(STANDBY);
  });

  it('11, 13: events twice, late or after a crash: the same end, one flip', () => {
    const run = drive(settingsWith());
    last(run, 0, 40, 'DOWN');
    const { active } = run.state();
    run.see(at(20), { active: 'UP' });
    run.send({ kind: 'flipped', nowMs: at(41), execution: 'shop-0-1', done: true, why: '' });
    run.send({ kind: 'lease', nowMs: at(41), execution: 'shop-0-1', won: true });
    expect(run.state()).toMatchObject({ active, epoch: 1, phase: 'STABILIZE' });
    expect(run.did('flip')).toHaveLength(1);
    expect(resume(run.state())).toEqual([]);
  });

  it('12: paused for 90 s between check and write: the write is not allowed any more', () => {
    const { lease, evidenceMs } = settingsWith();
    const paused = { leaseHeldMs: 90_000, evidenceAgeMs: 90_000, foundEpoch: 0, epoch: 1 };
    expect(mayWrite({ ...paused, lease, evidenceMs }).ok).toBe(false);
  });

  it('15: a store frozen at good or at bad: nobody votes, no flip, a page', () => {
    for (const opinion of ['UP', 'DOWN'] as const) {
      const run = drive(settingsWith());
      run.see(at(0), { active: 'UP' });
      // Votes are cast at second 5 and never again; the evaluator goes on.
      last(run, 5, 6, opinion);
      last(run, 6, 60, 'ABSTAIN', 'ABSTAIN');
      stays(run);
      expect(run.did('page')).toHaveLength(1);
    }
  });

  it('16: the standby does not scale: no flip, and no success', () => {
    const run = drive(settingsWith(), { enough: false });
    last(run, 0, 40, 'DOWN');
    expect(run.did('flip')).toEqual([]);
    expect(run.state()).toMatchObject({ active: HOME, phase: 'HOLD' });
    expect(run.notices()).toEqual(['suspect', 'decided', 'failed']);
  });

  it('18: the primary returns while traffic moves: it goes on to the standby, once', () => {
    const run = drive(settingsWith());
    last(run, 0, 31, 'DOWN');
    last(run, 31, 400, 'UP', 'UP');
    expect(run.did('flip')).toHaveLength(1);
    expect(run.state()).toMatchObject({ active: STANDBY, phase: 'STABILIZE' });
  });

  it('19: a real suspicion interrupts whatever rehearsal is under way, before it is confirmed', () => {
    const run = drive(settingsWith());
    last(run, 0, 20, 'DOUBT');
    expect(run.did('interrupt-rehearsal').map(({ atMs }) => atMs)).toEqual([at(8)]);
    stays(run);
  });

  it('22: a standby that fails its own probes, as with a wrong certificate, is not moved to', () => {
    const run = drive(settingsWith());
    last(run, 0, 60, 'DOWN', 'DOWN');
    stays(run);
    expect(run.decisions.at(-1)?.plan.gates[0]).toMatchObject({ gate: 'G1', ok: false });
  });
});
