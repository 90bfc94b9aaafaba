/**
 * The short way of an SDK client's call: where it goes, who signs and how it is signed are found by
 * the client's own middleware with the first call, and known for each that goes the same way. What is
 * written and read, and what becomes of a refusal, is up to the client's own protocol and retries.
 */
import { toEndpointV1 } from '@smithy/core/transport';

type Request = { readonly headers: Record<string, string>; readonly body?: unknown };
export type Args = { readonly input: object; readonly request?: Request };
type Response = { readonly statusCode: number };
type Answer = { readonly response?: Response; readonly output?: unknown };
export type Handler = (args: Args) => Promise<Answer>;
export type Context = Record<string, unknown>;
export type Middleware = (next: Handler, context: Context) => Handler;
export type Named = { readonly name: string; readonly middleware: Middleware };

/** Where the parts of an input are that say where it goes, such as its bucket. */
export type Instructions = Readonly<
  Record<
    string,
    { readonly type: string; readonly name?: string; readonly get?: (input: object) => unknown }
  >
>;

type Metadata = { attempts?: number; totalRetryDelay?: number };
type Output = { readonly $metadata: Metadata };
type Token = { getRetryCost(): undefined };
type Strategy = { recordSuccess(token: Token): void };

/** As far as a client's settings are looked at. */
export type Config = {
  readonly protocol?: {
    serializeRequest(operation: unknown, input: object, context: object): Promise<Request>;
    deserializeResponse(operation: unknown, context: object, answer: Response): Promise<Output>;
  };
  retryStrategy(): Promise<Strategy>;
  bodyLengthChecker(body: unknown): number | undefined;
};

/** `[kind, namespace, name, traits, input, output]`, as clients keep their operations. */
export type Schema = readonly [unknown, string, string, unknown, unknown, unknown];

export type Kind = {
  readonly config: Config;
  readonly protocol: NonNullable<Config['protocol']>;
  readonly schema: Schema;
  readonly instructions: Instructions;
};

/** The middleware that the short way stands for, in this order. */
const STOOD_FOR = [
  'httpAuthSchemeMiddleware',
  'endpointV2Middleware',
  'serializerMiddleware',
  'contentLengthMiddleware',
  'hostHeaderMiddleware',
  'retryMiddleware',
  'httpSigningMiddleware',
  'deserializerMiddleware',
] as const;
const RETRY = 'retryMiddleware';
const SIGNING = 'httpSigningMiddleware';
const DESERIALIZING = 'deserializerMiddleware';
/** Headers that are the same with each call on its way, beside those of a signature. */
const OF_THE_WAY: ReadonlySet<string> = new Set(['host', 'amz-sdk-request']);
const REFUSED_FROM = 300;
/** What a first attempt costs the client's budget of retries: nothing. */
const FIRST_TOKEN: Token = { getRetryCost: () => undefined };

/** What the client's own middleware has found. */
type Way = {
  readonly endpointV2: unknown;
  /** What a request is written with: the client's, and what is the same for each call of a kind. */
  readonly settings: object;
  readonly headers: Readonly<Record<string, string>>;
  readonly strategy: Strategy;
};

/** Reads from an input the parts that say where it goes, such as its bucket, as a text. */
export const partsThatSend = (instructions: Instructions): ((input: object) => string) => {
  const readers = Object.values(instructions).flatMap(({ type, name, get }) => {
    if (type === 'contextParams' && name !== undefined)
      return [(input: object): unknown => Reflect.get(input, name)];
    return type === 'operationContextParams' ? [(input: object) => get?.(input)] : [];
  });
  if (readers.length === 0) return () => '';
  return (input) => JSON.stringify(readers.map((read) => read(input)));
};

const chain = (order: readonly Middleware[], handler: Handler, context: Context): Handler =>
  order.reduceRight((next, middleware) => middleware(next, context), handler);

