// How exactly the relays delay: HTTP over kept-alive connections through a relay, against the
// configured round-trip time. Three callers run at once; the embedded cloud's main process is idle
// or kept busy, and the relays run in their own process or, for comparison, in the main one.
// Usage: node bench/network.ts [--seconds 4]
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { realClock } from '../local/clock.ts';
import { regionAddress } from '../local/network/addresses.ts';
import { createNetwork } from '../local/network/network.ts';
import { createRelayHost } from '../local/network/relay.ts';

const ROUND_TRIPS_MS = [2, 5, 20, 40, 100, 200];
const CALLED = 'eu-west-1';
const CALLER = 'us-east-1';
const CALLERS_AT_ONCE = 3;

type Row = { rtt: number; relay: string; main: string; n: number; p50: number; p99: number };

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

/** Work as JSON and JSONata give: pieces of 8 ms, half of the time. */
const keepBusy = (): (() => void) => {
  let on = true;
  const turn = () => {
    const untilMs = performance.now() + 8;
    while (performance.now() < untilMs) JSON.parse(JSON.stringify(process.versions));
    if (on) setTimeout(turn, 8);
  };
  turn();
  return () => {
    on = false;
  };
};

/** Runs the server and the callers in a process of their own, as services and probes do. */
const startPeer = async () => {
  const child = fork(new URL('./network-peer.ts', import.meta.url), { stdio: 'inherit' });
  const next = <T>() => new Promise<T>((resolve) => child.once('message', (m) => resolve(m as T)));
  const port = await next<number>();
  return {
    port,
    measure: (load: { host: string; port: number; seconds: number; callers: number }) => {
      const answer = next<number[]>();
      child.send({ ...load, source: regionAddress(CALLER, 1) });
      return answer;
    },
    close: () => child.kill(),
  };
};

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '4' } } });
const seconds = Number(values.seconds);
const peer = await startPeer();
const target = { host: '127.0.0.1', port: peer.port };

const run = async (rtt: number, relay: string, busy: boolean, host: string, port: number) => {
  const stop = busy ? keepBusy() : () => {};
  const times = await peer.measure({ host, port, seconds, callers: CALLERS_AT_ONCE });
  stop();
  const errors = times.map((ms) => ms - rtt).sort((a, b) => a - b);
  const row: Row = {
    rtt,
    relay,
    main: busy ? 'busy' : 'idle',
    n: errors.length,
    p50: quantile(errors, 0.5),
    p99: quantile(errors, 0.99),
  };
  console.log(
    `${String(rtt).padStart(6)}  ${relay.padEnd(11)} ${row.main}  ${String(row.n).padStart(6)}  ` +
      `${row.p50.toFixed(2).padStart(7)}  ${row.p99.toFixed(2).padStart(7)}`,
  );
};

console.log('RTT ms  relay in    main       n   p50 err  p99 err   (ms over the configured RTT)');
for (const [i, rtt] of ROUND_TRIPS_MS.entries()) {
  const network = createNetwork({ rtt: () => rtt, random: Math.random, clock: realClock });
  const host = regionAddress(CALLED, 256 + i);
  const listener = await network.listen({ region: CALLED, host, port: 0, target });
  await run(rtt, 'own process', false, host, listener.port);
  await run(rtt, 'own process', true, host, listener.port);
  await network.close();
  const inMain = createRelayHost({ rttMs: () => rtt, random: Math.random });
  const port = await inMain.listen(1, { region: CALLED, host, port: 0, target });
  await run(rtt, 'main', true, host, port);
  inMain.closeAll();
  await sleep(50);
}
peer.close();
