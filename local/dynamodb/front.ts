import { AwsError, type CallContext, type ServiceFront, type WireResponse } from '../wire/types.ts';
import type { Json } from './engine.ts';

/** Answers an operation, or undefined where DynamoDB here does not offer it. */
export type Answer = (
  operation: string,
  input: Json,
  call: CallContext,
) => Promise<Json | undefined>;

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const TARGET = /^DynamoDB_20120810\.([A-Za-z]+)$/;

// DynamoDB names its errors by where they arise; the command line shows only the last part.
const NAMESPACE_OF: Readonly<Record<string, string>> = {
  ValidationException: 'com.amazon.coral.validate',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
};
const NAMESPACE = 'com.amazonaws.dynamodb.v20120810';

const unknownOperation = (asked: string) =>
  new AwsError('UnknownOperationException', `unknown operation: ${asked}`, {}, 400);

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const UTF8 = new TextDecoder('utf-8', { fatal: true });

const parse = (body: Uint8Array): Json => {
  try {
    const value: unknown = JSON.parse(UTF8.decode(body));
    if (isJson(value)) return value;
  } catch {
    // Falls through to the one answer for every unreadable body.
  }
  throw new AwsError('SerializationException', 'the body is no JSON object', {}, 400);
};

const answered = (status: number, requestId: string, value: Json): WireResponse => ({
  status,
  headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
  body: Buffer.from(JSON.stringify(value), 'utf8'),
});

/**
 * The wire of DynamoDB. Its JSON goes to the engine as it came, so that the engine's own checks see
 * what the caller sent, and not what a model made of it.
 */
export const createFront = (
  answer: Answer,
  onFault: (error: unknown, operation: string) => void,
): ServiceFront => ({
  scope: 'dynamodb',
  async handle(request, call) {
    const target = request.headers['x-amz-target'] ?? '';
    const operation = TARGET.exec(target)?.[1] ?? '';
    try {
      if (request.method !== 'POST' || !operation) {
        throw unknownOperation(target || `${request.method} ${request.path} without X-Amz-Target`);
      }
      const input = parse(request.body);
      await call.authorize?.(operation, input);
      const value = await answer(operation, input, call);
      if (!value) throw unknownOperation(target);
      return answered(200, call.requestId, value);
    } catch (error) {
      if (error instanceof AwsError) {
        const type = `${NAMESPACE_OF[error.name] ?? NAMESPACE}#${error.name}`;
        const body = { __type: type, message: error.message, ...error.members };
        return answered(error.status ?? 400, call.requestId, body);
      }
      onFault(error, operation);
      const reason = error instanceof Error ? error.message : String(error);
      const message = `dynamodb ${operation}: ${reason}`;
      const body = { __type: `${NAMESPACE}#InternalServerError`, message };
      return answered(500, call.requestId, body);
    }
  },
});
