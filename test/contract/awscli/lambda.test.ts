import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '@aws-sdk/client-lambda';
import { expect } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createLambda } from '../../../local/lambda/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { awscliTable } from './awscli.ts';

const open = async (dataDir: string) => {
  const lambda = createLambda({
    dataDir,
    clock: realClock,
    endpoint: () => 'http://127.0.0.1:1',
    network: { sourceAddress: () => undefined, resolver: () => undefined },
    log: () => {},
  });
  const codePath = path.join(dataDir, 'code', 'greet.mjs');
  mkdirSync(path.dirname(codePath));
  writeFileSync(codePath, 'export const handler = async ({ name }) => "hello " + name.trim();');
  lambda.registerFunction({
    region: 'eu-central-1',
    name: 'greet',
    codePath,
    handler: 'greet.handler',
    timeoutS: 10,
    memoryMb: 256,
    environment: {},
  });
  return { front: serviceFromSdk(sdk, 'lambda', lambda.operations), close: lambda.close };
};

const invoke = (folder: string, payload: string, ...more: string[]) => [
  ...['lambda', 'invoke', '--function-name', 'greet', '--payload', payload],
  ...['--cli-binary-format', 'raw-in-base64-out', ...more, path.join(folder, 'answer.json')],
];

awscliTable('lambda', open, [
  {
    name: 'invoke',
    args: (folder) => invoke(folder, '{"name":"Ada"}'),
    prints: { StatusCode: 200, ExecutedVersion: '$LATEST' },
  },
  {
    name: 'invoke of a function that fails',
    args: (folder) => {
      expect(readFileSync(path.join(folder, 'answer.json'), 'utf8')).toBe('"hello Ada"');
      return invoke(folder, '{}');
    },
    prints: { StatusCode: 200, FunctionError: 'Unhandled' },
  },
  {
    name: 'invoke as an event',
    args: (folder) => invoke(folder, '{"name":"Ada"}', '--invocation-type', 'Event'),
    prints: { StatusCode: 202 },
  },
  {
    name: 'get-function',
    args: () => ['lambda', 'get-function', '--function-name', 'greet'],
    prints: { Configuration: { FunctionName: 'greet', State: 'Active' } },
  },
  {
    name: 'get-function-configuration of an unknown function',
    args: () => ['lambda', 'get-function-configuration', '--function-name', 'nobody'],
    fails: 'ResourceNotFoundException',
  },
  {
    name: 'list-functions',
    args: () => ['lambda', 'list-functions'],
    prints: { Functions: [{ FunctionName: 'greet' }] },
  },
]);
