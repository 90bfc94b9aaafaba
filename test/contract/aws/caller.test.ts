// Goal: whoever calls is told who they are, with a role and without, in whatever region is asked.
// Method: the SDK's client over sockets against the embedded service.
import * as stsSdk from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askCaller } from '../../../aws/caller.ts';
import { roleKey } from '../../../local/iam/roleKey.ts';
import { createSts } from '../../../local/sts/service.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { ACCOUNT_ID } from '../../../local/wire/types.ts';
import { clientOf, startEndpoint } from '../endpoint.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startEndpoint([serviceFromSdk(stsSdk, 'sts', createSts().operations)]);
});
afterAll(() => server.close());

it('tells the account, and the account itself where there is no role', async () => {
  const { accountId, arn } = await askCaller(clientOf(server, 'eu-west-1'));
  expect(accountId).toMatch(/^\d{12}$/);
  expect(arn).toContain(`:${accountId}:`);
});

it('names the session of a role', async () => {
  const accessKeyId = roleKey(`arn:aws:iam::${ACCOUNT_ID}:role/operator`, 'night');
  const credentials = { accessKeyId, secretAccessKey: 'any' };
  const { arn } = await askCaller({ ...clientOf(server), credentials });
  expect(arn).toBe(`arn:aws:sts::${ACCOUNT_ID}:assumed-role/operator/night`);
});
