/** The `tcp` probe: how long a connect takes. Where no raw socket is to be had, this is the ping. */
import { isIP } from 'node:net';
import { type Connection, type Endpoint, openConnection } from './connection.ts';
import { failure, type Probe, type ProbeOutcome } from './probe.ts';

/** With `tls` the handshake is part of it. */
export type TcpTarget = Endpoint;

const outcomeOf = (target: TcpTarget, { marks }: Connection): ProbeOutcome => ({
  ok: true,
  totalMs: marks.securedMs - marks.startMs,
  phases: {
    ...(isIP(target.host) === 0 ? { dnsMs: marks.resolvedMs - marks.startMs } : {}),
    connectMs: marks.connectedMs - marks.resolvedMs,
    ...(target.tls ? { tlsMs: marks.securedMs - marks.connectedMs } : {}),
  },
  detail: { address: marks.address },
});

/** Rejects with a RangeError for a port that is none; all else is an outcome. */
export const tcpProbe: Probe<TcpTarget> = (target, options) =>
  new Promise((resolve) => {
    const connection = openConnection(target, options, {
      opened: () => {
        connection.close();
        resolve(outcomeOf(target, connection));
      },
      data: () => {},
      ended: () => {},
      failed: (reason, detail) =>
        resolve(failure(reason, performance.now() - connection.marks.startMs, detail)),
    });
  });
