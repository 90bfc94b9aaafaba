import { randomUUID } from 'node:crypto';
import { unpackChunked } from './awsChunked.ts';
import { anonymousScope, credentialScope } from './credentialScope.ts';
import {
  ACCOUNT_ID,
  AwsError,
  type CallContext,
  type ServiceFront,
  type WireRequest,
  type WireResponse,
} from './types.ts';

/** A call on its way through the network: who asks which service of which region. */
type NetworkCall = CallContext & { readonly scope: string };

export type DispatcherOptions = {
  readonly services: readonly ServiceFront[];
  /** Awaited before the service sees the request. When it throws, the service never does. */
  readonly arrive?: (call: NetworkCall) => Promise<void>;
  /** Awaited before the answer is sent. When it throws, the work is done but the caller hears nothing. */
  readonly delay?: (call: NetworkCall) => Promise<void>;
  readonly newRequestId?: () => string;
  /** Throws AwsError when the caller may not do what is asked. */
  readonly authorize?: (
    called: { readonly scope: string; readonly operation: string; readonly input: unknown },
    call: CallContext,
  ) => Promise<void>;
};

/** Where a request came from, besides what it says itself. */
type Origin = { readonly sourceAddress: string; readonly signal: AbortSignal };

/** Answers a request, or rejects with ConnectionCut when the network swallows it. */
export type Dispatch = (request: WireRequest, origin: Origin) => Promise<WireResponse>;

/** The network cut the connection: the caller must see a broken connection, not an answer. */
class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut';
}

const plainError = (error: AwsError, requestId: string): WireResponse => ({
  status: error.status ?? 400,
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': requestId,
    'x-amzn-errortype': error.name,
  },
  body: Buffer.from(JSON.stringify({ __type: error.name, message: error.message })),
});

const unsigned = () =>
  new AwsError(
    'MissingAuthenticationTokenException',
    'Request is missing Authentication Token: the embedded cloud finds the service and the region ' +
      'in the SigV4 credential scope. Set any access key, such as AWS_ACCESS_KEY_ID=local.',
    {},
    403,
  );

const unknownService = (scope: string, known: Iterable<string>) =>
  new AwsError(
    'UnknownOperationException',
    `the embedded cloud has no service ${scope}; it has ${[...known].sort().join(', ')}`,
    {},
    404,
  );

const passing = async (hook: DispatcherOptions['delay'], call: NetworkCall): Promise<void> => {
  try {
    await hook?.(call);
  } catch (cause) {
    throw new ConnectionCut('the network cut the connection', { cause });
  }
};

/** Gives each request to the service that its credential scope names. */
export const createDispatcher = ({
  services,
  arrive,
  delay,
  newRequestId = randomUUID,
  authorize,
}: DispatcherOptions): Dispatch => {
  const byScope = new Map(services.map((service) => [service.scope, service]));
  if (byScope.size !== services.length) throw new Error('two services have the same scope');

  return async (request, { sourceAddress, signal }) => {
    const requestId = newRequestId();
    const credential = credentialScope(request) ?? anonymousScope(request);
    if (!credential) return plainError(unsigned(), requestId);
    const { region, scope, accessKeyId } = credential;
    const caller = {
      requestId,
      region,
      accountId: ACCOUNT_ID,
      accessKeyId,
      sourceAddress,
      signal,
    };
    const context: CallContext = authorize
      ? {
          ...caller,
          authorize: (operation, input) => authorize({ scope, operation, input }, caller),
        }
      : caller;
    const call = { ...context, scope };
    await passing(arrive, call);
    const service = byScope.get(scope);
    let response: WireResponse;
    try {
      response = service
        ? await service.handle(unpackChunked(request), context)
        : plainError(unknownService(scope, byScope.keys()), requestId);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      response = plainError(error, requestId);
    }
    await passing(delay, call);
    return response;
  };
};
