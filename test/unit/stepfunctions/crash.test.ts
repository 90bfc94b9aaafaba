// Goal: an execution cut off at any byte of its journal goes on and ends as if nothing had happened.
// Method: run a machine with every kind of state once, then resume from every prefix of its journal.
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionAnswer, payloadOf, startMachines } from '../../support/stateMachines.ts';

const invoke = (payload: unknown) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f', Payload: payload },
  Output: '{% $states.result.Payload %}',
  Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, MaxAttempts: 2 }],
});

const MACHINE = {
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Assign: { rounds: 0, seen: [] }, Next: 'Rest' },
    Rest: { Type: 'Wait', Seconds: 30, Next: 'Round' },
    Round: {
      ...invoke({ round: '{% $rounds %}' }),
      Assign: { rounds: '{% $rounds + 1 %}', seen: '{% [$seen, $states.result.Payload] %}' },
      Next: 'Again',
    },
    Again: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $rounds < 2 %}', Next: 'Round' }],
      Default: 'Both',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'L',
          States: {
            L: { Type: 'Wait', Seconds: 5, Next: 'L2' },
            L2: { ...invoke({ left: 1 }), End: true },
          },
        },
        {
          StartAt: 'Each',
          States: {
            Each: {
              Type: 'Map',
              Items: '{% [1..4] %}',
              MaxConcurrency: 2,
              ItemProcessor: {
                StartAt: 'One',
                States: {
                  One: {
                    ...invoke({ item: '{% $states.input %}' }),
                    Assign: { mine: 1 },
                    Next: 'Nap',
                  },
                  Nap: { Type: 'Wait', Seconds: 1, End: true },
                },
              },
              End: true,
            },
          },
        },
      ],
      Next: 'Done',
    },
    Done: { Type: 'Succeed', Output: { both: '{% $states.input %}', seen: '{% $seen %}' } },
  },
};

let whole: string;
let journal: string;
let bytes: Buffer;
let expected: unknown;

const answer = (request: Parameters<typeof payloadOf>[0]) =>
  functionAnswer({ did: payloadOf(request) });

beforeAll(async () => {
  const machines = startMachines(answer);
  const ended = await machines.run(MACHINE, { a: 1 });
  expect(ended.status).toBe('SUCCEEDED');
  expected = ended.output;
  await machines.leave();
  whole = machines.dataDir;
  const { execSync } = await import('node:child_process');
  journal = path.relative(whole, execSync(`find ${whole} -name journal.jsonl`).toString().trim());
  bytes = readFileSync(path.join(whole, journal));
});
afterAll(() => rmSync(whole, { recursive: true, force: true }));

const resumeAt = async (length: number) => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'cut-'));
  cpSync(whole, dataDir, { recursive: true });
  truncateSync(path.join(dataDir, journal), length);
  const calls: unknown[] = [];
  const machines = startMachines(
    (request) => {
      calls.push(payloadOf(request));
      return answer(request);
    },
    { dataDir },
  );
  await machines.engine.resume();
  await machines.clock.until(machines.engine.settled());
  const { executions } = await machines.ask('ListExecutions', {
    stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:machine',
  });
  const ended = await machines.endOf(executions[0].executionArn);
  await machines.close();
  return { ended, calls };
};

describe('an execution that was cut off', () => {
  it('ends the same from every line of its journal, and its history stays whole', async () => {
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1);
    expect(ends.length).toBeGreaterThan(40);
    for (const end of ends) {
      const { ended } = await resumeAt(end);
      expect(ended.output, `cut after byte ${end}`).toEqual(expected);
      expect(ended.events.map((e) => e.id)).toEqual(ended.events.map((_, i) => i + 1));
      expect(ended.events.every((e) => e.previousEventId < e.id)).toBe(true);
    }
  }, 60_000);

  it('ignores the part of a line that was being written', async () => {
    const lineEnds = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1);
    for (const end of lineEnds.slice(0, -1).filter((_, i) => i % 4 === 0)) {
      const { ended } = await resumeAt(end + 7);
      expect(ended.output, `cut at byte ${end + 7}`).toEqual(expected);
    }
  }, 60_000);

  it('does not run again what has ended: a whole journal makes no call', async () => {
    const { ended, calls } = await resumeAt(bytes.length);
    expect(ended.status).toBe('SUCCEEDED');
    expect(calls).toEqual([]);
  });

  it('sees a task that was under way as lost and lets Retry decide', async () => {
    const text = bytes.toString('utf8');
    const started = text.indexOf('"y":"TaskStarted"');
    const { ended, calls } = await resumeAt(text.indexOf('\n', started) + 1);
    const failed = ended.events.find((e) => e.type === 'TaskFailed');
    expect(failed).toMatchObject({
      taskFailedEventDetails: {
        error: expect.stringMatching(/\.SdkClientException$/),
        cause: expect.stringContaining('The task was lost'),
      },
    });
    expect(calls[0]).toEqual({ round: 0 });
    expect(ended.output).toEqual(expected);
  });
});
