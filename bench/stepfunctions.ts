// How fast the embedded Step Functions walks states, beside aws-local-stepfunctions, which keeps nothing.
// Ours includes everything: validation, the API, and a journal on disk for every transition.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StateMachine } from 'aws-local-stepfunctions';
import { realClock } from '../local/clock.ts';
import { createStepFunctions } from '../local/stepfunctions/engine.ts';
import { seededRandom } from '../local/stepfunctions/random.ts';
import type { CallContext } from '../local/wire/types.ts';

const TRANSITIONS = 10_000;
const MAP_ITEMS = 1_000;
const LONG_TRANSITIONS = 1_000_000;
const REPEATS = 5;
/** Heap growth over the second half of the long run that still counts as flat. */
const FLAT_MB = 8;

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:echo';

/** A loop of a Pass and a Choice: counts to `rounds`, two transitions a round. */
const loop = (rounds: number) => ({
  StartAt: 'Add',
  States: {
    Add: {
      Type: 'Pass',
      Parameters: { 'n.$': 'States.MathAdd($.n, 1)', note: 'a payload of ordinary size' },
      Next: 'More',
    },
    More: {
      Type: 'Choice',
      Choices: [{ Variable: '$.n', NumericLessThan: rounds, Next: 'Add' }],
      Default: 'End',
    },
    End: { Type: 'Succeed' },
  },
});

const fanOut = {
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      ItemsPath: '$.items',
      MaxConcurrency: 40,
      ItemProcessor: {
        StartAt: 'Call',
        States: { Call: { Type: 'Task', Resource: FUNCTION, End: true } },
      },
      End: true,
    },
  },
};

const call: CallContext = {
  requestId: 'bench',
  region: 'eu-west-1',
  accountId: '000000000000',
  accessKeyId: 'none',
  sourceAddress: '127.0.0.1',
  signal: new AbortController().signal,
};

const echo = async (payload: unknown) => ({ StatusCode: 200, Payload: payload });

const withEngine = async <T>(
  work: (run: (definition: object, input: object) => Promise<string>) => Promise<T>,
): Promise<T> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'bench-machines-'));
  const engine = createStepFunctions({
    dataDir,
    clock: realClock,
    random: seededRandom(1),
    gateway: { call: ({ input }) => echo(Reflect.get(Object(input), 'Payload')) },
    limits: { historyEventsMax: Number.MAX_SAFE_INTEGER },
  });
  const ask = (operation: string, input: object) =>
    Promise.resolve(engine.operations[operation]?.(input, call)).then(Object);
  let machines = 0;
  const run = async (definition: object, input: object): Promise<string> => {
    const roleArn = 'arn:aws:iam::000000000000:role/bench';
    machines += 1;
    const text = JSON.stringify(definition);
    const name = `bench-${machines}`;
    const made = await ask('CreateStateMachine', { name, roleArn, definition: text });
    const { stateMachineArn } = made;
    const started = await ask('StartExecution', { stateMachineArn, input: JSON.stringify(input) });
    await engine.settled();
    const { executionArn } = started;
    const ended = await ask('DescribeExecution', { executionArn });
    if (ended.status !== 'SUCCEEDED') throw new Error(`${ended.status}: ${ended.cause}`);
    return executionArn;
  };
  try {
    return await work(run);
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
};

type PeerDefinition = ConstructorParameters<typeof StateMachine>[0];

const runPeer = async (definition: object, input: object): Promise<void> => {
  const machine = new StateMachine(Object(definition) as PeerDefinition, {
    validationOptions: { checkPaths: true, checkArn: true },
  });
  const taskResourceLocalHandlers = { Call: async (payload: unknown) => payload };
  const { result } = machine.run(Object(input), {
    overrides: { taskResourceLocalHandlers: Object(taskResourceLocalHandlers) },
    noThrowOnAbort: true,
  });
  await result;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Median milliseconds of each, taking turns so that both meet the same machine. */
const compare = async (
  name: string,
  ours: () => Promise<unknown>,
  peer: () => Promise<unknown>,
) => {
  const times: [number[], number[]] = [[], []];
  for (let turn = -1; turn < REPEATS; turn += 1) {
    for (const [at, run] of [ours, peer].entries()) {
      const start = performance.now();
      await run();
      if (turn >= 0) times[at]?.push(performance.now() - start);
    }
  }
  const [mine, other] = [median(times[0]), median(times[1])];
  const ratio = (other / mine).toFixed(2);
  console.log(
    `${name}: ours ${mine.toFixed(0)} ms, durable; aws-local-stepfunctions ${other.toFixed(0)} ms, in memory; ${ratio} x as fast`,
  );
  return mine <= other;
};

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const heapMb = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** A million transitions; the heap is looked at half-way and at the end. */
const longRun = () =>
  withEngine(async (run) => {
    const seen: number[] = [];
    const timer = setInterval(() => seen.push(heapMb()), 250);
    const start = performance.now();
    await run(loop(LONG_TRANSITIONS / 2), { n: 0 });
    clearInterval(timer);
    const seconds = (performance.now() - start) / 1000;
    const half = Math.floor(seen.length / 2);
    const [early, late] = [Math.max(...seen.slice(0, half)), Math.max(...seen.slice(half))];
    const rate = Math.round(LONG_TRANSITIONS / seconds);
    console.log(
      `${LONG_TRANSITIONS} transitions: ${seconds.toFixed(1)} s, ${rate} a second; heap at most ${early.toFixed(0)} MB in the first half, ${late.toFixed(0)} MB in the second`,
    );
    return late - early <= FLAT_MB;
  });

const items = Array.from({ length: MAP_ITEMS }, (_, id) => ({ id, text: 'item' }));

const results = await withEngine(async (run) => [
  await compare(
    `${TRANSITIONS} transitions of Pass and Choice`,
    () => run(loop(TRANSITIONS / 2), { n: 0 }),
    () => runPeer(loop(TRANSITIONS / 2), { n: 0 }),
  ),
  await compare(
    `Map of ${MAP_ITEMS} Lambda tasks`,
    () => run(fanOut, { items }),
    () => runPeer(fanOut, { items }),
  ),
]);
results.push(await longRun());
if (results.includes(false)) {
  console.error('slower than the peer, or memory grew');
  process.exitCode = 1;
}
