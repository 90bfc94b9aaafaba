import { isObject, type Json, type JsonObject, parseJson } from '../json.ts';
import type { Run } from '../runtime.ts';
import { serviceError, TaskError, withHttpMetadata } from './errors.ts';

const LAMBDA = { service: 'lambda', sdk: false };

/** The payload as the text that goes over the wire: strings are sent as they are. */
const payloadText = (payload: Json | undefined): string | undefined => {
  if (payload === undefined) return undefined;
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
};

const parsed = (text: unknown): Json => {
  if (typeof text !== 'string' || text === '') return null;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

const invoke = async (
  run: Run,
  input: JsonObject,
  signal: AbortSignal,
): Promise<Record<string, unknown>> => {
  let output: unknown;
  try {
    const { region, roleArn } = run.head;
    output = await run.tools.gateway.call({
      service: 'lambda',
      action: 'Invoke',
      input,
      region,
      roleArn,
      signal,
    });
  } catch (error) {
    throw serviceError(LAMBDA, error);
  }
  const answer: Record<string, unknown> = isObject(output) ? output : {};
  if (typeof answer['FunctionError'] !== 'string') return answer;
  const text = typeof answer['Payload'] === 'string' ? answer['Payload'] : '';
  const payload = parsed(text);
  const type = isObject(payload) ? payload['errorType'] : undefined;
  throw new TaskError(typeof type === 'string' && type !== '' ? type : 'Lambda.Unknown', text);
};

/** A task whose resource is the function itself: the result is the function's answer. */
export const callFunction = async (
  run: Run,
  arn: string,
  input: Json,
  signal: AbortSignal,
): Promise<Json> => {
  const request = { FunctionName: arn, Payload: JSON.stringify(input) };
  return parsed((await invoke(run, request, signal))['Payload']);
};

/** `lambda:invoke`: the result is the answer of the Invoke call with the payload as JSON. */
export const callLambda = async (run: Run, input: Json, signal: AbortSignal): Promise<Json> => {
  const request = isObject(input) ? input : {};
  const { Payload, ...rest } = request;
  const text = payloadText(Payload);
  const answer = await invoke(run, text === undefined ? rest : { ...rest, Payload: text }, signal);
  const { ExecutedVersion, StatusCode, LogResult } = answer;
  return withHttpMetadata(
    {
      ...(typeof ExecutedVersion === 'string' ? { ExecutedVersion } : {}),
      ...(typeof LogResult === 'string' ? { LogResult } : {}),
      Payload: parsed(answer['Payload']),
      ...(typeof StatusCode === 'number' ? { StatusCode } : {}),
    },
    answer['$metadata'],
  );
};
