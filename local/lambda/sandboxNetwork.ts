// Runs inside a sandbox, before the handler is loaded: gives the process the network identity of
// its region. Connections to loopback come from the region's address, names are asked of the
// region's resolver. The handler sees ordinary node:net, node:dgram and node:dns.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const isLoopback = (address: unknown): boolean =>
  typeof address === 'string' && address.startsWith('127.');

/** The part of a TCP handle of node:net that carries a connection attempt. */
type TcpHandle = {
  bind(address: string, port: number, flags: number): number;
  connect(request: unknown, address: string, ...rest: unknown[]): number;
};

const isTcpPrototype = (value: unknown): value is TcpHandle =>
  typeof value === 'object' && value !== null && 'bind' in value && 'connect' in value;

/**
 * `localAddress` has to be given before a name is looked up, when nobody knows yet whether it leads
 * to loopback. The handle sees the final address, so its `connect` binds first.
 */
const bindHandles = (prototype: TcpHandle, source: string): void => {
  const connect = prototype.connect;
  prototype.connect = function connectFromRegion(this: TcpHandle, request, address, ...rest) {
    if (isLoopback(address)) this.bind(source, 0, 0);
    return connect.call(this, request, address, ...rest);
  };
};

const patchTcp = (source: string): void => {
  const probe = new net.Socket();
  probe.on('error', () => {});
  probe.connect({ host: '127.0.0.1', port: 1 });
  const handle: unknown = Reflect.get(probe, '_handle');
  probe.destroy();
  const prototype: unknown = handle === null ? null : Object.getPrototypeOf(handle);
  if (!isTcpPrototype(prototype)) {
    throw new Error(`node ${process.version} shows no TCP handle to bind: use Node 22 or 24`);
  }
  bindHandles(prototype, source);
};

const patchUdp = (source: string): void => {
  const bound = new WeakSet<dgram.Socket>();
  const { bind, send, connect } = dgram.Socket.prototype;
  const bindFirst = (socket: dgram.Socket): void => {
    if (bound.has(socket)) return;
    bound.add(socket);
    Reflect.apply(bind, socket, [{ address: source, port: 0, exclusive: true }]);
  };
  const isUdp4 = (socket: dgram.Socket): boolean => Reflect.get(socket, 'type') === 'udp4';

  Reflect.set(
    dgram.Socket.prototype,
    'bind',
    function bindInRegion(this: dgram.Socket, ...args: unknown[]) {
      bound.add(this);
      const [first, second, ...rest] = args;
      if (!isUdp4(this)) return Reflect.apply(bind, this, args);
      if (typeof first === 'object' && first !== null) {
        const named = 'address' in first || 'fd' in first ? first : { ...first, address: source };
        return Reflect.apply(bind, this, [named, second, ...rest]);
      }
      const port = typeof first === 'number' ? first : 0;
      const listener = args.find((arg) => typeof arg === 'function');
      const address = typeof second === 'string' ? second : source;
      return Reflect.apply(bind, this, [{ port, address }, listener]);
    },
  );
  Reflect.set(
    dgram.Socket.prototype,
    'send',
    function sendFromRegion(this: dgram.Socket, ...args: unknown[]) {
      if (isUdp4(this) && args.some(isLoopback)) bindFirst(this);
      return Reflect.apply(send, this, args);
    },
  );
  Reflect.set(
    dgram.Socket.prototype,
    'connect',
    function connectFromRegion(this: dgram.Socket, ...args: unknown[]) {
      if (isUdp4(this) && isLoopback(args[1])) bindFirst(this);
      return Reflect.apply(connect, this, args);
    },
  );
};

type Found = { address: string; family: 4 | 6 };
type LookupCallback = (error: Error | null, found?: string | Found[], family?: number) => void;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** The error getaddrinfo would give, so that callers see the code they know. */
const lookupError = (hostname: string, codes: string[]): Error => {
  const absent = codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA');
  const code = absent ? 'ENOTFOUND' : 'EAI_AGAIN';
  const error = new Error(`getaddrinfo ${code} ${hostname}`);
  return Object.assign(error, { code, syscall: 'getaddrinfo', hostname });
};

const patchDns = (server: string, source: string | undefined): void => {
  dns.setServers([server]);
  const resolver = new dns.promises.Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([server]);
  if (source !== undefined) resolver.setLocalAddress(source);
  const machineLookup = dns.lookup;

  const ask = async (hostname: string, family: number): Promise<Found[] | 'refused'> => {
    const wanted = family === 4 || family === 6 ? [family] : [4, 6];
    const answers = await Promise.allSettled(
      wanted.map((f) => (f === 4 ? resolver.resolve4(hostname) : resolver.resolve6(hostname))),
    );
    const found = answers.flatMap((answer, i): Found[] =>
      answer.status === 'fulfilled'
        ? answer.value.map((address) => ({ address, family: wanted[i] === 6 ? 6 : 4 }))
        : [],
    );
    if (found.length > 0) return found;
    const codes = answers.flatMap((a) => (a.status === 'rejected' ? [codeOf(a.reason)] : []));
    // REFUSED: the name is in none of the zones served here, so it belongs to the world outside.
    if (codes.includes('EREFUSED')) return 'refused';
    throw lookupError(hostname, codes);
  };

  const lookup = (hostname: string, second: unknown, third?: LookupCallback): void => {
    const callback = typeof second === 'function' ? (second as LookupCallback) : third;
    const options: dns.LookupOptions =
      typeof second === 'number' ? { family: second } : ((second ?? {}) as dns.LookupOptions);
    const machine = (): void => Reflect.apply(machineLookup, dns, [hostname, options, callback]);
    const literal = net.isIP(hostname) !== 0 || /(^|\.)localhost\.?$/i.test(hostname);
    if (literal || typeof callback !== 'function') {
      machine();
      return;
    }
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : options.family;
    ask(hostname, family ?? 0).then(
      (found) => {
        if (found === 'refused') machine();
        else if (options.all === true) callback(null, found);
        else callback(null, found[0]?.address, found[0]?.family);
      },
      (error: Error) => callback(error),
    );
  };
  const lookupPromise = (hostname: string, options?: dns.LookupOptions | number) =>
    new Promise((resolve, reject) => {
      const all = typeof options === 'object' && options.all === true;
      lookup(hostname, options, (error, found, family) => {
        if (error) reject(error);
        else resolve(all ? found : { address: found, family });
      });
    });
  Reflect.set(dns, 'lookup', lookup);
  Reflect.set(dns.promises, 'lookup', lookupPromise);
};

/** Gives this process the identity of a region: source address of connections, and DNS resolver. */
export const assumeNetwork = (source: string | undefined, resolver: string | undefined): void => {
  if (source !== undefined) {
    patchTcp(source);
    patchUdp(source);
  }
  if (resolver !== undefined) patchDns(resolver, source);
  syncBuiltinESMExports();
};
