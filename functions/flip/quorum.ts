/** Driver `quorum`: conditional puts of the switch objects, all at once, until enough say so. */

import type { DnsSwitch, ReadSwitch, SwitchObject } from '../../aws/dnsSwitch.ts';
import type { Secrets } from '../../aws/secrets.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import { DrillError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/evidence/canonical.ts';
import {
  judgeSwitchWrites,
  planSwitchMend,
  planSwitchWrites,
  type SwitchBody,
  type SwitchState,
  servingOf,
  switchesNeeded,
} from '../../core/failover/switchObjects.ts';
import { backoffMs } from '../../core/failover/switchRecord.ts';
import type { PreflightOutput } from '../../events/failoverStep.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import type { Calls } from '../_calls.ts';
import type { Clock } from '../_entry.ts';
import { sha256 } from '../_sha256.ts';
import type { Attempt } from './attempt.ts';
import type { Guard, Moved } from './record.ts';

const ROUNDS_MAX = 5;

type QuorumMove = {
  readonly objects: readonly SwitchObject[];
  readonly body: SwitchBody;
  readonly guard: Guard;
};

type Round = {
  readonly dnsSwitch: DnsSwitch;
  readonly clock: Clock;
  readonly random: () => number;
};

const newestEpoch = (found: readonly ReadSwitch[]): number | null => {
  const epochs = found.flatMap(({ epoch }) => epoch ?? []);
  return epochs.length === 0 ? null : Math.max(...epochs);
};

const read = async (
  { dnsSwitch }: Round,
  objects: readonly SwitchObject[],
  { calls, attempt, signal }: { calls: Calls; attempt: number; signal: AbortSignal },
): Promise<ReadSwitch[]> => {
  const all = await Promise.all(
    objects.map((object) =>
      calls.timed(
        { service: 's3', operation: 'GetObject', region: object.region, attempt },
        () => dnsSwitch.read([object], signal),
        ([one]) => ({ requestId: one?.requestId ?? null, result: one?.why ?? 'nothing' }),
      ),
    ),
  );
  return all.flat();
};

const objectIn = (objects: readonly SwitchObject[], region: string): SwitchObject => {
  const found = objects.find((object) => object.region === region);
  if (found) return found;
  throw new RangeError(`there is no switch in ${region}`);
};

/** One round: read, decide, write. */
const round = async (
  needs: Round,
  { objects, body, guard }: QuorumMove,
  at: { calls: Calls; attempt: number; signal: AbortSignal },
): Promise<Moved & { final: boolean }> => {
  const { dnsSwitch } = needs;
  const { calls, attempt, signal } = at;
  const found = await read(needs, objects, at);
  const plan = planSwitchWrites(found, body);
  const answer = { done: false, superseded: false, changeId: null };
  if (plan.kind === 'superseded') {
    return { ...answer, superseded: true, why: plan.why, final: true };
  }
  const results = await Promise.all(
    plan.writes.map(async (write) => {
      const allowed = guard(newestEpoch(found));
      const { region } = write;
      if (!allowed.ok) return { region, result: 'failed' as const, forbidden: allowed.why };
      const written = await calls.timed(
        { service: 's3', operation: 'PutObject', region, attempt },
        () => dnsSwitch.write(objectIn(objects, region), body, write.condition, signal),
        ({ requestId, result, why }) => ({ requestId, result: `${result} ${why}`.trim() }),
      );
      return { ...written, forbidden: null };
    }),
  );
  const judged = judgeSwitchWrites(plan, results);
  const forbidden = results.find((result) => result.forbidden !== null)?.forbidden ?? null;
  const why = forbidden ?? judged.why;
  return { ...answer, done: judged.done, why, final: judged.done || forbidden !== null };
};

/** A refused condition is read again: it was a rival's write, or an own one that seemed to fail. */
export const moveQuorum = async (
  needs: Round,
  move: QuorumMove,
  calls: Calls,
  signal: AbortSignal,
): Promise<Moved> => {
  const { clock, random } = needs;
  for (let attempt = 1; ; attempt++) {
    const { final, ...moved } = await round(needs, move, { calls, attempt, signal });
    if (final || attempt >= ROUNDS_MAX) return moved;
    await clock.sleep(backoffMs(attempt - 1, random()), signal);
  }
};

/** Reads the switches; those that missed the last flip are written again, where one holds. */
const readAndMend = async (
  { dnsSwitch }: Pick<Round, 'dnsSwitch'>,
  objects: readonly SwitchObject[],
  epoch: number | null,
  signal: AbortSignal,
): Promise<{ readonly found: readonly ReadSwitch[]; readonly mended: readonly string[] }> => {
  const found = await dnsSwitch.read(objects, signal);
  const mends = epoch === null ? [] : planSwitchMend(found, epoch);
  if (mends.length === 0) return { found, mended: [] };
  await Promise.all(
    mends.map(({ region, text, condition }) =>
      dnsSwitch.rewrite(objectIn(objects, region), text, condition, signal),
    ),
  );
  const mended = mends.map(({ region }) => region);
  return { found: await dnsSwitch.read(objects, signal), mended };
};

