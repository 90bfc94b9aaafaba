/** Parameters of SSM that a set-up reads before it writes them. */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isAwsError } from '../../aws/sdk.ts';

/** Its value in the clear; undefined while there is none. */
export const storedParameter = async (
  ssm: SSMClient,
  name: string,
): Promise<string | undefined> => {
  try {
    const found = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return found.Parameter?.Value;
  } catch (error) {
    if (isAwsError(error, 'ParameterNotFound')) return undefined;
    throw error;
  }
};
