/** An HTTP request to an AWS endpoint, read whole. `path` is still percent-encoded; header names are lower case. */
export type WireRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type WireResponse = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
};

/** Who calls, as read from the signature and the connection. */
export type CallContext = {
  readonly requestId: string;
  /** The region the caller asks, from the credential scope. */
  readonly region: string;
  readonly accountId: string;
  /** The access key of the credential scope; empty when nobody signed. */
  readonly accessKeyId: string;
  /** Address the connection came from; the network maps it to the caller's region. */
  readonly sourceAddress: string;
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal;
  /** Throws AwsError when the caller may not do this; whoever reads the input asks before it acts. */
  readonly authorize?: (operation: string, input: unknown) => Promise<void>;
};

/** One AWS service behind the endpoint. `scope` is its name in the SigV4 credential scope, such as `states`. */
export type ServiceFront = {
  readonly scope: string;
  handle(request: WireRequest, call: CallContext): Promise<WireResponse>;
};

// biome-ignore lint/suspicious/noExplicitAny: inputs are typed where each service types its own handlers
type Operation = (input: any, call: CallContext) => Promise<unknown> | unknown;

/** Handlers by operation name. One without a handler is refused as AWS refuses an unknown one. */
export type Operations = Record<string, Operation>;

/** The error an AWS client sees: `name` is the error code, `status` overrides the modelled HTTP status. */
export class AwsError extends Error {
  override readonly name: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly status: number | undefined;
  constructor(
    name: string,
    message: string,
    members: Record<string, unknown> = {},
    status?: number,
  ) {
    super(message);
    this.name = name;
    this.members = members;
    this.status = status;
  }
}

/** The one account of the embedded cloud. */
export const ACCOUNT_ID = '000000000000';
