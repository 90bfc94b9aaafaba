// Queries a second that the authoritative DNS server answers over UDP, asked one after the other and
// with 50 questions under way, for one name, for a thousand names and for names that do not exist.
// Usage: node bench/dns.ts [--seconds 3]
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import dnsPacket from 'dns-packet';

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