/** The client's own middleware, which notes what it has found before a request leaves. */
const finding =
  (stoodFor: readonly Named[], config: Config, found: (way: Way) => void): Middleware =>
  (next, context) => {
    let unsigned: readonly string[] = [];
    const looking: Middleware = (sign) => (args) => {
      unsigned = Object.keys(args.request?.headers ?? {});
      return sign(args);
    };
    const noting: Handler = async (args) => {
      const headers = Object.entries(args.request?.headers ?? {}).filter(
        ([name]) => OF_THE_WAY.has(name) || !unsigned.includes(name),
      );
      const strategy = await config.retryStrategy();
      const { endpointV2, authSchemes } = context;
      // Not where an endpoint says how to sign, nor where retries are counted in another way.
      if (authSchemes === undefined && 'recordSuccess' in strategy) {
        const v1 = toEndpointV1(Object(endpointV2));
        const endpoint = async (): Promise<unknown> => v1;
        const settings = Object.assign(Object.create(config), context, { endpoint });
        found({ endpointV2, settings, headers: Object.fromEntries(headers), strategy });
      }
      return next(args);
    };
    const order = stoodFor.flatMap(({ name, middleware }) =>
      name === SIGNING ? [looking, middleware] : [middleware],
    );
    return chain(order, noting, context);
  };

/** What became of a first attempt goes to the client's own retries, which begin with it. */
const retried = (
  { retry, deserialize }: Readonly<Record<'retry' | 'deserialize', Middleware>>,
  first: Promise<Answer>,
  next: Handler,
  context: Context,
): Handler => {
  let isFirst = true;
  const attempt: Handler = (args) => {
    const sent = isFirst ? () => first : next;
    isFirst = false;
    return deserialize(sent, context)(args);
  };
  return retry(attempt, context);
};

/** Where the middleware that a short way stands for begins in an order; -1 where it is another. */
export const shortWayIn = (order: readonly Named[]): number =>
  order.findIndex((_first, from) =>
    STOOD_FOR.every((name, place) => order[from + place]?.name === name),
  );

/** How many middleware a short way stands for. */
export const SHORT_WAY_LENGTH = STOOD_FOR.length;

/** One middleware for all that it stands for. */
export const shortWay = (stoodFor: readonly Named[], kind: Kind): Middleware => {
  const { config, instructions, schema, protocol } = kind;
  const [, namespace, name, traits, input, output] = schema;
  const operation = { namespace, name, traits, input, output };
  const byName = new Map(stoodFor.map((each) => [each.name, each.middleware]));
  const own = (wanted: string): Middleware => byName.get(wanted) ?? ((next) => next);
  const rest = { retry: own(RETRY), deserialize: own(DESERIALIZING) };
  const ways = new Map<string, Way>();
  const partsOf = partsThatSend(instructions);
  return (next, context) => async (args) => {
    const parts = partsOf(args.input);
    const way = ways.get(parts);
    if (way === undefined) {
      const note = (found: Way) => void (ways.has(parts) || ways.set(parts, found));
      return finding(stoodFor, config, note)(next, context)(args);
    }
    const { endpointV2, settings, headers, strategy } = way;
    context['endpointV2'] = endpointV2;
    const request = await protocol.serializeRequest(operation, args.input, settings);
    Object.assign(request.headers, headers);
    const length = request.body ? config.bodyLengthChecker(request.body) : undefined;
    if (length !== undefined) request.headers['content-length'] = String(length);
    const sent = { ...args, request };
    const first = next(sent);
    const response = await first.then(
      (answer) => answer.response,
      () => undefined,
    );
    if (response === undefined || response.statusCode >= REFUSED_FROM) {
      return retried(rest, first, next, context)(sent);
    }
    const answer = await protocol.deserializeResponse(operation, settings, response);
    strategy.recordSuccess(FIRST_TOKEN);
    Object.assign(answer.$metadata, { attempts: 1, totalRetryDelay: 0 });
    return { response, output: answer };
  };
};
