/** The `tcp` probe: how long a connect takes. Where no raw socket is to be had, this is the ping. */
import { isIP } from 'node:net';
import { Connection, type Endpoint } from './connection.ts';
import { failure, type Probe, type ProbeOutcome } from './probe.ts';

/** With `tls` the handshake is part of it. */
export type TcpTarget = Endpoint;

const outcomeOf = (target: TcpTarget, connection: Connection): ProbeOutcome => ({
  ok: true,
  totalMs: connection.securedMs - connection.startMs,
  phases: {
    ...(isIP(target.host) === 0 ? { dnsMs: connection.resolvedMs - connection.startMs } : {}),
    connectMs: connection.connectedMs - connection.resolvedMs,
    ...(target.tls ? { tlsMs: connection.securedMs - connection.connectedMs } : {}),
  },
  detail: { address: connection.address },
});

/** Rejects with a RangeError for a port that is none; all else is an outcome. */
export const tcpProbe: Probe<TcpTarget> = (target, options) =>
  new Promise((resolve) => {
    const connection = new Connection(target, options, {
      opened: () => {
        connection.close();
        resolve(outcomeOf(target, connection));
      },
      data: () => {},
      ended: () => {},
      failed: (reason, detail) =>
        resolve(failure(reason, performance.now() - connection.startMs, detail)),
    });
  });
