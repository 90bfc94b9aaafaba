// Goal: a flip is proved by name servers, resolvers and the service itself, and by nothing less (scenario 17).
// Method: the real function on the embedded table and bus; real name servers, resolver models and web
// servers on loopback; pauses move a virtual clock.

import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initialState, type State } from '../../../core/failover/states.ts';
import { DnsRound, RequestShape, VerificationShape } from '../../../events/failoverEvidence.ts';
import { VerifyOutput } from '../../../events/failoverStep.ts';
import type { WatchPlan } from '../../../events/watchPlan.ts';
import { openTransitions } from '../../../functions/_transition.ts';
import { delegatedServers } from '../../../functions/verify/nameServers.ts';
import { verify } from '../../../functions/verify/run.ts';
import { HOME, STANDBY, START_MS, votesOn } from '../../support/failovers.ts';
import {
  HOME_ADDRESS,
  type ProofWorld,
  RECORD,
  STANDBY_ADDRESS,
  startProofWorld,
  type VirtualTime,
  virtualTime,
} from '../../support/proofWorld.ts';
import { SOCKETS } from '../../support/sockets.ts';
import { watchPlanWith } from '../../support/watchPlans.ts';
import { startWatchWorld, type WatchWorld } from '../../support/watchWorld.ts';

const signal = new AbortController().signal;
const FLIPPED_MS = START_MS + 100;
/** When a verification that fails ends: TTL and 30 s. Votes are fresh then. */
const JUDGED_MS = FLIPPED_MS + 90_000;

let world: WatchWorld;
let proofs: ProofWorld;
let time: VirtualTime;
let service: string;
let services = 0;
const said: unknown[] = [];
const log = (...words: unknown[]) => void said.push(words);

beforeAll(async () => {
  world = await startWatchWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  time = virtualTime();
  proofs = await startProofWorld(time);
  service = `shop-${++services}`;
});
afterEach(() => proofs.close());

const executionOf = () => ({
  name: `${service}-0-1`,
  decisionId: 'd1',
  cause: 'down' as const,
  from: HOME,
  to: STANDBY,
  epoch: 1,
  automatic: true,
});

/** The machine right after the flip. */
const flipped = (): State => ({
  ...initialState(HOME, STANDBY, START_MS - 3_600_000),
  phase: 'VERIFY',
  phaseSinceMs: FLIPPED_MS,
  active: STANDBY,
  other: HOME,
  epoch: 1,
  execution: executionOf(),
  flips: [{ epoch: 1, atMs: FLIPPED_MS, to: STANDBY, automatic: true }],
});

type Case = { readonly plan?: Partial<WatchPlan>; readonly oldSide?: 'UP' | 'DOWN' };

/** Stores the flip, verifies it, and reads what was written down. */
const verified = async ({ plan = {}, oldSide = 'DOWN' }: Case = {}) => {
  const base = watchPlanWith({
    service,
    urls: [`http://${HOME_ADDRESS}:${proofs.port}/`, `http://${STANDBY_ADDRESS}:${proofs.port}/`],
  });
  const { nameServers, resolvers } = proofs;
  await world.table.putPlan({
    ...base,
    failover: { ...base.failover, ttlMs: 60_000 },
    dns: { nameServers, resolvers },
    ...plan,
  });
  const state = flipped();
  const votes = [...votesOn(HOME, oldSide, JUDGED_MS), ...votesOn(STANDBY, 'UP', JUDGED_MS)];
  await world.table.saveState(service, {
    ...{ version: 1, state, before: state, votes, verdicts: [], outbox: [] },
    savedAtMs: START_MS,
  });
  const { table, bus } = world;
  const needs = { clock: time, log: { info: log, warn: log, error: log }, count: () => {} };
  const transitions = openTransitions({ ...needs, table, bus, random: Math.random });
  time.moveTo(FLIPPED_MS);
  const run = verify({ ...SOCKETS, ...needs, table, transitions });
  const output = VerifyOutput.parse(await run({ service, execution: executionOf() }, signal));
  const pieces = await table.evidence(executionOf().name);
  const of = (kind: string) => pieces.filter((piece) => piece.kind === kind);
  return {
    output,
    rounds: of('dns').map(({ body }) => DnsRound.parse(body)),
    requests: of('request').map(({ body }) => RequestShape.parse(body)),
    verification: VerificationShape.parse(of('verification')[0]?.body),
    state: (await table.state(service))?.state,
    warmed: await run({ service, preflight: true }, signal),
    afterMs: (ms: number | null) => (ms === null ? null : ms - FLIPPED_MS),
  };
};

