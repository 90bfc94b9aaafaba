/**
 * SDK clients of a simulation: real ones, whose calls leave out what only matters to a server that
 * counts its clients. A client sorts its middleware anew for each call, and tells its own name and
 * that of the machine; both take as long as the rest of a call. Here the order is found once for
 * each kind of call, a signer is made once, and nobody is told.
 */
import { Client } from '@smithy/core/client';
import type { Patch } from './process.ts';
import {
  type Context,
  type Handler,
  type Kind,
  type Middleware,
  type Named,
  partsThatSend,
  SHORT_WAY_LENGTH,
  shortWay,
  shortWayIn,
} from './shortWay.ts';

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

type Joined = Pick<Stack, 'concat'>;
type Details = Readonly<Record<string, unknown>>;

/** As far as a client looks at it. */
type Command = {
  readonly input: object;
  readonly schema?: Kind['schema'];
  readonly constructor: { getEndpointParameterInstructions(): Kind['instructions'] };
  resolveMiddleware(stack: Joined, config: unknown, options: unknown): Handler;
  /** Which the former calls, with what is the same for each call of a kind. */
  resolveMiddlewareWithContext: (
    stack: Joined,
    config: unknown,
    options: unknown,
    details: Details,
  ) => Handler;
};

type Scope = { readonly signingRegion?: string; readonly signingName?: string };
type Config = Kind['config'] & { signer?: (scheme?: Scope) => Promise<unknown> };
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

/** Finds an endpoint once for all inputs that go the same way; not where it says how to sign. */
const endpointOnce = (middleware: Middleware, instructions: Kind['instructions']): Middleware => {
  const known = new Map<string, unknown>();
  const partsOf = partsThatSend(instructions);
  return (next, context) => {
    const find = middleware(next, context);
    return async (args) => {
      const parts = partsOf(args.input);
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

/** What is called with each command of a kind, from the outermost to the innermost. */
const middlewareOf = (order: readonly Named[], config: Config, command: Command): Middleware[] => {
  const instructions = command.constructor.getEndpointParameterInstructions();
  const each = ({ name, middleware }: Named): Middleware =>
    name === ENDPOINT ? endpointOnce(middleware, instructions) : middleware;
  const from = shortWayIn(order);
  const { schema } = command;
  const { protocol } = config;
  if (from < 0 || schema === undefined || protocol === undefined) return order.map(each);
  const to = from + SHORT_WAY_LENGTH;
  const short = shortWay(order.slice(from, to), { config, protocol, schema, instructions });
  return [...order.slice(0, from).map(each), short, ...order.slice(to).map(each)];
};

/** What a client knows of each kind of command after the first. */
type Known = { readonly joined: Joined; readonly details: Details };

/** Has SDK clients send as described above, until the process is left. */
export const patchMiddleware = (patch: Patch): void => {
  const clients = new WeakMap<Sender, Map<unknown, Known>>();
  const knownOf = (client: Sender): Map<unknown, Known> => {
    const known = clients.get(client) ?? new Map<unknown, Known>();
    if (clients.has(client)) return known;
    clients.set(client, known);
    keepSigners(client.config);
    makeCheapToCopy(client.config);
    return known;
  };

  /** The first of its kind: a command tells its own middleware only while it is resolved. */
  const resolveFirst = (
    client: Sender,
    known: Map<unknown, Known>,
    command: Command,
    options: unknown,
  ) => {
    const { resolveMiddlewareWithContext } = command;
    let joined: Joined | undefined;
    const concat = (own: Stack): Stack => {
      const order = orderedMiddleware(client.middlewareStack.concat(own));
      const resolve = resolvedBy(middlewareOf(order, client.config, command));
      const stack = { ...own, resolve };
      joined = { concat: () => stack };
      return stack;
    };
    command.resolveMiddlewareWithContext = (stack, config, given, details) => {
      const handler = resolveMiddlewareWithContext.call(command, stack, config, given, details);
      if (joined)
        known.set(command.constructor, { joined, details: { ...details, middlewareFn: () => [] } });
      return handler;
    };
    return command.resolveMiddleware({ concat }, client.config, options);
  };

  async function send(this: Sender, command: Command, options?: unknown): Promise<unknown> {
    const known = knownOf(this);
    const found = known.get(command.constructor);
    const handler =
      found === undefined
        ? resolveFirst(this, known, command, options)
        : command.resolveMiddlewareWithContext(found.joined, this.config, options, found.details);
    const { output } = await handler(command);
    return output;
  }
  patch(Client.prototype, 'send', send);
};
