/** Who asks AWS. Every region answers it by itself, where it is enabled. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Identity = z.object({ Account: z.string().regex(/^\d{12}$/), Arn: z.string() });

export type Caller = { readonly accountId: string; readonly arn: string };

export const askCaller = async (sdk: SdkSettings): Promise<Caller> => {
  const sts = new STSClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });
  try {
    const { Account, Arn } = Identity.parse(await sts.send(new GetCallerIdentityCommand({})));
    return { accountId: Account, arn: Arn };
  } finally {
    sts.destroy();
  }
};