/** Everybody asks before the flip, so that resolvers hold what was true then. */
const cached = async (): Promise<void> => {
  for (const server of proofs.resolvers) {
    const resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([server]);
    await resolver.resolve4(RECORD).catch(() => undefined);
  }
};

describe('a flip that took effect', () => {
  it('is verified, with every answer written down, and the machine comes to rest', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const { output, rounds, requests, state, verification, afterMs, warmed } = await verified();
    expect(warmed).toMatchObject({ ok: true, why: 'ready to ask' });
    expect(output).toMatchObject({ ok: true, oldSideNoWorse: false });
    expect(output.why).toBe(
      `2 of 2 name servers, 3 of 3 resolvers, request answered by ${STANDBY}`,
    );
    expect(afterMs(output.authoritativeMs)).toBe(0);
    expect(afterMs(output.effectiveMs)).toBe(0);
    // Two rounds; each asks two servers over two transports, and three resolvers, for two types.
    expect(rounds.map(({ answers }) => answers.length)).toEqual([14, 14]);
    expect(rounds[0]?.answers.every(({ rcode }) => rcode === 'NOERROR')).toBe(true);
    expect(requests.at(-1)).toMatchObject({ region: STANDBY, proof: 'header', status: 200 });
    expect(proofs.hosts).toContain(`${STANDBY} ${RECORD}:${proofs.port}`);
    expect(verification).toMatchObject({ outcome: 'verified', rounds: 2, stragglers: [] });
    expect(state).toMatchObject({ phase: 'STABILIZE', active: STANDBY, execution: null });
  });

  it('is verified where the record is an alias, by what the load balancers answer with', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const base = watchPlanWith({ service });
    const aliased = (target: WatchPlan['targets'][number]) => ({
      ...target,
      url: target.url.replace(/:8080/, `:${proofs.port}`),
      answers: {
        alias: { zoneId: 'ZELB', name: `${target.region === HOME ? 'home' : 'standby'}.elb.test` },
      },
    });
    const [primary, standby] = base.targets;
    const targets: WatchPlan['targets'] = [aliased(primary), aliased(standby)];
    const { output, rounds, requests } = await verified({ plan: { targets } });
    expect(output).toMatchObject({ ok: true });
    expect(output.why).toBe(
      `2 of 2 name servers, 3 of 3 resolvers, request answered by ${STANDBY}`,
    );
    const values = rounds.flatMap(({ answers }) => answers.flatMap((one) => one.values));
    expect([...new Set(values)]).toEqual(['standby.elb.test']);
    expect(requests.at(-1)).toMatchObject({ region: STANDBY });
  });

  it('is waited for: what counts is since when it is true', async () => {
    time.at(FLIPPED_MS + 12_000, () => proofs.serve({ A: [STANDBY_ADDRESS] }));
    const { output, rounds, afterMs } = await verified();
    expect(output.ok).toBe(true);
    expect(afterMs(output.authoritativeMs)).toBeGreaterThanOrEqual(12_000);
    expect(afterMs(output.authoritativeMs)).toBeLessThan(13_000);
    // The home region was asked, too, as long as DNS named it; it proves nothing.
    expect(proofs.hosts).toContain(`${HOME} ${RECORD}:${proofs.port}`);
    expect(rounds.length).toBeGreaterThan(12);
  });

  it('is proved by the address where the service names no region, and says so', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS] });
    proofs.says[STANDBY] = null;
    const { output, requests } = await verified();
    expect(output.ok).toBe(true);
    expect(requests.at(-1)).toMatchObject({ region: STANDBY, proof: 'address' });
  });

  it('is told of once, with the move that it ends', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS] });
    await verified();
    const told = world.heard.filter(({ detail }) => detail['service'] === service);
    expect(told.map(({ detail }) => detail['notice'])).toEqual(['verified']);
    expect(told[0]?.detail['execution']).toMatchObject({ name: `${service}-0-1` });
  });
});

