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

export type ConnectionUser = {
  /** Connected, and secured where asked for. */
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

/** To read the trusted certificates takes milliseconds, which are no part of a handshake. */
const contexts = new WeakMap<TlsSettings, tls.SecureContext>();

const contextOf = (settings: TlsSettings): tls.SecureContext => {
  let context = contexts.get(settings);
  if (context === undefined) {
    context = tls.createSecureContext(settings.ca === undefined ? {} : { ca: settings.ca });
    contexts.set(settings, context);
  }
  return context;
};

const checkPort = (port: number): void => {
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX) {
    throw new RangeError(`port ${port} is not a whole number from 1 to ${PORT_MAX}`);
  }
};

/** Moments are of `performance.now()`; those not reached are 0. */
export class Connection {
  readonly startMs: number;
  resolvedMs: number;
  connectedMs = 0;
  securedMs = 0;
  address: string;

  readonly #endpoint: Endpoint;
  readonly #user: ConnectionUser;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#fail('aborted', 'the probe was stopped by its caller');
  #socket: net.Socket | undefined;
  #buffer: Buffer | undefined;
  #waitsFor = 'the lookup';
  #closed = false;

  /**
   * Opens a connection, and bounds all that follows on it by the time allowed, until `close`.
   * @throws RangeError when the port is none.
   */
  constructor(endpoint: Endpoint, { timeoutMs, signal }: ProbeOptions, user: ConnectionUser) {
    checkPort(endpoint.port);
    if (endpoint.tls) contextOf(endpoint.tls);
    this.startMs = performance.now();
    this.resolvedMs = this.startMs;
    this.address = endpoint.host;
    this.#endpoint = endpoint;
    this.#user = user;
    this.#signal = signal;
    this.#timer = setTimeout(
      () => this.#fail('timeout', `${this.#waitsFor} took more than ${timeoutMs} ms`),
      timeoutMs,
    );
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) queueMicrotask(this.#onAbort);
    else if (net.isIP(endpoint.host) !== 0) this.#connect();
    else this.#lookUp();
  }

  /** Ends it; nothing is called any more. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket?.destroy();
    if (this.#buffer && spareBuffers.length < SPARE_BUFFERS_MAX) spareBuffers.push(this.#buffer);
    this.#buffer = undefined;
  }

  #fail(reason: FailureReason, detail: string): void {
    if (this.#closed) return;
    this.close();
    this.#user.failed(reason, detail);
  }

  #lookUp(): void {
    dns.lookup(this.#endpoint.host, (error, address) => {
      if (this.#closed) return;
      this.resolvedMs = performance.now();
      if (error) {
        this.#fail('dns', messageOf(error));
        return;
      }
      this.address = address;
      this.#connect();
    });
  }

  #connect(): void {
    this.#waitsFor = 'connecting';
    const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
    this.#buffer = buffer;
    const callback = (length: number): boolean => {
      if (!this.#closed) this.#user.data(buffer, length);
      return true;
    };
    const address = { host: this.address, port: this.#endpoint.port };
    // Reads straight into the buffer, past the machinery of streams; TLS cannot.
    const onread = this.#endpoint.tls ? {} : { onread: { buffer, callback } };
    this.#socket = this.#listening(net.connect({ ...address, ...onread }));
    this.#socket.once('connect', () => this.#connected());
  }

  #listening<S extends net.Socket>(socket: S): S {
    const otherwise = this.#endpoint.tls ? 'tls' : 'reset';
    socket.on('error', (error) => this.#fail(reasonOf(error, otherwise), messageOf(error)));
    socket.once('end', () => {
      if (!this.#closed) this.#user.ended();
    });
    return socket;
  }

  #secure(plain: net.Socket, settings: TlsSettings): void {
    this.#waitsFor = 'the TLS handshake';
    const name = settings.serverName ?? this.#endpoint.host;
    // The request must not wait for the acknowledgement of the handshake.
    plain.setNoDelay(true);
    const socket = this.#listening(
      tls.connect({
        socket: plain,
        secureContext: contextOf(settings),
        host: this.#endpoint.host,
        ALPNProtocols: ['http/1.1'],
        ...(net.isIP(name) === 0 ? { servername: name } : {}),
      }),
    );
    socket.once('secureConnect', () => this.#opened());
    socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) this.#user.data(chunk, chunk.length);
    });
    this.#socket = socket;
  }

  #connected(): void {
    this.connectedMs = performance.now();
    const { tls: settings } = this.#endpoint;
    if (!settings) this.#opened();
    else if (this.#socket && !this.#closed) this.#secure(this.#socket, settings);
  }

  #opened(): void {
    this.securedMs = this.#endpoint.tls ? performance.now() : this.connectedMs;
    this.#waitsFor = 'the answer';
    if (this.#socket && !this.#closed) this.#user.opened(this.#socket);
  }
}
