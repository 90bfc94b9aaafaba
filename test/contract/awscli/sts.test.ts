import * as sdk from '@aws-sdk/client-sts';
import { createSts } from '../../../local/sts/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { ACCOUNT_ID } from '../../../local/wire/types.ts';
import { awscliTable } from './awscli.ts';

awscliTable(
  'sts',
  async () => ({
    front: serviceFromSdk(sdk, 'sts', createSts().operations),
    close: async () => undefined,
  }),
  [
    {
      name: 'get-caller-identity',
      args: () => ['sts', 'get-caller-identity'],
      prints: { Account: ACCOUNT_ID, Arn: `arn:aws:iam::${ACCOUNT_ID}:root` },
    },
  ],
);
