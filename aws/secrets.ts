/** Secrets kept in SSM. A value is handed to its one user and appears in no log and no error. */
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

export const openSecrets = (sdk: SdkSettings = {}) => {
  const client = new SSMClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  /** The value of a parameter, or undefined when there is none. */
  const find = async (name: string, signal: AbortSignal): Promise<string | undefined> => {
    try {
      const answer = await client.send(
        new GetParameterCommand({ Name: name, WithDecryption: true }),
        { abortSignal: signal },
      );
      return answer.Parameter?.Value;
    } catch (error) {
      if (isAwsError(error, 'ParameterNotFound')) return undefined;
      throw error;
    }
  };

  return { find };
};

export type Secrets = ReturnType<typeof openSecrets>;
