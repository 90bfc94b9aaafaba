// The process that relays and delays connections. It has a processor to itself as far as the
// machine allows, so that work elsewhere in the embedded cloud does not disturb the timing.
// Started and told what to do by proxyClient.ts; ends when its parent goes away.

import { seededRandom } from '../../core/random.ts';
import { preferProcess } from '../precedence.ts';
import type { ProxyReply, ProxyRequest } from './proxyClient.ts';
import { createRelayHost, type RelayHost } from './relay.ts';

let host: RelayHost | undefined;

const perform = async (request: ProxyRequest): Promise<number> => {
  if (request.op === 'start') {
    const { rtt, seed } = request;
    host = createRelayHost({
      rttMs: (from, to) => rtt[from]?.[to] ?? 0,
      random: seededRandom(seed).unit,
    });
    return 0;
  }
  if (host === undefined) throw new Error(`the proxy was asked to ${request.op} before it started`);
  if (request.op === 'listen') return host.listen(request.id, request.spec);
  if (request.op === 'close') host.close(request.id);
  else host.setFaults(request.faults);
  return 0;
};

const reply = (message: ProxyReply): void => {
  process.send?.(message, undefined, {}, () => {});
};

process.on('message', (message: { seq: number; request: ProxyRequest }) => {
  const { seq, request } = message;
  perform(request).then(
    (port) => reply({ seq, port }),
    (error: Error) => reply({ seq, error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));

preferProcess(process.pid);
