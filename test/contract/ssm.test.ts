import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { createSsm } from '../../local/ssm/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { clientOf, startEndpoint, temporaryFolder } from './endpoint.ts';

const { folder, remove } = temporaryFolder();
let server: WireServer;
let client: sdk.SSMClient;

const open = async () => {
  const { operations } = createSsm({ dataDir: folder, clock: realClock });
  server = await startEndpoint([serviceFromSdk(sdk, 'ssm', operations)]);
  client = new sdk.SSMClient(clientOf(server));
};
const close = async () => {
  client.destroy();
  await server.close();
};
beforeAll(open);
afterAll(async () => {
  await close();
  remove();
});

const put = (Name: string, Value: string, more: Partial<sdk.PutParameterCommandInput> = {}) =>
  client.send(new sdk.PutParameterCommand({ Name, Value, Type: 'String', ...more }));
const value = async (Name: string, WithDecryption = false) =>
  (await client.send(new sdk.GetParameterCommand({ Name, WithDecryption }))).Parameter?.Value;

test('a parameter is put once, then only over itself, with rising versions', async () => {
  expect((await put('/shop/url', 'one')).Version).toBe(1);
  await expect(put('/shop/url', 'two')).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
  expect((await put('/shop/url', 'two', { Overwrite: true })).Version).toBe(2);
  const { Parameter } = await client.send(new sdk.GetParameterCommand({ Name: '/shop/url' }));
  expect(Parameter).toMatchObject({
    Value: 'two',
    Version: 2,
    ARN: 'arn:aws:ssm:eu-central-1:000000000000:parameter/shop/url',
  });
  expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
  expect(await value('/shop/url:2')).toBe('two');
  await expect(value('/shop/url:1')).rejects.toMatchObject({ name: 'ParameterVersionNotFound' });
  expect(await value(Parameter?.ARN ?? '')).toBe('two');
});

test('a secret is shown only when decryption is asked, and its file is private', async () => {
  await put('/shop/webhook', 'https://hooks.test/s3cret', { Type: 'SecureString' });
  expect(await value('/shop/webhook', true)).toBe('https://hooks.test/s3cret');
  const covered = await value('/shop/webhook');
  expect(covered).not.toContain('s3cret');
  expect(Buffer.from(covered ?? '', 'base64').toString()).not.toContain('s3cret');
  const own = path.join(folder, 'ssm');
  for (const file of readdirSync(own))
    expect(statSync(path.join(own, file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(path.join(own, 'eu-central-1.json'), 'utf8')).toContain('s3cret');
});

test('many are read by name and by path, in pages', async () => {
  for (let at = 0; at < 12; at++) await put(`/many/p${at}`, `v${at}`);
  await put('/many/deep/er', 'v');
  const named = await client.send(new sdk.GetParametersCommand({ Names: ['/many/p1', '/none'] }));
  expect(named.Parameters?.map(({ Value }) => Value)).toEqual(['v1']);
  expect(named.InvalidParameters).toEqual(['/none']);
  const found: string[] = [];
  const pages = sdk.paginateGetParametersByPath({ client }, { Path: '/many' });
  for await (const { Parameters = [] } of pages)
    found.push(...Parameters.map(({ Name = '' }) => Name));
  expect(found).toHaveLength(12);
  expect(found).not.toContain('/many/deep/er');
  const ParameterFilters = [{ Key: 'Path', Option: 'Recursive', Values: ['/many'] }];
  const described = await client.send(new sdk.DescribeParametersCommand({ ParameterFilters }));
  expect(described.Parameters).toHaveLength(13);
});

test('bad names, values and filters are refused by the name AWS gives the mistake', async () => {
  const mistakes: [Promise<unknown>, string][] = [
    [put('a/b', 'x'), 'ValidationException'],
    [put('/aws/x', 'x'), 'ValidationException'],
    [put(`/${'a/'.repeat(16)}b`, 'x'), 'HierarchyLevelLimitExceededException'],
    [put('/long', 'x'.repeat(4097)), 'ValidationException'],
    [put('/digits', 'abc', { AllowedPattern: '^\\d+$' }), 'ParameterPatternMismatchException'],
    [put('/digits', 'abc', { AllowedPattern: '(' }), 'InvalidAllowedPatternException'],
    [value('/none'), 'ParameterNotFound'],
    [
      client.send(new sdk.DescribeParametersCommand({ ParameterFilters: [{ Key: 'Colour' }] })),
      'InvalidFilterKey',
    ],
    [client.send(new sdk.GetParametersByPathCommand({ Path: 'x' })), 'ValidationException'],
  ];
  for (const [mistake, name] of mistakes) await expect(mistake).rejects.toMatchObject({ name });
});

test('what was put is there after a restart, and what was deleted is not', async () => {
  await put('/kept', 'k');
  await put('/gone', 'g');
  await client.send(new sdk.DeleteParameterCommand({ Name: '/gone' }));
  await close();
  await open();
  expect(await value('/kept')).toBe('k');
  await expect(value('/gone')).rejects.toMatchObject({ name: 'ParameterNotFound' });
});
