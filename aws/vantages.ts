/** Functions of other regions: Step Functions reaches only its own, so they are invoked from here. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DrillError } from '../core/errors.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const ACCEPTED = 202;

export const openVantages = (functionName: string, sdk: SdkSettings = {}) => {
  /** Hands an event to the function of a region and does not wait for its end. */
  const dispatch = async (region: string, event: unknown, signal: AbortSignal): Promise<void> => {
    const client = new LambdaClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });
    try {
      const answer = await client.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: 'Event',
          Payload: new TextEncoder().encode(JSON.stringify(event)),
        }),
        { abortSignal: signal },
      );
      if (answer.StatusCode === ACCEPTED) return;
      throw new DrillError(
        'VantageUnreachable',
        `${region} answered ${answer.StatusCode} to an invocation of ${functionName}`,
      );
    } finally {
      client.destroy();
    }
  };

  return { dispatch };
};

export type Vantages = ReturnType<typeof openVantages>;
