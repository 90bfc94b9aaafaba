import { awsJson } from './awsJson.ts';
import { awsQuery, speaksQuery } from './awsQuery.ts';
import { ec2Query } from './ec2Query.ts';
import type { Protocol } from './protocol.ts';
import { restJson } from './restJson.ts';
import { restXml } from './restXml.ts';
import { rpcV2Cbor, speaksCbor } from './rpcV2Cbor.ts';
import { s3Dialect } from './s3Dialect.ts';
import { readSdkModel, type ServiceModel } from './sdkModel.ts';
import {
  AwsError,
  type CallContext,
  type Operations,
  type ServiceFront,
  type WireRequest,
  type WireResponse,
} from './types.ts';

/** The protocol of each request: the service's own one, or another that AWS offers for it too. */
const protocolsOf = (model: ServiceModel): ((request: WireRequest) => Protocol) => {
  if (model.protocol === 'restJson1') {
    const json = restJson(model);
    return () => json;
  }
  if (model.protocol === 'restXml') {
    const isS3 = model.namespace === 'com.amazonaws.s3';
    const xml = isS3 ? restXml(model, s3Dialect) : restXml(model);
    return () => xml;
  }
  if (model.protocol === 'ec2Query') {
    const query = ec2Query(model);
    return () => query;
  }
  const query = awsQuery(model);
  if (model.protocol === 'awsQuery') return () => query;
  const json = awsJson(model);
  const cbor = rpcV2Cbor(model);
  return (request) => {
    if (speaksCbor(request)) return cbor;
    return speaksQuery(request) ? query : json;
  };
};

export type ServiceOptions = {
  /** Hears of errors that are no answer of the service but a fault in it. */
  readonly onFault?: (error: unknown, operation: string) => void;
};

const reportFault = (scope: string) => (error: unknown, operation: string) =>
  console.error(`fault in the embedded ${scope} service, operation ${operation}:`, error);

/**
 * A service behind the endpoint, from the module of its SDK client (`import * as sdk`) and handlers
 * by operation name. Inputs and answers have the types of the client's commands: dates are Date,
 * blobs are Uint8Array. A handler answers errors by throwing AwsError; anything else it throws is a
 * fault, reported and answered with InternalFailure. Operations without a handler are refused.
 * @throws Error when a handler's name is not in the model.
 */
export const serviceFromSdk = (
  sdk: object,
  scope: string,
  operations: Operations,
  { onFault = reportFault(scope) }: ServiceOptions = {},
): ServiceFront => {
  const model = readSdkModel(sdk);
  for (const name of Object.keys(operations)) {
    if (!model.operations.has(name))
      throw new Error(`${scope} has no operation ${name} in its model`);
  }
  const speak = protocolsOf(model);

  const failed = (
    protocol: Protocol,
    error: AwsError,
    request: WireRequest,
    requestId: string,
  ): WireResponse => {
    const modelled = model.errors.get(error.name);
    const failure = {
      code: error.name,
      message: error.message,
      status: error.status ?? modelled?.status ?? 400,
      members: error.members,
      model: modelled,
      requestId,
    };
    return protocol.fail(failure, request);
  };

  const handle = async (request: WireRequest, call: CallContext): Promise<WireResponse> => {
    const protocol = speak(request);
    let operation = '?';
    try {
      const match = protocol.match(request);
      operation = match.operation.name;
      const handler = operations[operation];
      if (!handler) throw protocol.notOffered(operation);
      const input = protocol.read(match, request);
      await call.authorize?.(operation, input);
      const output = await handler(input, call);
      return protocol.write(match.operation, output, call.requestId);
    } catch (error) {
      if (error instanceof AwsError) return failed(protocol, error, request, call.requestId);
      if (call.signal.aborted) throw error;
      onFault(error, operation);
      const reason = error instanceof Error ? error.message : String(error);
      const fault = new AwsError('InternalFailure', `${scope} ${operation}: ${reason}`, {}, 500);
      return failed(protocol, fault, request, call.requestId);
    }
  };

  return { scope, handle };
};
