/** A fresh connection for one probe: lookup, connect and TLS handshake, each with its time. */
import dns from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';
import { type FailureReason, messageOf, type ProbeOptions, reasonOf } from './probe.ts';

export type TlsSettings = {
  /** Name for SNI and for the check of the certificate; the host when left out. */
  readonly serverName?: string;
  /** Certificates to trust instead of those of the system, as PEM. */
  readonly ca?: string;
};

export type Endpoint = {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings;
};

/** Moments of `performance.now()`; what did not take place repeats the moment before it. */
export type Marks = {
  startMs: number;
  resolvedMs: number;
  connectedMs: number;
  securedMs: number;
  address: string;
};

export type ConnectionUser = {
  /** Connected, and secured where asked for; `marks` are complete. */
  readonly opened: (socket: net.Socket) => void;
  /** The first `length` bytes of `buffer` have come in. They are overwritten after the call. */
  readonly data: (buffer: Buffer, length: number) => void;
  /** The other end closed. */
  readonly ended: () => void;
  /** Called at most once, and nothing is called after it. */
  readonly failed: (reason: FailureReason, detail: string) => void;
};

const READ_BYTES = 16 * 1024;
const SPARE_BUFFERS_MAX = 512;
const PORT_MAX = 65_535;

/** Read buffers are used again: at a thousand probes a second, fresh ones would keep the collector busy. */
const spareBuffers: Buffer[] = [];

export type Connection = {
  readonly marks: Marks;
  /** Ends it, with nothing called any more. May be called twice. */
  readonly close: () => void;
};

/**
 * Opens a connection and bounds all that follows on it by `timeoutMs`, until `close`.
 * @throws RangeError when the port is none.
 */
export const openConnection = (
  endpoint: Endpoint,
  { timeoutMs, signal }: ProbeOptions,
  user: ConnectionUser,
): Connection => {
  if (!Number.isInteger(endpoint.port) || endpoint.port < 1 || endpoint.port > PORT_MAX) {
    throw new RangeError(`port ${endpoint.port} is not a whole number from 1 to ${PORT_MAX}`);
  }
  const startMs = performance.now();
  const marks: Marks = {
    startMs,
    resolvedMs: startMs,
    connectedMs: startMs,
    securedMs: startMs,
    address: endpoint.host,
  };
  let socket: net.Socket | undefined;
  let buffer: Buffer | undefined;
  let waitsFor = 'the lookup';
  let closed = false;

  const close = (): void => {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket?.destroy();
    if (buffer && spareBuffers.length < SPARE_BUFFERS_MAX) spareBuffers.push(buffer);
    buffer = undefined;
  };
  const fail = (reason: FailureReason, detail: string): void => {
    if (closed) return;
    close();
    user.failed(reason, detail);
  };
  const onAbort = (): void => fail('aborted', 'the probe was stopped by its caller');
  const onTimeout = (): void => fail('timeout', `${waitsFor} took more than ${timeoutMs} ms`);
  const onEnd = (): void => {
    if (!closed) user.ended();
  };
  const onOpen = (): void => {
    waitsFor = 'the answer';
    if (socket && !closed) user.opened(socket);
  };
  const onConnect = (): void => {
    marks.connectedMs = performance.now();
    marks.securedMs = marks.connectedMs;
    if (endpoint.tls) waitsFor = 'the TLS handshake';
    else onOpen();
  };
  const onSecure = (): void => {
    marks.securedMs = performance.now();
    onOpen();
  };
  const onError = (error: Error): void =>
    fail(reasonOf(error, endpoint.tls ? 'tls' : 'reset'), messageOf(error));

  const connectPlain = (host: string): net.Socket => {
    const own = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
    buffer = own;
    const onread = {
      buffer: own,
      callback: (length: number): boolean => {
        if (!closed) user.data(own, length);
        return true;
      },
    };
    return net.connect({ host, port: endpoint.port, onread }, onConnect);
  };
  const connectTls = (host: string, { serverName, ca }: TlsSettings): net.Socket => {
    const name = serverName ?? endpoint.host;
    const secure = tls.connect({
      host,
      port: endpoint.port,
      ALPNProtocols: ['http/1.1'],
      ...(net.isIP(name) === 0 ? { servername: name } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    // The request must not wait for the acknowledgement of the handshake.
    secure.setNoDelay(true);
    secure.once('connect', onConnect);
    secure.once('secureConnect', onSecure);
    secure.on('data', (chunk: Buffer) => {
      if (!closed) user.data(chunk, chunk.length);
    });
    return secure;
  };
  const connect = (host: string): void => {
    waitsFor = 'connecting';
    socket = endpoint.tls ? connectTls(host, endpoint.tls) : connectPlain(host);
    socket.on('error', onError);
    socket.once('end', onEnd);
  };

  const timer = setTimeout(onTimeout, timeoutMs);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) queueMicrotask(onAbort);
  else if (net.isIP(endpoint.host) !== 0) connect(endpoint.host);
  else {
    dns.lookup(endpoint.host, (error, address) => {
      if (closed) return;
      marks.resolvedMs = performance.now();
      marks.connectedMs = marks.resolvedMs;
      marks.address = address;
      if (error) fail('dns', messageOf(error));
      else connect(address);
    });
  }
  return { marks, close };
};
