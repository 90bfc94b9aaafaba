/**
 * SDK clients of a simulation: real ones, whose calls leave out what only matters to a server that
 * counts its clients. A client sorts its middleware anew for each call, and tells its own name and
 * that of the machine; both take as long as the rest of a call. Here the order is found once for
 * each kind of call, a signer is made once, and nobody is told.
 */
import { Client } from '@smithy/core/client';
import type { Patch } from './process.ts';

type Handler = (args: unknown) => Promise<{ readonly output: unknown }>;
type Middleware = (next: Handler, context: Context) => Handler;
type Context = Record<string, unknown>;

type Stack = {
  identify(): string[];
  applyToStack(stack: Recorder): void;
  concat(other: Stack): Stack;
  resolve(handler: Handler, context: Context): Handler;
};

type Recorder = {
  add(middleware: Middleware, options: { readonly name?: string }): void;
  addRelativeTo(middleware: Middleware, options: { readonly name?: string }): void;
};

/** As far as a client looks at it. */
type Command = {
  resolveMiddleware(stack: Pick<Stack, 'concat'>, config: unknown, options: unknown): Handler;
};

type Scope = { readonly signingRegion?: string; readonly signingName?: string };
type Config = { signer?: (scheme?: Scope) => Promise<unknown> };
type Sender = { readonly middlewareStack: Stack; readonly config: Config };

/** What logs to nobody, names the client, and carries the trace of an X-Ray that is not there. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'loggerMiddleware',
  'getUserAgentMiddleware',
  'recursionDetectionMiddleware',
]);

/** The middleware of a stack from the outermost to the innermost, without what is left out. */
export const orderedMiddleware = (stack: Stack): readonly Middleware[] => {
  const byName = new Map<string, Middleware>();
  const note: Recorder['add'] = (middleware, { name = 'anonymous' }) => {
    if (byName.has(name)) throw new Error(`two middleware of an SDK client are called ${name}`);
    byName.set(name, middleware);
  };
  stack.applyToStack({ add: note, addRelativeTo: note });
  // `name (a.k.a. others) - step`, in the order in which they are called.
  const names = stack.identify().map((line) => line.split(' ')[0] ?? '');
  return names
    .filter((name) => !LEFT_OUT.has(name))
    .map((name) => {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`an SDK client has no middleware ${name}`);
      return found;
    });
};

const resolvedBy =
  (order: readonly Middleware[]): Stack['resolve'] =>
  (handler, context) =>
    order.reduceRight((next, middleware) => middleware(next, context), handler);

/** A client makes a signer for each call, from all that it is configured with. */
const keepSigners = (config: Config): void => {
  const make = config.signer;
  if (make === undefined) return;
  const known = new Map<string, Promise<unknown>>();
  config.signer = (scheme = {}) => {
    const key = `${scheme.signingRegion} ${scheme.signingName}`;
    const signer = known.get(key) ?? make(scheme);
    known.set(key, signer);
    return signer;
  };
};

/**
 * Each call copies all settings of its client twice. That takes ten times as long where one of them
 * is an accessor, and where the object has been built up member by member.
 */
const makeCheapToCopy = (config: Config): void => {
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(config))) {
    if (get === undefined) continue;
    const value: unknown = Reflect.get(config, name);
    Object.defineProperty(config, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  // A prototype is kept in the form that is read fastest.
  for (let n = 0; n < 10; n++) Reflect.get(Object.create(config), 'region');
};

/** Has SDK clients send as described above, until the process is left. */
export const patchMiddleware = (patch: Patch): void => {
  const orders = new WeakMap<Sender, Map<unknown, readonly Middleware[]>>();
  const orderOf = (client: Sender, command: Command, own: Stack): readonly Middleware[] => {
    let known = orders.get(client);
    if (known === undefined) {
      known = new Map();
      orders.set(client, known);
      keepSigners(client.config);
      makeCheapToCopy(client.config);
    }
    const order = known.get(command.constructor);
    if (order !== undefined) return order;
    const found = orderedMiddleware(client.middlewareStack.concat(own));
    known.set(command.constructor, found);
    return found;
  };
  async function send(this: Sender, command: Command, options?: unknown): Promise<unknown> {
    const concat = (own: Stack): Stack => ({
      ...own,
      resolve: resolvedBy(orderOf(this, command, own)),
    });
    const { output } = await command.resolveMiddleware({ concat }, this.config, options)(command);
    return output;
  }
  patch(Client.prototype, 'send', send);
};
