import type { ErrorModel, OperationModel } from './sdkModel.ts';
import type { AwsError, WireRequest, WireResponse } from './types.ts';

/** The operation a request asks for, with what its path and host said. */
export type Match = {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
};

/** What went wrong, as the protocols write it: a code, a message and the members of a modelled error. */
export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  readonly model: ErrorModel | undefined;
  readonly requestId: string;
};

/** One AWS protocol for one service: which operation, what input, and how answers and errors look. */
export type Protocol = {
  /** The operation asked for; throws what AWS answers where there is none. */
  match(request: WireRequest): Match;
  /** The input; throws SerializationException where the bytes do not fit the model. */
  read(match: Match, request: WireRequest): unknown;
  write(operation: OperationModel, output: unknown, requestId: string): WireResponse;
  fail(failure: Failure, request: WireRequest): WireResponse;
  /** The error of an operation that the model has and the service here does not offer. */
  notOffered(operation: string): AwsError;
};

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** The name a modelled error gives its message; some say `Message`. */
export const messageMember = (model: ErrorModel | undefined): string =>
  model && 'Message' in model.shape.getMemberSchemas() ? 'Message' : 'message';
