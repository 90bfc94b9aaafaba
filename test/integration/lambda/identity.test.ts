// Goal: a sandbox is in its region: its connections come from there and names are asked there.
// Method: handlers that connect, send datagrams and look names up; servers that note who asks.
import dgram from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import dnsPacket from 'dns-packet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { realClock } from '../../../local/clock.ts';
import { createLambda, type Lambda } from '../../../local/lambda/service.ts';
import { regionAddress } from '../../../local/network/addresses.ts';
import { readPayload, testCall } from './support.ts';

const REGION = 'sa-east-1';
const HOME = regionAddress(REGION, 1);
const dataDir = mkdtempSync(path.join(tmpdir(), 'lambda-identity-'));

const CODE = `
import dgram from 'node:dgram';
import dns from 'node:dns';
import { lookup } from 'node:dns/promises';
import http from 'node:http';
const text = (url) => new Promise((resolve, reject) => http.get(url, (response) => {
  let body = '';
  response.on('data', (data) => { body += data; }).on('end', () => resolve(body));
}).on('error', reject));
const datagram = (port) => new Promise((resolve) => {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (message) => { socket.close(); resolve(String(message)); });
  socket.send('who', port, '127.0.0.1');
});
const settled = (promise) => promise.catch((error) => ({ code: error.code, message: error.message }));
export const handler = async ({ port, udpPort }) => ({
  literal: await text('http://127.0.0.1:' + port),
  named: await text('http://shop.drill.test:' + port),
  fetched: await (await fetch('http://shop.drill.test:' + port)).text(),
  datagram: await datagram(udpPort),
  all: await lookup('shop.drill.test', { all: true }),
  unknown: await settled(lookup('nothing.drill.test')),
  outside: (await lookup('localhost', { family: 4 })).address,
  servers: dns.getServers(),
  left: Object.keys(process.env).filter((name) => name.startsWith('SANDBOX_')),
});
`;

/** Knows shop.drill.test; the rest of drill.test does not exist. */
const resolver = dgram.createSocket('udp4');
const mirror = dgram.createSocket('udp4');
const server = http.createServer((request, response) => {
  response.end(request.socket.remoteAddress);
});
let lambda: Lambda;

const bound = (socket: dgram.Socket, address: string) =>
  new Promise<void>((resolve) => socket.bind(0, address, resolve));

beforeAll(async () => {
  resolver.on('message', (message, from) => {
    const query = dnsPacket.decode(message);
    const question = query.questions?.[0];
    const known = question?.name === 'shop.drill.test';
    const answers =
      known && question.type === 'A'
        ? [{ type: 'A' as const, name: question.name, ttl: 1, data: '127.0.0.1' }]
        : [];
    const flags = known ? 0 : 3;
    const { id, questions = [] } = query;
    const answer = dnsPacket.encode({ id: id ?? 0, type: 'response', flags, questions, answers });
    resolver.send(answer, from.port, from.address);
  });
  mirror.on('message', (_, from) => mirror.send(from.address, from.port, from.address));
  await bound(resolver, regionAddress(REGION, 2));
  await bound(mirror, '127.0.0.1');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lambda = createLambda({
    dataDir,
    clock: realClock,
    endpoint: () => 'http://127.0.0.1:1',
    network: {
      sourceAddress: () => HOME,
      resolver: () => `${resolver.address().address}:${resolver.address().port}`,
    },
    log: () => {},
  });
  const codePath = path.join(dataDir, 'who.mjs');
  writeFileSync(codePath, CODE);
  const limits = { timeoutS: 20, memoryMb: 512, environment: {} };
  lambda.registerFunction({
    region: REGION,
    name: 'who',
    codePath,
    handler: 'who.handler',
    ...limits,
  });
});

afterAll(async () => {
  await lambda.close();
  resolver.close();
  mirror.close();
  server.close();
  server.closeAllConnections();
  rmSync(dataDir, { recursive: true, force: true });
});

it('a sandbox connects, sends and asks from within its region', async () => {
  const event = { port: (server.address() as AddressInfo).port, udpPort: mirror.address().port };
  const input = { FunctionName: 'who', Payload: Buffer.from(JSON.stringify(event)) };
  const output = await lambda.operations['Invoke']?.(input, testCall(REGION));
  expect(readPayload(output).payload).toEqual({
    literal: HOME,
    named: HOME,
    fetched: HOME,
    datagram: HOME,
    all: [{ address: '127.0.0.1', family: 4 }],
    unknown: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND nothing.drill.test' },
    outside: '127.0.0.1',
    servers: [`${regionAddress(REGION, 2)}:${resolver.address().port}`],
    left: [],
  });
});
