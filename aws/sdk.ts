import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { perKey } from '../core/perKey.ts';

/** Client settings that callers may give: where the SDK connects is left to the SDK and its environment. */
export type SdkSettings = Pick<DynamoDBClientConfig, 'requestHandler' | 'signerConstructor'> & {
  readonly region?: string;
  readonly endpoint?: string;
  /** Where nobody above tries again. */
  readonly maxAttempts?: number;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** SDK retries multiply with the retries of the state machine; three attempts in all are enough below one. */
export const MAX_ATTEMPTS = 3;

/** True for an error that carries this AWS error code. */
export const isAwsError = (error: unknown, ...names: string[]): error is Error =>
  error instanceof Error && names.includes(error.name);

/** One client a region, made when first asked for, all of them closed at once. */
export const perRegion = <Client extends { destroy(): void }>(
  make: (region: string) => Client,
): { readonly at: (region: string) => Client; readonly close: () => void } => {
  const made: Client[] = [];
  const at = perKey((region: string) => {
    const client = make(region);
    made.push(client);
    return client;
  });
  return {
    at,
    close: () => {
      for (const client of made) client.destroy();
    },
  };
};
