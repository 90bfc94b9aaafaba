/** Functions of one region, called by name. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const REASON_MAX = 1_000;

export const openFunctionCalls = (sdk: SdkSettings = {}) => {
  const client = new LambdaClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });
  const bytes = (event: unknown) => new TextEncoder().encode(JSON.stringify(event));

  /** Hands an event over and does not wait for its end. */
  const send = async (name: string, event: unknown, signal?: AbortSignal): Promise<void> => {
    await client.send(
      new InvokeCommand({ FunctionName: name, InvocationType: 'Event', Payload: bytes(event) }),
      signal ? { abortSignal: signal } : {},
    );
  };

  /**
   * Waits for the answer of a function.
   * @throws DrillError `TransientFailure` with the words of a function that failed, `DataCorrupt` for an answer of another shape.
   */
  const call = async <T extends z.ZodType>(
    name: string,
    event: unknown,
    schema: T,
    signal?: AbortSignal,
  ): Promise<z.output<T>> => {
    const answer = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: bytes(event) }),
      signal ? { abortSignal: signal } : {},
    );
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError !== undefined) {
      throw new DrillError('TransientFailure', `${name} failed: ${text.slice(0, REASON_MAX)}`);
    }
    const result = schema.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new DrillError(
      'DataCorrupt',
      `the answer of ${name} does not fit its schema: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  };

  return { send, call, close: () => client.destroy() };
};

export type FunctionCalls = ReturnType<typeof openFunctionCalls>;
