/**
 * Follows an accepted change of Route 53 until it is in sync. A change that was lost on the way is
 * made again, at the same epoch; verification looks at the name servers meanwhile.
 */
import { type ChangeProgress, nextChangeStep } from '../../core/failover/switchRecord.ts';
import type { FlipOrder, Flipped } from '../../events/failoverFlip.ts';
import { openCalls } from '../_calls.ts';
import { begin, type FlipNeeds, moveAll } from './attempt.ts';
import type { Moved } from './record.ts';
import { CONTROL_REGION } from './zoneCalls.ts';

type Followed = { readonly ok: boolean; readonly why: string };

/** Submits once more under a lease that still holds; the epoch in the zone keeps it from doubling. */
const again = async (needs: FlipNeeds, order: FlipOrder, signal: AbortSignal): Promise<Moved> => {
  const attempt = await begin(needs, order, signal);
  return 'done' in attempt ? attempt : moveAll(needs, attempt, signal);
};

const follow = async (
  needs: FlipNeeds,
  order: FlipOrder,
  from: string,
  calls: ReturnType<typeof openCalls>,
  signal: AbortSignal,
): Promise<Followed> => {
  const { clock, dnsRecord, random } = needs;
  const startMs = clock.monotonicMs();
  let changeId = from;
  let progress: ChangeProgress = { submits: 1, refusals: 0, elapsedMs: 0 };
  for (let attempt = 1; ; attempt++) {
    const { answer, message } = await calls.timed(
      { service: 'route53', operation: 'GetChange', region: CONTROL_REGION, attempt },
      () => dnsRecord.progress(changeId, signal),
      (result) => ({ requestId: result.requestId, result: result.answer }),
    );
    progress = { ...progress, elapsedMs: Math.round(clock.monotonicMs() - startMs) };
    if (answer === 'accepted') return { ok: false, why: 'a change is followed, not made' };
    const next = nextChangeStep(answer, progress, random());
    if (next.do === 'done') return { ok: true, why: `${changeId} is in sync` };
    if (next.do === 'give-up') return { ok: false, why: `${next.why} ${message}`.trim() };
    await clock.sleep(next.inMs, signal);
    if (next.do === 'poll') {
      progress = { ...progress, refusals: 0 };
      continue;
    }
    progress = { ...progress, refusals: progress.refusals + 1 };
    if (answer !== 'NoSuchChange') continue;
    const moved = await again(needs, { ...order, move: 'flip' }, signal);
    progress = { ...progress, submits: progress.submits + 1 };
    if (!moved.done) return { ok: false, why: moved.why };
    if (moved.changeId === null) return { ok: true, why: moved.why };
    changeId = moved.changeId;
  }
};

export const settle = async (
  needs: FlipNeeds,
  order: FlipOrder,
  signal: AbortSignal,
): Promise<Flipped> => {
  const { table, clock } = needs;
  const calls = openCalls(clock);
  const { ok, why } =
    order.changeId === null
      ? { ok: true, why: 'there is no change to follow' }
      : await follow(needs, order, order.changeId, calls, signal);
  const body = {
    ok,
    why,
    changeId: order.changeId,
    calls: calls.made.map((call) => ({ ...call })),
  };
  await table.putEvidence(
    order.execution.name,
    { kind: 'settle', atMs: clock.now(), body },
    signal,
  );
  return {
    ok,
    why,
    done: ok,
    superseded: false,
    flippedAtMs: null,
    changeId: order.changeId,
    shift: null,
  };
};
