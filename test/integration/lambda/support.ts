import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, type CallContext } from '../../../local/wire/types.ts';

/** A call as the endpoint hands it to a service. */
export const testCall = (region: string): CallContext => ({
  requestId: randomUUID(),
  region,
  accountId: ACCOUNT_ID,
  accessKeyId: 'AKIDTEST',
  sourceAddress: '127.0.0.1',
  signal: new AbortController().signal,
});

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, asserted by the tests
type Loose = any;

export const readPayload = (output: Loose): { output: Loose; payload: Loose } => ({
  output,
  payload: JSON.parse(Buffer.from(output.Payload ?? '').toString('utf8') || 'null'),
});

/** A handler that does what the event says, for better or worse. */
export const MISBEHAVING = `
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
let count = 0;
class ProbeRefusedError extends Error { name = 'ProbeRefusedError'; }
const deeds = {
  count: () => ({ count: ++count, pid: process.pid }),
  environment: () => process.env,
  context: (event, { getRemainingTimeInMillis, ...context }) => ({ ...context, leftMs: getRemainingTimeInMillis() }),
  throw: () => { throw new ProbeRefusedError('no probe today'); },
  spin: () => { for (;;); },
  exit: () => process.exit(3),
  allocate: async () => { const held = []; for (;;) { held.push(Buffer.alloc(4e6, 1)); await sleep(5); } },
  answer: ({ bytes }) => 'x'.repeat(bytes),
  reject: () => { Promise.reject(new Error('nobody listens')); return sleep(1000); },
  'throw-later': () => { setTimeout(() => { throw new RangeError('late'); }, 1); return sleep(1000); },
  sleep: async ({ ms }) => { await sleep(ms); return { pid: process.pid }; },
  log: () => { console.log('{"_aws":{"Timestamp":1},"Probes":3}'); console.error('to stderr'); return 1; },
  connect: ({ host, port }) => new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    let text = '';
    socket.on('data', (data) => { text += data; }).on('end', () => resolve(text)).on('error', reject);
  }),
};
export const handler = (event, context) => deeds[event.do](event, context);
`;
