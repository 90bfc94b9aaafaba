// Goal: wrong input gets a line that says what to do, and hostile input does not stop a watch.
// Method: the real command; malformed and many DNS packets at its real server.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkshop, type Running, type Workshop } from '../../support/drillCommand.ts';
import {
  answerOf,
  answers,
  type Endpoint,
  freePort,
  openEndpoint,
  writeWatch,
} from '../../support/watchCommand.ts';

const START_MS = 120_000;

let workshop: Workshop;
let primary: Endpoint;
let standby: Endpoint;
let port: number;
let running: Running[];

beforeEach(async () => {
  workshop = openWorkshop('watch-input');
  [primary, standby] = await Promise.all([openEndpoint('127.0.1.3'), openEndpoint('127.0.2.3')]);
  port = await freePort();
  running = [];
});
afterEach(async () => {
  for (const one of running) one.child.kill('SIGKILL');
  await Promise.all(running.map((one) => one.ended));
  await Promise.all([primary.stop(), standby.stop()]);
  workshop.remove();
});

const write = (over: Readonly<Record<string, string>> = {}) =>
  writeWatch(workshop, { primary: primary.url, standby: standby.url, dnsPort: port, over });

const start = (over: Readonly<Record<string, string>> = {}): Running => {
  const one = workshop.start(['watch', '--config', write(over), '--data', workshop.dataDir()]);
  running.push(one);
  return one;
};

describe('a configuration that cannot be watched', () => {
  const cases: [string, Readonly<Record<string, string>>, string][] = [
    [
      'a record outside its zone',
      { dns: '{ zone: other.test, driver: record }' },
      'watch.yml:2: record www.example.test is not in dns.zone other.test: name one that ends in .other.test',
    ],
    [
      'neither endpoint nor image',
      { regions: '{ primary: eu-west-1, standby: eu-central-1 }' },
      'watch.yml:3: regions.primary: nothing tells where eu-west-1 is reached. Give it an endpoint',
    ],
    [
      'a DNS server for everybody',
      { dns: '{ listen: "0.0.0.0:5353" }' },
      'watch.yml:6: dns.listen: 0.0.0.0:5353 is no loopback address. Use one such as 127.0.0.1:5300',
    ],
    [
      'a port that is none',
      { dns: '{ listen: "127.0.0.1:70000" }' },
      'watch.yml:6: dns.listen: port 70000 is above 65535',
    ],
  ];

  it.each(cases)('has %s', async (_what, over, message) => {
    const ended = await workshop.run(['watch', '--config', write(over)]);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toContain('    at ');
    expect(ended.code).toBe(2);
  });

  it('has no record', async () => {
    const ended = await workshop.run(['watch', '--config', write({ record: '~' })]);
    expect(ended.stderr).toMatch(/record/);
    expect(ended.code).toBe(2);
  });
});

describe('an address that is taken', () => {
  it('is told with the process that has it', async () => {
    const server = http.createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { code, stderr } = await start().ended;
      expect(stderr).toContain(
        `cannot listen on 127.0.0.1:${port}: in use by process ${process.pid} (`,
      );
      expect(stderr).toContain('Stop it, or choose another: dns.listen for DNS, --port');
      expect(code).toBe(1);
    } finally {
      server.close();
    }
  });
});

describe('commands without a watch', () => {
  it.each([
    ['status'],
    ['flip', '--yes'],
    ['back', '--yes'],
    ['approve', 'd'],
    ['fault', 'primary', 'down'],
  ])('%s says that none runs', async (...args) => {
    const { code, stderr } = await workshop.run([...args, '--data', workshop.dataDir()]);
    expect(stderr.trim()).toBe(
      `no watch runs on ${workshop.dataDir()}. Start one with: failover watch (or name its folder with --data; for one that was deployed: --on aws)`,
    );
    expect(code).toBe(1);
  });
});

/** Packets that no client sends on purpose: cut, stretched, with bits turned, or noise. */
const mangled = (query: Buffer): Buffer => {
  const bytes = Buffer.from(query);
  switch (randomInt(5)) {
    case 0:
      return bytes.subarray(0, randomInt(bytes.length));
    case 1:
      return Buffer.concat([bytes, randomBytes(randomInt(400))]);
    case 2:
      return randomBytes(randomInt(1, 600));
    case 3:
      // A name that points at itself, which a careless reader follows for ever.
      bytes.writeUInt16BE(0xc0_0c, 12);
      return bytes;
    default:
      for (let turned = 0; turned < 6; turned++) {
        const at = randomInt(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << randomInt(8));
      }
      return bytes;
  }
};

