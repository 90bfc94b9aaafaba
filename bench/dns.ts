// Queries a second that the authoritative DNS server answers over UDP, asked one after the other and
// with 50 questions under way: for one name, a thousand names, names that do not exist, and a name that is
// routed anew for each question. Then the time from a change request to its answer in DNS.
// Usage: node bench/dns.ts [--seconds 3]
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import dnsPacket from 'dns-packet';
import { realClock } from '../local/clock.ts';
import { resolve } from '../local/dns/resolve.ts';
import { createRoute53 } from '../local/route53/service.ts';
import type { CallContext } from '../local/wire/types.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const seconds = Number(values.seconds);
const peer = fork(new URL('./dns-peer.ts', import.meta.url), { stdio: 'inherit' });
const [port] = (await once(peer, 'message')) as [number];

const queryFor = (name: string): Buffer =>
  dnsPacket.encode({ type: 'query', id: 0, questions: [{ name, type: 'A' }] });

/** Answers a second and the median and 99th percentile of the time to an answer, in microseconds. */
const run = async (queries: readonly Buffer[], underWay: number) => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const sentAt = new Float64Array(65_536);
  const timesUs: number[] = [];
  let next = 0;
  const ask = () => {
    const query = Buffer.from(queries[next % queries.length] ?? Buffer.alloc(0));
    const id = next & 0xffff;
    next += 1;
    query.writeUInt16BE(id);
    sentAt[id] = performance.now();
    socket.send(query);
  };
  const untilMs = performance.now() + seconds * 1_000;
  const done = new Promise<void>((resolve) => {
    socket.on('message', (answer) => {
      const nowMs = performance.now();
      timesUs.push((nowMs - (sentAt[answer.readUInt16BE()] ?? 0)) * 1_000);
      if (nowMs < untilMs) ask();
      else resolve();
    });
  });
  for (let i = 0; i < underWay; i += 1) ask();
  await done;
  socket.close();
  timesUs.sort((a, b) => a - b);
  const at = (share: number) => timesUs[Math.floor(share * timesUs.length)] ?? Number.NaN;
  return { perS: timesUs.length / seconds, p50Us: at(0.5), p99Us: at(0.99) };
};

const hosts = Array.from({ length: 1_000 }, (_, n) => queryFor(`host-${n}.ex.test`));
const missing = Array.from({ length: 1_000 }, (_, n) => queryFor(`none-${n}.ex.test`));
const loads = [
  ['one name', hosts.slice(0, 1)],
  ['1000 names', hosts],
  ['1000 missing names', missing],
  ['a routed name', [queryFor('routed.ex.test')]],
] as const;
await run(hosts, 50);
for (const [what, queries] of loads) {
  for (const underWay of [1, 50]) {
    const { perS, p50Us, p99Us } = await run(queries, underWay);
    console.log(
      `${what.padEnd(20)} ${String(underWay).padStart(2)} under way: ` +
        `${perS.toFixed(0).padStart(6)} answers/s, ` +
        `p50 ${p50Us.toFixed(0)} us, p99 ${p99Us.toFixed(0)} us`,
    );
  }
}
peer.disconnect();

/** Milliseconds from the request to the first new answer, with a state file on disk, sorted. */
const flips = async (count: number, propagationMs: number): Promise<number[]> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'bench-dns-'));
  const route53 = await createRoute53({
    dataDir,
    clock: realClock,
    random: Math.random,
    propagationMs,
    requestsPerS: Number.POSITIVE_INFINITY,
  });
  const call: CallContext = {
    requestId: '',
    region: 'us-east-1',
    accountId: '',
    accessKeyId: '',
    sourceAddress: '127.0.0.1',
    signal: new AbortController().signal,
  };
  const created = await route53.operations['CreateHostedZone']?.(
    { Name: 'ex.test', CallerReference: 'bench' },
    call,
  );
  const HostedZoneId: string = Object(created).HostedZone.Id;
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const Value = `127.0.0.${n % 250}`;
    const set = { Name: 'a.ex.test', Type: 'A', TTL: 1, ResourceRecords: [{ Value }] };
    const Changes = [{ Action: 'UPSERT', ResourceRecordSet: set }];
    const startedMs = performance.now();
    await route53.operations['ChangeResourceRecordSets']?.(
      { HostedZoneId, ChangeBatch: { Changes } },
      call,
    );
    const answer = () =>
      resolve({ name: 'a.ex.test', type: 'A' }, route53.dnsZones(), '').answers[0];
    while (JSON.stringify(answer() ?? null).includes(`"${Value}"`) === false) {
      await new Promise((done) => setImmediate(done));
    }
    times.push(performance.now() - startedMs);
  }
  await route53.close();
  rmSync(dataDir, { recursive: true });
  return times.sort((a, b) => a - b);
};

for (const propagationMs of [0, 20]) {
  const times = await flips(100, propagationMs);
  const at = (share: number) => (times[Math.floor(share * times.length)] ?? Number.NaN).toFixed(1);
  console.log(
    `a change to its answer, propagation ${propagationMs} ms: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
}
