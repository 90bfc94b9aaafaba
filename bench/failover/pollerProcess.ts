// Asks again and again which side is active and tells each change: `node pollerProcess.ts <json>`, the
// JSON being what is watched and the addresses of the two sides.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import dnsPacket from 'dns-packet';
import { nowMs, type PollerRequest, type Seen, type Watched } from './messages.ts';

type Task = { readonly watched: Watched; readonly primary: string; readonly standby: string };
const { watched, primary, standby } = JSON.parse(process.argv[2] ?? '') as Task;
const SILENT_MS = 500;

let told: Seen['active'] | null = null;
let newestAskedMs = 0;
/** Answers count in the order of their questions: one that was overtaken says nothing any more. */
const see = (active: Seen['active'], askedMs: number, detail: string) => {
  if (askedMs < newestAskedMs) return;
  newestAskedMs = askedMs;
  if (active === told) return;
  told = active;
  process.send?.({ active, atMs: nowMs(), detail } satisfies Seen);
};

const sideOf = (addresses: readonly string[]): Seen['active'] => {
  const [hasPrimary, hasStandby] = [addresses.includes(primary), addresses.includes(standby)];
  if (hasPrimary && hasStandby) return 'both';
  if (hasPrimary) return 'primary';
  return hasStandby ? 'standby' : 'none';
};

const dnsPoller = ({ at, name }: Watched & { kind: 'dns' }) => {
  const query = dnsPacket.encode({ type: 'query', id: 0, questions: [{ name, type: 'A' }] });
  const askedMs = new Map<number, number>();
  let id = 0;
  const socket = createSocket('udp4', (message) => {
    const asked = askedMs.get(message.readUInt16BE());
    askedMs.delete(message.readUInt16BE());
    if (asked === undefined) return;
    const { answers = [], flags = 0 } = dnsPacket.decode(message);
    const addresses = answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : []));
    see(sideOf(addresses), asked, addresses.join(' ') || `code ${flags & 15}`);
  });
  // A server that is not up yet refuses; silence is told below.
  socket.on('error', () => {});
  return () => {
    const now = nowMs();
    for (const [old, asked] of askedMs) {
      if (now - asked < SILENT_MS) break;
      askedMs.delete(old);
      see('silent', asked, 'no answer');
    }
    id = (id + 1) & 0xffff;
    query.writeUInt16BE(id);
    askedMs.set(id, now);
    socket.send(query, at.port, at.host);
  };
};

const httpPoller = ({ at }: Watched & { kind: 'http' }) => {
  return () => {
    const asked = nowMs();
    const request = http.get(
      { host: at.host, port: at.port, agent: false, signal: AbortSignal.timeout(SILENT_MS) },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => {
          const side = body === 'primary' || body === 'standby' ? body : 'none';
          see(side, asked, `status ${response.statusCode}`);
        });
        response.on('error', () => {});
      },
    );
    request.on('error', (error) => see('silent', asked, error.message));
  };
};

const filePoller = ({ file }: Watched & { kind: 'file' }) => {
  return () => {
    let text = '';
    try {
      text = readFileSync(file, 'utf8').trim();
    } catch {
      // Not written yet.
    }
    see(text === 'primary' || text === 'standby' ? text : 'none', nowMs(), text);
  };
};

const pollerOf = (what: Watched): (() => void) => {
  if (what.kind === 'dns') return dnsPoller(what);
  return what.kind === 'http' ? httpPoller(what) : filePoller(what);
};

const poll = pollerOf(watched);
let timer: NodeJS.Timeout | undefined;
process.on('message', ({ everyMs }: PollerRequest) => {
  clearInterval(timer);
  if (everyMs > 0) timer = setInterval(poll, everyMs);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
