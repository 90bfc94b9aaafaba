/**
 * SDK clients of a simulation: real ones, whose calls leave out what only matters to a server that
 * counts its clients. A client sorts its middleware anew for each call, and tells its own name and
 * that of the machine; both take as long as the rest of a call. Here the order is found once for
 * each kind of call, a signer is made once, and nobody is told.
 */
import { Client } from '@smithy/core/client';
import type { Patch } from './process.ts';

type Args = { readonly input: object };
type Handler = (args: Args) => Promise<{ readonly output: unknown }>;
type Middleware = (next: Handler, context: Context) => Handler;
type Named = { readonly name: string; readonly middleware: Middleware };
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

type Instructions = Readonly<
  Record<
    string,
    { readonly type: string; readonly name?: string; readonly get?: (input: object) => unknown }
  >
>;

/** As far as a client looks at it. */
type Command = Args & {
  readonly constructor: { getEndpointParameterInstructions(): Instructions };
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
const orderedMiddleware = (stack: Stack): readonly Named[] => {
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
      return { name, middleware: found };
    });
};

const ENDPOINT = 'endpointV2Middleware';

/** The parts of an input that say where it goes, such as its bucket, as a text. */
const partsThatSend = (instructions: Instructions, input: object): string => {
  const parts: unknown[] = [];
  for (const { type, name, get } of Object.values(instructions)) {
    if (type === 'contextParams' && name !== undefined) parts.push(Reflect.get(input, name));
    if (type === 'operationContextParams') parts.push(get?.(input));
  }
  return parts.length === 0 ? '' : JSON.stringify(parts);
};

/** Finds an endpoint once for all inputs that go the same way; not where it says how to sign. */
const endpointOnce = (middleware: Middleware, instructions: Instructions): Middleware => {
  const known = new Map<string, unknown>();
  return (next, context) => {
    const find = middleware(next, context);
    return async (args) => {
      const parts = partsThatSend(instructions, args.input);
      const endpoint = known.get(parts);
      if (endpoint !== undefined) {
        context['endpointV2'] = endpoint;
        return next(args);
      }
      return find(args).finally(() => {
        const { endpointV2, authSchemes } = context;
        if (authSchemes === undefined) known.set(parts, endpointV2);
      });
    };
  };
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
    const instructions = command.constructor.getEndpointParameterInstructions();
    const found = orderedMiddleware(client.middlewareStack.concat(own)).map(
      ({ name, middleware }) =>
        name === ENDPOINT ? endpointOnce(middleware, instructions) : middleware,
    );
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
