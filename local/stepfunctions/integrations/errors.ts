import { isObject, type Json } from '../json.ts';
import type { TaskResource } from '../resource.ts';

/** A task failed for a reason that belongs into the history. */
export class TaskError extends Error {
  readonly error: string | undefined;
  override readonly cause: string | undefined;
  constructor(error: string | undefined, cause: string | undefined) {
    super(`${error}: ${cause}`);
    this.name = 'TaskError';
    this.error = error;
    this.cause = cause;
  }
}

type Integration = TaskResource & { readonly kind: 'integration' };

/** How errors of optimised integrations name the service: in the error and in the cause. */
const OPTIMISED: Record<string, readonly [prefix: string, service: string]> = {
  lambda: ['Lambda', 'AWSLambda'],
  dynamodb: ['DynamoDB', 'AmazonDynamoDBv2'],
  sqs: ['SQS', 'AmazonSQS'],
  sns: ['SNS', 'AmazonSNS'],
  events: ['EventBridge', 'AmazonEventBridge'],
  ecs: ['ECS', 'AmazonECS'],
  codebuild: ['CodeBuild', 'AWSCodeBuild'],
  states: ['StepFunctions', 'AWSStepFunctions'],
};

/** How errors of `aws-sdk:` integrations name the service. */
const SDK_NAMES: Record<string, string> = {
  dynamodb: 'DynamoDb',
  codebuild: 'CodeBuild',
  eventbridge: 'EventBridge',
  cloudwatch: 'CloudWatch',
  cloudwatchlogs: 'CloudWatchLogs',
  route53: 'Route53',
  secretsmanager: 'SecretsManager',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The first part of the error names of a service, such as `DynamoDb`. */
const errorPrefix = (task: Pick<Integration, 'service' | 'sdk'>): string =>
  task.sdk
    ? (SDK_NAMES[task.service] ?? capital(task.service))
    : (OPTIMISED[task.service]?.[0] ?? capital(task.service));

type Metadata = {
  readonly status: number | undefined;
  readonly requestId: string;
  readonly extendedRequestId: string | undefined;
};

const metadataOf = (error: unknown): Metadata => {
  const found: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : undefined;
  const metadata = isObject(found) ? found : {};
  const { httpStatusCode, requestId, extendedRequestId } = metadata;
  return {
    status: typeof httpStatusCode === 'number' ? httpStatusCode : undefined,
    requestId: typeof requestId === 'string' ? requestId : 'unknown',
    extendedRequestId: typeof extendedRequestId === 'string' ? extendedRequestId : undefined,
  };
};

/** What an error of a service looks like to the machine, in the words of each kind of integration. */
export const serviceError = (
  task: Pick<Integration, 'service' | 'sdk'>,
  error: unknown,
): TaskError => {
  const prefix = errorPrefix(task);
  const name = error instanceof Error ? error.name : 'Unknown';
  const message = error instanceof Error ? error.message : String(error);
  const { status, requestId, extendedRequestId } = metadataOf(error);
  if (status === undefined) {
    return new TaskError(
      `${prefix}.SdkClientException`,
      `Unable to execute HTTP request: ${message}`,
    );
  }
  if (task.sdk) {
    const extended = extendedRequestId ? `, Extended Request ID: ${extendedRequestId}` : '';
    return new TaskError(
      `${prefix}.${name.endsWith('Exception') ? name : `${name}Exception`}`,
      `${message} (Service: ${prefix}, Status Code: ${status}, Request ID: ${requestId}${extended})`,
    );
  }
  const service = OPTIMISED[task.service]?.[1] ?? prefix;
  return new TaskError(
    `${prefix}.${name}`,
    `${message} (Service: ${service}; Status Code: ${status}; Error Code: ${name}; Request ID: ${requestId}; Proxy: null)`,
  );
};

/** Adds what optimised integrations tell about the HTTP answer, and takes `$metadata` out. */
export const withHttpMetadata = (output: Record<string, Json>, metadata: unknown): Json => {
  if (!isObject(metadata)) return output;
  const { httpStatusCode, requestId, httpHeaders } = metadata;
  const headers = isObject(httpHeaders) ? httpHeaders : {};
  const all = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [value]]));
  return {
    ...output,
    SdkHttpMetadata: {
      AllHttpHeaders: all,
      HttpHeaders: headers,
      ...(httpStatusCode === undefined ? {} : { HttpStatusCode: httpStatusCode }),
    },
    SdkResponseMetadata: requestId === undefined ? {} : { RequestId: requestId },
  };
};
