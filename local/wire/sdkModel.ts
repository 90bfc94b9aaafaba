import { NormalizedSchema } from '@smithy/core/schema';
import * as z from 'zod';

/** A shape of an AWS service model, as the SDK client that speaks to the service exports it. */
export type Shape = NormalizedSchema;

type HttpBinding = {
  readonly method: string;
  readonly path: string;
  /** Query parameters that tell this operation from others on the same path, `''` where any value does. */
  readonly query: ReadonlyMap<string, string>;
  readonly status: number;
};

export type OperationModel = {
  readonly name: string;
  readonly http: HttpBinding | undefined;
  readonly input: Shape;
  readonly output: Shape;
};

export type ErrorModel = {
  readonly name: string;
  readonly shape: Shape;
  readonly status: number;
  /** Code and HTTP status that clients of the query protocol know the error by, where they differ. */
  readonly query: { readonly code: string; readonly status: number } | undefined;
};

const PROTOCOLS = [
  'awsJson1_0',
  'awsJson1_1',
  'restJson1',
  'restXml',
  'awsQuery',
  'ec2Query',
] as const;
type ProtocolName = (typeof PROTOCOLS)[number];

export type ServiceModel = {
  readonly protocol: ProtocolName;
  readonly namespace: string;
  /** First part of `X-Amz-Target`, such as `AWSStepFunctions`. */
  readonly target: string;
  readonly version: string;
  readonly xmlNamespace: string;
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, ErrorModel>;
};

const OPERATION = 9;
const ERROR = -3;

const clientConfig = z.object({
  protocol: z.custom<{ getShapeId(): string }>(
    (it) => typeof Reflect.get(Object(it), 'getShapeId') === 'function',
  ),
  protocolSettings: z.object({
    defaultNamespace: z.string(),
    xmlNamespace: z.string().default(''),
    version: z.string().default(''),
    serviceTarget: z.string().default(''),
  }),
});

type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

const isShapeRef = (it: unknown): it is SchemaRef =>
  Array.isArray(it) || typeof it === 'number' || typeof it === 'string' || typeof it === 'function';

const shapeOf = (ref: unknown): Shape => {
  if (!isShapeRef(ref)) throw new Error(`not a schema of an AWS SDK client: ${String(ref)}`);
  return NormalizedSchema.of(ref);
};

const httpTrait = z.object({ http: z.tuple([z.string(), z.string(), z.number()]) });
const tuple = z.tuple([z.number(), z.string(), z.string()], z.unknown());

const httpBinding = (traits: unknown): HttpBinding | undefined => {
  const parsed = httpTrait.safeParse(traits);
  if (!parsed.success) return undefined;
  const [method, uri, status] = parsed.data.http;
  const [path = '/', query = ''] = uri.split('?');
  // x-id repeats the operation name; only some clients send it, so it never decides.
  const literals = [...new URLSearchParams(query)].filter(([name]) => name !== 'x-id');
  return { method, path, query: new Map(literals), status };
};

const errorTraits = z.object({
  error: z.string().optional(),
  httpError: z.number().optional(),
  awsQueryError: z.tuple([z.string(), z.number()]).optional(),
});

const errorModel = (name: string, ref: unknown): ErrorModel => {
  const shape = shapeOf(ref);
  const traits = errorTraits.parse(shape.getMergedTraits());
  const status = traits.httpError ?? (traits.error === 'server' ? 500 : 400);
  const [code, queryStatus] = traits.awsQueryError ?? [name, status];
  return {
    name,
    shape,
    status,
    query: traits.awsQueryError ? { code, status: queryStatus } : undefined,
  };
};

const protocolOf = (shapeId: string): ProtocolName => {
  const name = shapeId.split('#')[1];
  const known = PROTOCOLS.find((protocol) => protocol === name);
  if (!known) {
    throw new Error(
      `the SDK client speaks ${shapeId}; the wire knows ${PROTOCOLS.join(', ')}. Pin a version that does.`,
    );
  }
  return known;
};

const readModel = (sdk: object): ServiceModel => {
  const exported = Object.entries(sdk);
  const clientName = exported.map(([name]) => name).find((name) => /^[A-Z].*Client$/.test(name));
  if (!clientName) throw new Error('the module exports no client: pass `import * as sdk`');
  const client: unknown = Reflect.construct(Reflect.get(sdk, clientName), [
    { region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } },
  ]);
  const { protocol, protocolSettings } = clientConfig.parse(Reflect.get(Object(client), 'config'));

  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const [key, value] of exported) {
    if (!key.endsWith('$')) continue;
    const parsed = tuple.safeParse(value);
    if (!parsed.success) continue;
    const [kind, , name, ...rest] = parsed.data;
    if (kind === OPERATION) {
      const [traits, input, output] = rest;
      const http = httpBinding(traits);
      operations.set(name, { name, http, input: shapeOf(input), output: shapeOf(output) });
    }
    if (kind === ERROR) errors.set(name, errorModel(name, value));
  }
  if (operations.size === 0)
    throw new Error(`${clientName} exports no schemas: pin a newer client`);
  return {
    protocol: protocolOf(protocol.getShapeId()),
    namespace: protocolSettings.defaultNamespace,
    target: protocolSettings.serviceTarget,
    version: protocolSettings.version,
    xmlNamespace: protocolSettings.xmlNamespace,
    operations,
    errors,
  };
};

const known = new WeakMap<object, ServiceModel>();

/**
 * Reads what a service looks like from the module of its SDK client, once in a process. The schemas
 * that a client exports are not a promised interface: this is the only file that reads them, the SDK
 * is pinned exactly, and the contract tests exercise every operation used.
 */
export const readSdkModel = (sdk: object): ServiceModel => {
  const model = known.get(sdk) ?? readModel(sdk);
  known.set(sdk, model);
  return model;
};