describe('resolvers that keep an old answer', () => {
  it('do not hide it: the effective time is when enough of them had moved', async () => {
    await cached();
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const { output, verification, afterMs } = await verified();
    expect(output.ok).toBe(true);
    expect(afterMs(output.authoritativeMs)).toBe(0);
    // One keeps 30 s at most, the honest one 60 s; the third goes on for ten minutes.
    expect(afterMs(output.effectiveMs)).toBeGreaterThan(58_000);
    expect(afterMs(output.effectiveMs)).toBeLessThan(62_000);
    expect(verification.stragglers).toEqual([proofs.resolvers[2]]);
  });

  it('fail it when too many of them keep it ten times as long', async () => {
    await cached();
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const [, , ignorant = ''] = proofs.resolvers;
    const dns = { nameServers: proofs.nameServers, resolvers: [ignorant, ignorant] };
    const { output, afterMs } = await verified({ plan: { dns } });
    expect(output).toMatchObject({ ok: false, effectiveMs: null });
    expect(afterMs(output.authoritativeMs)).toBe(0);
    expect(output.why).toContain('0 of 1 resolvers');
    expect(afterMs(time.now())).toBeGreaterThanOrEqual(90_000);
  });

  it('are not waited for beyond what the function can, and that alone is no reason to go back', async () => {
    await cached();
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const [, , ignorant = ''] = proofs.resolvers;
    const dns = { nameServers: proofs.nameServers, resolvers: [ignorant] };
    const failover = { ...watchPlanWith({ service }).failover, ttlMs: 3_600_000 };
    const { output, afterMs, state } = await verified({ plan: { dns, failover }, oldSide: 'UP' });
    expect(output).toMatchObject({ ok: false, oldSideNoWorse: false });
    expect(output.why).toContain('the TTL is longer than can be waited for');
    expect(afterMs(time.now())).toBeLessThan(560_000);
    expect(state?.phase).toBe('HOLD');
  });

  it('keep that a name does not exist, for as long as the zone says', async () => {
    proofs.serve({});
    await cached();
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const { output, rounds, afterMs } = await verified();
    expect(rounds[0]?.answers.filter(({ rcode }) => rcode === 'NXDOMAIN')).toHaveLength(3);
    expect(output.ok).toBe(true);
    expect(afterMs(output.effectiveMs)).toBeGreaterThan(18_000);
    expect(afterMs(output.effectiveMs)).toBeLessThan(22_000);
  });
});

describe('a flip that did not take effect', () => {
  it('is seen by the AAAA record that nobody moved, and rolled back to a side no worse', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS], AAAA: ['2001:db8::1'] });
    const { output, verification, state } = await verified({ oldSide: 'UP' });
    expect(output).toMatchObject({ ok: false, oldSideNoWorse: true, authoritativeMs: null });
    expect(output.why).toContain('0 of 2 name servers');
    expect(verification.outcome).toBe('failed');
    expect(state?.phase).toBe('ROLLBACK_FLIP');
  });

  it('is not rolled back to a side that is down: a person is called', async () => {
    proofs.serve({ A: [HOME_ADDRESS] });
    const { output, state } = await verified();
    expect(output).toMatchObject({ ok: false, oldSideNoWorse: false });
    expect(state?.phase).toBe('HOLD');
  });

  it('is one that another region answers, whatever DNS says', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS] });
    proofs.says[STANDBY] = HOME;
    const { output, requests } = await verified();
    expect(output.ok).toBe(false);
    expect(output.why).toContain(`no request was answered by ${STANDBY}`);
    expect(requests.at(-1)).toMatchObject({ ok: true, region: HOME, proof: 'header' });
  });
});

describe('name servers', () => {
  it('that answer nonsense, or nothing, are written down and believed nothing', async () => {
    proofs.serve({ A: [STANDBY_ADDRESS] });
    const nonsense = createSocket('udp4');
    nonsense.on('message', (query, from) => {
      const answer = Buffer.concat([query.subarray(0, 2), Buffer.from([0x84, 0, 0, 9, 255, 255])]);
      nonsense.send(Buffer.concat([answer, Buffer.alloc(20, 0xc0)]), from.port, from.address);
    });
    nonsense.bind(0, '127.0.53.121');
    await once(nonsense, 'listening');
    const bad = `127.0.53.121:${nonsense.address().port}`;
    const dns = { nameServers: [...proofs.nameServers, bad], resolvers: proofs.resolvers };
    const { output, rounds } = await verified({ plan: { dns } });
    nonsense.close();
    expect(output.ok).toBe(false);
    expect(output.why).toContain('2 of 3 name servers');
    const answers = rounds[0]?.answers.filter(({ server }) => server === bad) ?? [];
    expect(answers.map(({ rcode }) => rcode)).toEqual(Array(4).fill('no answer'));
    expect(answers.map(({ detail }) => detail?.split(':')[0]).sort()).toEqual(
      ['protocol', 'protocol', 'refused', 'refused'].sort(),
    );
  });

  it('are found through DNS where the plan names none', async () => {
    expect(await delegatedServers('example.test', proofs.resolvers)).toEqual(['127.0.53.101:53']);
    await expect(delegatedServers('elsewhere.test', proofs.resolvers)).rejects.toThrow(
      'the name servers of elsewhere.test cannot be found',
    );
  });
});
