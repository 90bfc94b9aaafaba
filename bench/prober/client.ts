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

const nodeHttp = (index: number): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const startMs = performance.now();
    const fail = (error: Error) => resolve(failure('reset', 0, error.message));
    const request = http.get(`${url}${index}`, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(passed(performance.now() - startMs)));
      answer.on('error', fail);
    });
    request.on('error', fail);
  });

const globalFetch = async (index: number): Promise<ProbeOutcome> => {
  const startMs = performance.now();
  const answer = await fetch(`${url}${index}`, { headers: { connection: 'close' } });
  await answer.text();
  return passed(performance.now() - startMs);
};

const curl = (index: number): Promise<ProbeOutcome> =>
  new Promise((resolve) => {
    const args = ['-s', '-o', '/dev/null', '-w', '%{time_total}', `${url}${index}`];
    execFile('curl', args, (error, output) =>
      resolve(error ? failure('reset', 0, error.message) : passed(Number(output) * 1_000)),
    );
  });

const blackbox = async (index: number): Promise<ProbeOutcome> => {
  const query = `module=http_2xx&target=${encodeURIComponent(`${url}${index}`)}`;
  const answer = await fetch(`http://127.0.0.1:${helper}/probe?${query}`);
  const text = await answer.text();
  const seconds = /^probe_duration_seconds (\S+)$/m.exec(text)?.[1];
  return /^probe_success 1$/m.test(text) && seconds !== undefined
    ? passed(Number(seconds) * 1_000)
    : failure('status', 0, 'blackbox_exporter could not probe');
};

const CONTESTANTS: Readonly<Record<string, (index: number) => Promise<ProbeOutcome>>> = {
  ours: (index) => httpProbe({ ...target, path: `/${index}` }, { timeoutMs: TIMEOUT_MS, signal }),
  'node:http': nodeHttp,
  fetch: globalFetch,
  curl,
  blackbox_exporter: blackbox,
};

const send = CONTESTANTS[name];
if (!send) throw new Error(`no contestant "${name}": ${Object.keys(CONTESTANTS).join(', ')}`);

const WARMUP = Number(warmup);
const SAMPLES = Number(samples);

/** By index; NaN where the probe failed. */
const timesMs = new Float64Array(WARMUP + SAMPLES).fill(Number.NaN);
let late = 0;
let failed = 0;
let started: { readonly cpu: NodeJS.CpuUsage; readonly ms: number } | undefined;
// One run, of which the first part is not counted: two would throw away what the compiler learnt.
await runOpenLoop({
  count: WARMUP + SAMPLES,
  ratePerS: Number(rate),
  send,
  signal,
  onSample: (sample) => {
    if (sample.index < WARMUP) return;
    started ??= { cpu: process.cpuUsage(), ms: performance.now() };
    if (sample.late) late += 1;
    if (sample.outcome.ok) timesMs[sample.index] = sample.serviceMs;
    else failed += 1;
  },
});
const { user, system } = process.cpuUsage(started?.cpu);
console.log(
  JSON.stringify({
    timesMs: [...timesMs.entries()].filter(([index, ms]) => index >= WARMUP && !Number.isNaN(ms)),
    late,
    failed,
    seconds: (performance.now() - (started?.ms ?? 0)) / 1_000,
    cpuUsPerProbe: (user + system) / SAMPLES,
    rssMb: process.memoryUsage().rss / 1e6,
  }),
);
