import { AwsError, type Operations } from '../../wire/types.ts';
import type { EngineParts } from '../engine.ts';
import { isOversize, type Json, parseJson } from '../json.ts';
import { readToken } from '../taskTokens.ts';

type Input = Readonly<Record<string, unknown>>;

/** Who waits for the token. Throws InvalidToken, TaskDoesNotExist or TaskTimedOut as AWS does. */
const waiterFor = (parts: EngineParts, token: unknown) => {
  const text = typeof token === 'string' ? token : '';
  const read = readToken(text);
  if (!read) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const waiter = parts.tokens.find(text);
  if (waiter) return waiter;
  if (!parts.registry.entries.has(read.executionArn)) {
    throw new AwsError('TaskDoesNotExist', "Task Does Not Exist: 'Provided task does not exist'");
  }
  throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
};

const readOutput = (value: unknown): Json => {
  const text = typeof value === 'string' ? value : '';
  if (isOversize(text)) {
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must have length less than or equal to 262144",
    );
  }
  try {
    return parseJson(text);
  } catch {
    throw new AwsError('InvalidOutput', `Invalid JSON: '${text.slice(0, 100)}'`);
  }
};

/** What workers tell about tasks that wait for them. */
export const taskOperations = (parts: EngineParts): Operations => ({
  SendTaskSuccess: (input: Input) => {
    const output = readOutput(input['output']);
    waiterFor(parts, input['taskToken']).answer({ ok: true, output });
    return {};
  },
  SendTaskFailure: (input: Input) => {
    const text = (key: string) => (typeof input[key] === 'string' ? input[key] : null);
    const waiter = waiterFor(parts, input['taskToken']);
    waiter.answer({ ok: false, error: text('error'), cause: text('cause') });
    return {};
  },
  SendTaskHeartbeat: (input: Input) => {
    waiterFor(parts, input['taskToken']).beat();
    return {};
  },
});
