// Runs executions that were recorded on AWS and compares the histories, event by event.
// The far ends (functions, services) are restated from each recording; see script.ts and compare.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStepFunctions } from '../../local/stepfunctions/engine.ts';
import { seededRandom } from '../../local/stepfunctions/random.ts';
import type { TaskRequest } from '../../local/stepfunctions/runtime.ts';
import { createVirtualClock } from '../../local/virtualClock.ts';
import type { CallContext } from '../../local/wire/types.ts';
import { type Case, casesFile, detailsOf, readCases } from './cases.ts';
import { type ActualEvent, compareHistories } from './compare.ts';
import { play, type Step, stepsOf } from './script.ts';

const ACCOUNT = '000000000000';
const START_MS = Date.parse('2026-11-20T00:00:00Z');
const PASS_SHARE_MIN = 0.95;

const call: CallContext = {
  requestId: 'conformance',
  region: 'us-east-1',
  accountId: ACCOUNT,
  accessKeyId: 'none',
  sourceAddress: '127.0.0.1',
  signal: new AbortController().signal,
};

const json = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/**
 * The input AWS ran with. Where the recording shows another number or structure than the case does,
 * the recording is right; where it shows another text, that text is a placeholder, noted in `bindings`.
 */
const mergeInput = (given: unknown, seen: unknown, bindings: Map<string, string>): unknown => {
  if (typeof given === 'string' && typeof seen === 'string') {
    if (given !== seen) bindings.set(seen, given);
    return given;
  }
  if (Array.isArray(given) && Array.isArray(seen) && given.length === seen.length) {
    return given.map((value, i) => mergeInput(value, seen[i], bindings));
  }
  const isRecord = (v: unknown): v is Record<string, unknown> =>
    typeof v === 'object' && v !== null && !Array.isArray(v);
  if (!isRecord(given) || !isRecord(seen)) return seen;
  return Object.fromEntries(
    Object.entries(seen).map(([key, value]) => [
      key,
      key in given ? mergeInput(given[key], value, bindings) : value,
    ]),
  );
};

const tokenIn = (value: unknown): string | undefined => {
  if (typeof value === 'string' && value.startsWith('{')) return tokenIn(json(value));
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (key === 'TaskToken' && typeof member === 'string') return member;
    const found = tokenIn(member);
    if (found) return found;
  }
  return undefined;
};

/** A function of which the recording shows no result runs in a child execution: it gives back its input. */
const echo = (request: TaskRequest): unknown => {
  const payload =
    typeof request.input === 'object' && request.input !== null
      ? Reflect.get(request.input, 'Payload')
      : undefined;
  return { StatusCode: 200, Payload: payload ?? 'null' };
};

/** Cases whose own input is not the one their recording shows; the recorded one is used. */
const otherInputs = new Set<string>();

const runCase = async (recorded: Case): Promise<string[]> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  const clock = createVirtualClock(START_MS);
  const steps: Step[] = stepsOf(recorded);
  const answer = async (request: TaskRequest): Promise<unknown> => {
    const index = steps.findIndex(
      (step) => step.service === request.service && step.action === request.action,
    );
    const step = steps[index];
    if (!step) {
      if (request.service === 'lambda') return echo(request);
      throw new Error(`the recording has no further call of ${request.service}:${request.action}`);
    }
    steps.splice(index, 1);
    const token = tokenIn(request.input);
    if (token && step.submitted !== undefined && step.end.kind !== 'never') {
      setImmediate(() => settle(token, step));
    }
    return play(step, request);
  };
  const engine = createStepFunctions({
    dataDir,
    clock,
    random: seededRandom(1),
    gateway: { call: answer },
  });
  const invoke = (operation: string, input: object): Promise<unknown> =>
    Promise.resolve(engine.operations[operation]?.(input, call));
  const settle = (taskToken: string, { end }: Step): Promise<unknown> => {
    if (end.kind === 'output') {
      return invoke('SendTaskSuccess', { taskToken, output: JSON.stringify(end.value) });
    }
    return end.kind === 'failure'
      ? invoke('SendTaskFailure', { taskToken, error: end.error, cause: end.cause })
      : Promise.resolve();
  };
  try {
    const bindings = new Map<string, string>();
    const first = recorded.expected.get_execution_history.events[0];
    const input = mergeInput(recorded.input, json(detailsOf(first ?? {})['input']), bindings);
    const machine = await invoke('CreateStateMachine', {
      name: 'case',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/case`,
      definition: JSON.stringify(recorded.definition),
    });
    const started = await invoke('StartExecution', {
      stateMachineArn: Reflect.get(Object(machine), 'stateMachineArn'),
      input: JSON.stringify(input),
    });
    if (JSON.stringify(input) !== JSON.stringify(recorded.input)) otherInputs.add(recorded.id);
    await clock.until(engine.settled());
    const events: ActualEvent[] = [];
    let nextToken: unknown;
    do {
      const page = Object(
        await invoke('GetExecutionHistory', {
          executionArn: Reflect.get(Object(started), 'executionArn'),
          maxResults: 1000,
          nextToken,
        }),
      );
      events.push(...page.events);
      nextToken = page.nextToken;
    } while (nextToken);
    return compareHistories(recorded, events, bindings);
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
};

const main = async (): Promise<number> => {
  const file = casesFile();
  const cases = readCases(file);
  if (!cases) {
    console.log(`conformance: no recorded cases at ${file}; set ASL_CASES to a file that has them`);
    return 0;
  }
  const only = process.argv[2];
  const chosen = only ? cases.filter(({ id }) => id.includes(only)) : cases;
  let passed = 0;
  for (const recorded of chosen) {
    const wrong = await runCase(recorded).catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ]);
    if (wrong.length === 0) passed += 1;
    else console.log(`FAILED ${recorded.id}\n  ${wrong.join('\n  ')}`);
  }
  for (const id of otherInputs) console.log(`note: ${id} ran with the input its recording shows`);
  const failed = chosen.length - passed;
  const share = chosen.length === 0 ? 0 : passed / chosen.length;
  console.log(
    `conformance: ${passed} passed, ${failed} failed, 0 skipped of ${chosen.length} (${(share * 100).toFixed(1)} %; at least ${PASS_SHARE_MIN * 100} % wanted)`,
  );
  return share >= PASS_SHARE_MIN ? 0 : 1;
};

process.exitCode = await main();
