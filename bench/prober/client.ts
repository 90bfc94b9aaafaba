// Sends probes of one kind at one rate, open loop, and prints their times: one contestant, one process.
// Usage: node client.ts <contestant> <port> <rate per second> <warm-up> <samples> [helper port]
import { execFile } from 'node:child_process';
import http from 'node:http';
import { httpProbe } from '../../probes/http.ts';
import { failure, type ProbeOutcome } from '../../probes/probe.ts';
import { runOpenLoop } from '../../probes/sampleClock.ts';

const [name = '', port = '', rate = '', warmup = '', samples = '', helper = ''] =
  process.argv.slice(2);
const url = `http://127.0.0.1:${port}/`;
const TIMEOUT_MS = 5_000;
const signal = new AbortController().signal;
const passed = (totalMs: number): ProbeOutcome => ({ ok: true, totalMs, phases: {} });

const target = { host: '127.0.0.1', port: Number(port), path: '/', expectStatus: 200 };

const nodeHttp = (): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const startMs = performance.now();
    const fail = (error: Error) => resolve(failure('reset', 0, error.message));
    const request = http.get(url, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(passed(performance.now() - startMs)));
      answer.on('error', fail);
    });
    request.on('error', fail);
  });

const globalFetch = async (): Promise<ProbeOutcome> => {
  const startMs = performance.now();
  const answer = await fetch(url, { headers: { connection: 'close' } });
  await answer.text();
  return passed(performance.now() - startMs);
};

const curl = (): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const args = ['-s', '-o', '/dev/null', '-w', '%{time_total}', url];
    execFile('curl', args, (error, output) =>
      resolve(error ? failure('reset', 0, error.message) : passed(Number(output) * 1_000)),
    );
  });

const blackbox = async (): Promise<ProbeOutcome> => {
  const query = `module=http_2xx&target=${encodeURIComponent(url)}`;
  const answer = await fetch(`http://127.0.0.1:${helper}/probe?${query}`);
  const text = await answer.text();
  const seconds = /^probe_duration_seconds (\S+)$/m.exec(text)?.[1];
  return /^probe_success 1$/m.test(text) && seconds !== undefined
    ? passed(Number(seconds) * 1_000)
    : failure('status', 0, 'blackbox_exporter could not probe');
};

const CONTESTANTS: Readonly<Record<string, () => Promise<ProbeOutcome>>> = {
  ours: () => httpProbe(target, { timeoutMs: TIMEOUT_MS, signal }),
  'node:http': nodeHttp,
  fetch: globalFetch,
  curl,
  blackbox_exporter: blackbox,
};

const send = CONTESTANTS[name];
if (!send) throw new Error(`no contestant "${name}": ${Object.keys(CONTESTANTS).join(', ')}`);

/** Runs `count` probes; answers their own times, and counts. */
const run = async (count: number) => {
  const timesMs = new Float64Array(count);
  let n = 0;
  let late = 0;
  let failed = 0;
  await runOpenLoop({
    count,
    ratePerS: Number(rate),
    send,
    signal,
    onSample: (sample) => {
      if (sample.late) late += 1;
      if (sample.outcome.ok) timesMs[n++] = sample.serviceMs;
      else failed += 1;
    },
  });
  return { timesMs: timesMs.subarray(0, n), late, failed };
};

await run(Number(warmup));
// The server starts a new log.
await httpProbe({ ...target, path: '/log' }, { timeoutMs: TIMEOUT_MS, signal });
const cpu = process.cpuUsage();
const startMs = performance.now();
const { timesMs, late, failed } = await run(Number(samples));
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    timesMs: [...timesMs],
    late,
    failed,
    seconds: (performance.now() - startMs) / 1_000,
    cpuUsPerProbe: (user + system) / Number(samples),
    rssMb: process.memoryUsage().rss / 1e6,
  }),
);
