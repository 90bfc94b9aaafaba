// What is deployed: how long packaging takes, how much a bundle weighs, how long a sandbox takes to be ready.
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { realClock } from '../local/clock.ts';
import { bundleFunctions, bundleWeights } from '../local/lambda/bundle.ts';
import { createLambda } from '../local/lambda/service.ts';
import { ACCOUNT_ID } from '../local/wire/types.ts';
import { functionEntries, packageFunctions } from '../scripts/package.ts';

const PACKAGE_S_MAX = 30;
const BUNDLE_KB_MAX = 300;
const INIT_MS_MAX = 150;
const STARTS = 5;
const SHOWN = 5;
const MEMORY_MB = 512;
const REGION = 'eu-central-1';

type Row = { readonly name: string; readonly value: number };

const folder = mkdtempSync(path.join(tmpdir(), 'bench-package-'));
const entries = functionEntries();

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The largest, and how many keep to the bound. @returns how many do not. */
const print = (title: string, rows: readonly Row[], max: number, unit: string): number => {
  const order = [...rows].sort((a, b) => b.value - a.value);
  const over = order.filter(({ value }) => value > max);
  console.log(
    `${title}: ${over.length === 0 ? 'all' : rows.length - over.length} of ${rows.length} within ${max} ${unit}`,
  );
  for (const { name, value } of order.slice(0, Math.max(SHOWN, over.length))) {
    console.log(`  ${name.padEnd(20)} ${value.toFixed(0).padStart(5)} ${unit}`);
  }
  return over.length;
};

const timePackaging = async (): Promise<void> => {
  const start = performance.now();
  const packaged = await packageFunctions(path.join(folder, 'build'));
  const seconds = (performance.now() - start) / 1_000;
  const kib = packaged.reduce((sum, { bytes }) => sum + bytes, 0) / 1_024;
  console.log(
    `npm run package: ${packaged.length} archives of ${kib.toFixed(0)} KiB in ${seconds.toFixed(1)} s, held to ${PACKAGE_S_MAX} s`,
  );
};

const weigh = async (): Promise<void> => {
  const { metafile } = await bundleFunctions({ entries, outDir: path.join(folder, 'weighed') });
  const weights = Object.entries(bundleWeights(metafile));
  const rows = weights.map(([name, { ownBytes }]) => ({ name, value: ownBytes / 1_024 }));
  // Times depend on what else the machine does; weights do not.
  if (print('bundles, minified, without the SDK', rows, BUNDLE_KB_MAX, 'KB') > 0)
    process.exitCode = 1;
  const whole = weights.map(([, { bytes }]) => bytes / 1_024);
  console.log(
    `with what they need of the SDK: ${medianOf(whole).toFixed(0)} KB in the median, at most ${Math.max(...whole).toFixed(0)} KB`,
  );
};

const INIT = /Init Duration: ([\d.]+) ms/;

/** What Node compiled is kept beside the code, after the first event. */
const hasCompiled = (codePath: string): boolean =>
  globSync(path.join(path.dirname(codePath), '.compiled', '*', '*')).length > 0;

/** Time from the start of the process, Node's own start included, to the first request for work. */
const initMs = async (name: string, codePath: string): Promise<number> => {
  let found: number | undefined;
  const lambda = createLambda({
    dataDir: path.join(folder, 'lambda'),
    clock: realClock,
    // Nothing is there: what a function says to its first event does not matter.
    endpoint: () => 'http://127.0.0.1:1',
    network: { sourceAddress: () => undefined, resolver: () => undefined },
    log: ({ text }) => {
      const init = INIT.exec(text)?.[1];
      if (init !== undefined) found = Number(init);
    },
  });
  try {
    const spec = { region: REGION, name, codePath, handler: 'handler.handler', environment: {} };
    lambda.registerFunction({ ...spec, timeoutS: 3, memoryMb: MEMORY_MB });
    await lambda.operations['Invoke']?.(
      { FunctionName: name, Payload: Buffer.from('{}') },
      {
        ...{ requestId: 'bench', region: REGION, accountId: ACCOUNT_ID, accessKeyId: 'bench' },
        ...{ sourceAddress: '127.0.0.1', signal: AbortSignal.timeout(20_000) },
      },
    );
    for (let wait = 0; !(found && hasCompiled(codePath)) && wait < 500; wait++) await sleep(10);
    if (found === undefined) throw new Error(`${name} did not report its init`);
    return found;
  } finally {
    await lambda.close();
  }
};

const NOTHING = 'export const handler = async () => null;';

const startsOf = async (name: string, codePath: string): Promise<number[]> => {
  const times: number[] = [];
  for (let start = 0; start <= STARTS; start++) times.push(await initMs(name, codePath));
  return times;
};

const timeInits = async (): Promise<void> => {
  const nothing = path.join(folder, 'handler.mjs');
  writeFileSync(nothing, NOTHING);
  const base = medianOf((await startsOf('nothing', nothing)).slice(1));
  const first: Row[] = [];
  const later: Row[] = [];
  for (const name of Object.keys(entries)) {
    const codePath = path.join(folder, 'build/bundles', name, 'handler.mjs');
    const times = await startsOf(name, codePath);
    first.push({ name, value: times[0] ?? Number.NaN });
    later.push({ name, value: medianOf(times.slice(1)) });
  }
  const cold = medianOf(first.map(({ value }) => value));
  const warm = medianOf(later.map(({ value }) => value));
  console.log(
    `init, Node's own start included, at a load of ${loadavg()[0]?.toFixed(1)}: a handler that does nothing ${base.toFixed(0)} ms; ` +
      `median of all ${warm.toFixed(0)} ms, ${(warm / cold).toFixed(2)} of the ${cold.toFixed(0)} ms where its code was never compiled`,
  );
  print(`init, median of ${STARTS} starts`, later, INIT_MS_MAX, 'ms');
};

try {
  await timePackaging();
  await weigh();
  await timeInits();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
