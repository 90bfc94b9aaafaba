import { roleKey } from '../iam/roleKey.ts';
import { readSdkModel, type ServiceModel } from '../wire/sdkModel.ts';
import { isObject } from './json.ts';
import type { TaskGateway, TaskRequest } from './runtime.ts';
import { fromSdkOutput, ParameterError, toSdkInput } from './sdkShapes.ts';

/** SDK module of each service a task may name, loaded when first used. */
const MODULES: Record<string, () => Promise<object>> = {
  cloudwatch: () => import('@aws-sdk/client-cloudwatch'),
  cloudwatchlogs: () => import('@aws-sdk/client-cloudwatch-logs'),
  codebuild: () => import('@aws-sdk/client-codebuild'),
  dynamodb: () => import('@aws-sdk/client-dynamodb'),
  ecr: () => import('@aws-sdk/client-ecr'),
  ecs: () => import('@aws-sdk/client-ecs'),
  eventbridge: () => import('@aws-sdk/client-eventbridge'),
  lambda: () => import('@aws-sdk/client-lambda'),
  route53: () => import('@aws-sdk/client-route-53'),
  s3: () => import('@aws-sdk/client-s3'),
  scheduler: () => import('@aws-sdk/client-scheduler'),
  sfn: () => import('@aws-sdk/client-sfn'),
  ssm: () => import('@aws-sdk/client-ssm'),
};

/** Names that services have in credential scopes, where those are others. */
const SCOPES: Record<string, string> = {
  events: 'eventbridge',
  logs: 'cloudwatchlogs',
  monitoring: 'cloudwatch',
  states: 'sfn',
};

/** AWS makes one up for each session. */
const SESSION = 'embedded';

export type SdkGatewayOptions = {
  /** Where the embedded cloud answers; every service has the same one. */
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** In the place of sockets, for calls inside one process. */
  readonly requestHandler?: object;
};

type Sender = { send(command: object, options: { abortSignal: AbortSignal }): Promise<unknown> };
type Service = { readonly module: object; readonly model: ServiceModel };

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const construct = (module: object, name: string, argument: unknown): object => {
  const type: unknown = Reflect.get(module, name);
  if (typeof type !== 'function') throw new ParameterError(`the SDK has no ${name}`);
  const made: unknown = Reflect.construct(type, [argument]);
  if (typeof made !== 'object' || made === null) throw new Error(`${name} made no object`);
  return made;
};

const isSender = (client: object): client is Sender =>
  typeof Reflect.get(client, 'send') === 'function';

/** Notes the headers of the answer in `$metadata`, where the history of a task takes them from. */
const keepHeaders = (command: object): void => {
  const stack: unknown = Reflect.get(command, 'middlewareStack');
  const add: unknown = typeof stack === 'object' && stack ? Reflect.get(stack, 'add') : undefined;
  if (typeof add !== 'function') return;
  type Answer = { response?: { headers?: unknown }; output?: { $metadata?: object } };
  const note = (next: (args: unknown) => Promise<Answer>) => async (args: unknown) => {
    const answer = await next(args);
    if (answer.output?.$metadata) {
      Object.assign(answer.output.$metadata, { httpHeaders: answer.response?.headers });
    }
    return answer;
  };
  Reflect.apply(add, stack, [note, { step: 'deserialize', priority: 'high', name: 'keepHeaders' }]);
};

const metadataOf = (output: unknown): unknown =>
  typeof output === 'object' && output !== null ? Reflect.get(output, '$metadata') : undefined;

/** Reaches the services of the embedded cloud with real SDK clients, over the AWS protocols. */
export const createSdkGateway = (options: SdkGatewayOptions): TaskGateway & { close(): void } => {
  const services = new Map<string, Promise<Service>>();
  const clients = new Map<string, Sender>();

  const serviceOf = (name: string): Promise<Service> => {
    const known = services.get(name);
    if (known) return known;
    const load = MODULES[name];
    if (!load) {
      const names = Object.keys(MODULES).join(', ');
      throw new ParameterError(`the embedded cloud has no service '${name}': it has ${names}`);
    }
    const loading = load().then((module) => ({ module, model: readSdkModel(module) }));
    services.set(name, loading);
    return loading;
  };
  const clientOf = (
    name: string,
    { module }: Service,
    { region, roleArn }: Pick<TaskRequest, 'region' | 'roleArn'>,
  ): Sender => {
    const key = `${name} ${region} ${roleArn}`;
    const known = clients.get(key);
    if (known) return known;
    const className = Object.keys(module).find((n) => /^[A-Z].*Client$/.test(n)) ?? '';
    const client = construct(module, className, {
      region,
      endpoint: options.endpoint,
      credentials: roleArn
        ? { ...options.credentials, accessKeyId: roleKey(roleArn, SESSION) }
        : options.credentials,
      // Retries are the machine's business: its Retry rules say how often and when.
      maxAttempts: 1,
      ...(name === 's3' ? { forcePathStyle: true } : {}),
      ...(options.requestHandler ? { requestHandler: options.requestHandler } : {}),
    });
    if (!isSender(client)) throw new Error(`the SDK client of ${name} cannot send`);
    clients.set(key, client);
    return client;
  };

  return {
    call: async ({ service: called, action, input, region, roleArn, dates = 'iso', signal }) => {
      const name = SCOPES[called] ?? called;
      const service = await serviceOf(name);
      const operation = service.model.operations.get(capital(action));
      if (!operation) throw new ParameterError(`${name} has no operation '${action}'`);
      const command = construct(
        service.module,
        `${operation.name}Command`,
        toSdkInput(operation.input, isObject(input) ? input : {}, operation.name) ?? {},
      );
      keepHeaders(command);
      const client = clientOf(name, service, roleArn ? { region, roleArn } : { region });
      const output = await client.send(command, { abortSignal: signal });
      const { $metadata: _, ...members } = Object(output);
      const json = await fromSdkOutput(operation.output, members, dates);
      return { ...(isObject(json) ? json : {}), $metadata: metadataOf(output) };
    },
    close: () => {
      for (const client of clients.values()) {
        const destroy: unknown = Reflect.get(client, 'destroy');
        if (typeof destroy === 'function') Reflect.apply(destroy, client, []);
      }
    },
  };
};
