/** Answers to a state machine that waits for a token, from any region. */
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** Somebody else answered, or the state gave up waiting: nothing is left to be said. */
const isOver = (error: unknown): boolean =>
  isAwsError(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken');

const REASON_MAX = 1_000;

export const openCallbacks = (homeRegion: string, sdk: SdkSettings = {}) => {
  const client = new SFNClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region: homeRegion });

  /** Each answers false when nobody waits any more. */
  const told = async (call: Promise<unknown>): Promise<boolean> => {
    try {
      await call;
      return true;
    } catch (error) {
      if (isOver(error)) return false;
      throw error;
    }
  };

  const succeed = (taskToken: string, output: unknown, signal: AbortSignal) =>
    told(
      client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }), {
        abortSignal: signal,
      }),
    );

  const fail = (taskToken: string, error: string, cause: string, signal: AbortSignal) =>
    told(
      client.send(
        new SendTaskFailureCommand({ taskToken, error, cause: cause.slice(0, REASON_MAX) }),
        { abortSignal: signal },
      ),
    );

  const heartbeat = (taskToken: string, signal: AbortSignal) =>
    told(client.send(new SendTaskHeartbeatCommand({ taskToken }), { abortSignal: signal }));

  return { succeed, fail, heartbeat };
};

export type Callbacks = ReturnType<typeof openCallbacks>;
