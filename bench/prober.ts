// What probers read of a server that answers after some 20 ms, less what the server logged itself for the
// same request. Each contestant is a process of its own; they take turns.
// Usage: node bench/prober.ts [--quick]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';

const DELAY_MS = 20;
const PRIORITY = -15;
const quick = process.argv.includes('--quick');
const REPEATS = quick ? 1 : 3;

type Entry = { readonly name: string; readonly ratePerS: number };

/** Rates that a contestant cannot keep are left out: curl is one process per probe. */
const ENTRIES: readonly Entry[] = [
  { name: 'ours', ratePerS: 20 },
  { name: 'curl', ratePerS: 20 },
  ...['ours', 'node:http', 'fetch', 'blackbox_exporter'].map((name) => ({ name, ratePerS: 200 })),
  ...['ours', 'node:http', 'fetch'].map((name) => ({ name, ratePerS: 800 })),
  { name: 'ours', ratePerS: 1_600 },
];

const Run = z.object({
  timesMs: z.array(z.tuple([z.int(), z.number()])),
  late: z.int(),
  failed: z.int(),
  seconds: z.number(),
  cpuUsPerProbe: z.number(),
  rssMb: z.number(),
});
type Run = z.output<typeof Run>;

type Turn = { readonly run: Run; readonly servedMs: readonly number[] };

/** With the right to it, ahead of what else runs here; it changes the noise, not what is compared. */
const preferred = (child: ChildProcess): ChildProcess => {
  try {
    if (child.pid !== undefined) os.setPriority(child.pid, PRIORITY);
  } catch {
    // Not root: runs like everything else.
  }
  return child;
};

const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
};

const outputOf = async (child: ChildProcess): Promise<string> => {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  return text;
};

const startServer = async () => {
  const child = spawn(
    process.execPath,
    [
      ...['--max-semi-space-size=1', path.join(import.meta.dirname, 'prober/server.ts')],
      String(DELAY_MS),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  preferred(child);
  const [line] = await once(child.stdout, 'data');
  return { child, port: Number(String(line)) };
};

const serverLog = async (port: number): Promise<number[]> =>
  z.array(z.number()).parse(await (await fetch(`http://127.0.0.1:${port}/log`)).json());

const runOne = async (entry: Entry, port: number, helperPort: number): Promise<Turn> => {
  const { ratePerS } = entry;
  const samples = Math.max(60, ratePerS * (quick ? 2 : 4));
  const warmup = Math.max(20, ratePerS * 2);
  const args = [entry.name, port, ratePerS, warmup, samples, helperPort].map(String);
  const child = spawn(
    process.execPath,
    // A small young generation: many short pauses of the collector instead of a few long ones.
    ['--max-semi-space-size=1', path.join(import.meta.dirname, 'prober/client.ts'), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  preferred(child);
  const run = Run.parse(JSON.parse(await outputOf(child)));
  return { run, servedMs: await serverLog(port) };
};

/** Port of a blackbox_exporter started for this run; undefined where it is not installed. */
const startBlackbox = async () => {
  try {
    execFileSync('prometheus-blackbox-exporter', ['--version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const free = net.createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const address = free.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  free.close();
  const child = spawn(
    'prometheus-blackbox-exporter',
    [
      `--web.listen-address=127.0.0.1:${port}`,
      '--config.file=/etc/prometheus/blackbox.yml',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  preferred(child);
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { child, port };
};

/** Of each request, what the prober read less what the server logged. */
const errorsMs = ({ run, servedMs }: Turn): number[] =>
  run.timesMs.map(([index, ms]) => ms - (servedMs[index] ?? Number.NaN));

const median = (values: readonly number[]): number => quantile(values, 0.5);

type Line = Entry & {
  readonly p50: number;
  readonly p99: number;
  readonly serverP99: number;
  readonly late: number;
  readonly failed: number;
  readonly cpu: number;
};

const GOAL = { ratePerS: 1_600, p50Ms: 0.3, p99Ms: 1 };

const HEADER =
  '  rate/s  prober             error p50  error p99  server p99   late  failed  CPU us  p50 x ours';

const print = (lines: readonly Line[]): void => {
  const turns = `median of ${REPEATS} turns`;
  console.log(`Server of ${DELAY_MS} ms; error = prober less server log; ${turns}`);
  console.log(HEADER);
  for (const line of lines) {
    const ours = lines.find(({ name, ratePerS }) => name === 'ours' && ratePerS === line.ratePerS);
    const columns = [
      String(line.ratePerS).padStart(8),
      `  ${line.name.padEnd(18)}`,
      `${line.p50.toFixed(2)} ms`.padStart(10),
      `${line.p99.toFixed(2)} ms`.padStart(11),
      `${line.serverP99.toFixed(2)} ms`.padStart(12),
      `${(100 * line.late).toFixed(1)} %`.padStart(7),
      String(line.failed).padStart(8),
      line.cpu.toFixed(0).padStart(8),
      (ours && ours !== line ? (line.p50 / ours.p50).toFixed(1) : '').padStart(12),
    ];
    console.log(columns.join(''));
  }
  const best = lines.find(({ name, ratePerS }) => name === 'ours' && ratePerS === GOAL.ratePerS);
  if (!best) return;
  const met = best.p50 <= GOAL.p50Ms && best.p99 <= GOAL.p99Ms;
  console.log(
    `Goal at ${GOAL.ratePerS}/s: p50 within ${GOAL.p50Ms} ms, p99 within ${GOAL.p99Ms} ms: ` +
      `${met ? 'met' : 'not met'}. A server p99 far above ${DELAY_MS} ms says that the machine was busy.`,
  );
};

const server = await startServer();
const blackbox = await startBlackbox();
const entries = ENTRIES.filter(({ name }) => name !== 'blackbox_exporter' || blackbox);
const turns = entries.map((): Turn[] => []);
try {
  for (let turn = 0; turn < REPEATS; turn += 1) {
    for (const [at, entry] of entries.entries()) {
      turns[at]?.push(await runOne(entry, server.port, blackbox?.port ?? 0));
    }
  }
} finally {
  server.child.kill();
  blackbox?.child.kill();
}

print(
  entries.map((entry, at): Line => {
    const all = turns[at] ?? [];
    const error = (q: number) => median(all.map((one) => quantile(errorsMs(one), q)));
    return {
      ...entry,
      p50: error(0.5),
      p99: error(0.99),
      serverP99: median(all.map(({ servedMs }) => quantile(servedMs, 0.99))),
      late: median(all.map(({ run }) => run.late / (run.timesMs.length + run.failed))),
      failed: median(all.map(({ run }) => run.failed)),
      cpu: median(all.map(({ run }) => run.cpuUsPerProbe)),
    };
  }),
);