type Shown = {
  /** Of a watch at rest: switches that do not show it yet are mended first. Null mends nothing. */
  readonly epoch: number | null;
  /** Those that either state sends clients to. */
  readonly regions: Readonly<Record<SwitchState, string>>;
};

/** How many switches take a conditional write that changes nothing, and where they send clients. */
export const proveQuorum = async (
  needs: Pick<Round, 'dnsSwitch'>,
  objects: readonly SwitchObject[],
  { epoch, regions }: Shown,
  signal: AbortSignal,
): Promise<PreflightOutput> => {
  const { found, mended } = await readAndMend(needs, objects, epoch, signal);
  const proofs = await Promise.all(
    found.map(async ({ region, etag, text, epoch: shown, why }) => {
      if (etag === null || text === null || shown === null) return { region, ok: false, why };
      const condition = { ifMatch: etag };
      const proof = await needs.dnsSwitch.rewrite(
        objectIn(objects, region),
        text,
        condition,
        signal,
      );
      return { region, ok: proof.result === 'written', why: proof.why };
    }),
  );
  const writable = proofs.filter(({ ok }) => ok).length;
  const needed = switchesNeeded(objects.length);
  const bad = proofs.filter(({ ok }) => !ok).map(({ region, why }) => `${region}: ${why}`);
  const again = mended.map((region) => `${region} was written again`);
  return {
    ok: writable >= needed,
    why: [`${writable} of ${objects.length} switches can be written`, ...bad, ...again].join('; '),
    writable,
    needed,
    of: objects.length,
    serving: servingOf(found, regions),
  };
};

/** A signed object is looked at again after this time; nothing happens to it by itself. */
const LOOK_AGAIN_MS = 604_800_000;

type Needs = {
  readonly table: Pick<WatchTable, 'decision'>;
  readonly secrets: Secrets;
  readonly openSwitch: (key: string | null) => DnsSwitch;
  readonly clock: Clock;
  readonly random: () => number;
};

/** @throws DrillError `ConfigInvalid` when the plan names a key that is not there. */
const keyOf = async (
  secrets: Secrets,
  parameter: string | null,
  signal: AbortSignal,
): Promise<string | null> => {
  if (parameter === null) return null;
  const key = await secrets.find(parameter, signal);
  if (key !== undefined) return key;
  throw new DrillError(
    'ConfigInvalid',
    `the key that signs switches is to be in the SSM parameter ${parameter}, and is not`,
  );
};

export const openQuorumSwitch = ({ table, secrets, openSwitch, clock, random }: Needs) => {
  const opened = new Map<string, DnsSwitch>();

  /** One client for each key, kept with its connections. */
  const switchOf = async (parameter: string | null, signal: AbortSignal): Promise<DnsSwitch> => {
    const known = opened.get(parameter ?? '');
    if (known) return known;
    const dnsSwitch = openSwitch(await keyOf(secrets, parameter, signal));
    opened.set(parameter ?? '', dnsSwitch);
    return dnsSwitch;
  };

  const move = async (attempt: Attempt, signal: AbortSignal): Promise<Moved> => {
    const { plan, to, epoch, execution, guard, calls } = attempt;
    const { objects, signingParameter } = quorumOf(plan);
    const [dnsSwitch, decision] = await Promise.all([
      switchOf(signingParameter, signal),
      table.decision(plan.service, execution.decisionId, signal),
    ]);
    const isHome = to === plan.primary;
    const body: SwitchBody = {
      state: isHome ? 'home' : 'standby',
      epoch,
      decisionId: execution.decisionId,
      evidenceHash: sha256(canonicalJson(decision)),
      ...(execution.cause === 'rehearsal' && !isHome ? { rehearsal: true } : {}),
      expiresAtMs: clock.now() + LOOK_AGAIN_MS,
    };
    return moveQuorum({ dnsSwitch, clock, random }, { objects, body, guard }, calls, signal);
  };

  const prove = async (
    plan: WatchPlan,
    epoch: number | null,
    signal: AbortSignal,
  ): Promise<PreflightOutput> => {
    const { objects, signingParameter } = quorumOf(plan);
    const dnsSwitch = await switchOf(signingParameter, signal);
    const regions = { home: plan.primary, standby: plan.standby };
    return proveQuorum({ dnsSwitch }, objects, { epoch, regions }, signal);
  };

  return { move, prove };
};

export type QuorumSwitch = ReturnType<typeof openQuorumSwitch>;

const quorumOf = ({ service, switch: chosen }: WatchPlan) => {
  if (chosen.driver === 'quorum') return chosen;
  throw new RangeError(`${service} has no quorum switch`);
};