/** A question for the record, as the wire has it. */
const QUERY = Buffer.from(
  '12340100000100000000000003777777076578616d706c6504746573740000010001',
  'hex',
);

const sendAll = async (packets: readonly Buffer[]): Promise<void> => {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  for (const [at, packet] of packets.entries()) {
    await new Promise<void>((resolve) => socket.send(packet, port, '127.0.0.1', () => resolve()));
    if (at % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.close();
};

const sendOverTcp = async (bytes: Buffer): Promise<void> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.end(bytes);
  socket.resume();
  await once(socket, 'close');
};

describe('a watch that is sent rubbish', () => {
  it('answers right, and moves all the same', async () => {
    const watch = start();
    await answers(port, primary.host, START_MS, watch);
    await watch.until(/eu-central-1 UP/, START_MS);
    await sendAll(Array.from({ length: 2_000 }, () => mangled(QUERY)));
    for (let turn = 0; turn < 20; turn++) await sendOverTcp(mangled(QUERY));
    expect(await answerOf(port)).toEqual([primary.host]);
    // A flood of good questions: what is too much is dropped, the watch goes on.
    await sendAll(Array.from({ length: 4_000 }, () => QUERY));
    const before = primary.served();
    expect(await answerOf(port)).toEqual([primary.host]);
    await primary.stop();
    await answers(port, standby.host, START_MS, watch);
    expect(before).toBeGreaterThan(0);
    expect(watch.child.exitCode).toBeNull();
  });
});

describe('endpoints that cannot be well', () => {
  it('are named at the start, and count as down', async () => {
    const moved = http.createServer((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' });
      response.end();
    });
    moved.listen(0, '127.0.1.3');
    await once(moved, 'listening');
    const address = moved.address();
    const at = typeof address === 'object' ? address?.port : 0;
    try {
      const config = writeWatch(workshop, {
        ...{ primary: `http://127.0.1.3:${at}/`, standby: standby.url, dnsPort: port },
      });
      const watch = workshop.start(['watch', '--config', config, '--data', workshop.dataDir()]);
      running.push(watch);
      await watch.until(
        /primary eu-west-1 .*: it redirects \(302 to \/elsewhere\), which counts as down/,
        START_MS,
      );
      await watch.until(/eu-west-1 DOWN/, START_MS);
    } finally {
      moved.close();
    }
  });

  it('have a certificate that nobody vouches for: it is said, and the watch goes on', async () => {
    const key = path.join(workshop.folder, 'key.pem');
    const cert = path.join(workshop.folder, 'cert.pem');
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=other.test', '-addext', 'subjectAltName=DNS:other.test'],
      ...['-days', '1', '-keyout', key, '-out', cert],
    ]);
    const wrong = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    wrong.on('request', (_request, response) => response.end('well'));
    wrong.listen(0, '127.0.1.3');
    await once(wrong, 'listening');
    const address = wrong.address();
    const at = typeof address === 'object' ? address?.port : 0;
    try {
      const config = writeWatch(workshop, {
        ...{ primary: `https://127.0.1.3:${at}/`, standby: standby.url, dnsPort: port },
      });
      const watch = workshop.start(['watch', '--config', config, '--data', workshop.dataDir()]);
      running.push(watch);
      await watch.until(/primary eu-west-1 .*: its certificate is not accepted: /, START_MS);
      // It counts as down, so traffic goes where the certificate need not be asked about.
      await watch.until(/eu-west-1 DOWN/, START_MS);
      await answers(port, standby.host, START_MS, watch);
      expect(watch.child.exitCode).toBeNull();
    } finally {
      wrong.closeAllConnections();
      wrong.close();
    }
  });

  it('are not broken by us', async () => {
    const watch = start();
    await answers(port, primary.host, START_MS, watch);
    const { code, stderr } = await workshop.run([
      ...['fault', 'primary', 'down', '--data', workshop.dataDir()],
    ]);
    expect(stderr).toContain(`${primary.url} is not run by this tool, so it cannot break it`);
    expect(stderr).toContain('stop the process that listens on 127.0.1.3 port');
    expect(code).toBe(2);
  });
});
