// The process of one Lambda environment: loads the handler, then asks the Runtime API for events,
// one at a time. Started with a clean environment by environment.ts; any runtime client that
// speaks the Runtime API could stand in its place.
import { existsSync } from 'node:fs';
import http from 'node:http';
import { enableCompileCache, flushCompileCache } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { assumeNetwork } from './sandboxNetwork.ts';

type Handler = (event: unknown, context: object) => unknown;
type Answer = { status: number; headers: http.IncomingHttpHeaders; body: string };

/** Reads a variable that the handler must not see. */
const take = (name: string): string | undefined => {
  const value = process.env[name];
  delete process.env[name];
  return value;
};

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: a Lambda environment needs it`);
  return value;
};

const [apiHost = '127.0.0.1', apiPort] = need('AWS_LAMBDA_RUNTIME_API').split(':');
const agent = new http.Agent({ keepAlive: true });

const call = (method: string, route: string, body = '', headers = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: apiHost,
        port: apiPort,
        method,
        path: `/2018-06-01/runtime/${route}`,
        headers,
        agent,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });

/** An error whose name AWS reports instead of the JavaScript class. */
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

const describe = (error: unknown): string =>
  JSON.stringify(
    error instanceof Error
      ? {
          errorType: error.name,
          errorMessage: error.message,
          trace: (error.stack ?? '').split('\n'),
        }
      : { errorType: typeof error, errorMessage: String(error), trace: [] },
  );

const post = (route: string, body: string): Promise<Answer> => {
  const errorType: unknown = route.endsWith('error') ? JSON.parse(body).errorType : undefined;
  return call('POST', route, body, {
    'content-type': 'application/json',
    ...(typeof errorType === 'string'
      ? { 'lambda-runtime-function-error-type': errorType.replace(/[^\x20-\x7e]/g, '?') }
      : {}),
  });
};

const loadHandler = async (): Promise<Handler> => {
  const spec = need('_HANDLER');
  const dot = spec.lastIndexOf('.');
  if (dot <= spec.lastIndexOf('/')) throw named('Runtime.MalformedHandlerName', 'Bad handler');
  const base = path.resolve(need('LAMBDA_TASK_ROOT'), spec.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((end) => base + end).find((name) => existsSync(name));
  if (file === undefined) {
    const message = `Error: Cannot find module '${spec.slice(0, dot)}'`;
    throw named('Runtime.ImportModuleError', message);
  }
  const module = await importModule(file);
  const exported = module[spec.slice(dot + 1)];
  if (typeof exported !== 'function') {
    throw named('Runtime.HandlerNotFound', `${spec} is undefined or not exported`);
  }
  return exported as Handler;
};

const importModule = async (file: string): Promise<Record<string, unknown>> => {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw named('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
      throw named('Runtime.ImportModuleError', String(error));
    }
    throw error;
  }
};

const contextOf = (headers: http.IncomingHttpHeaders, requestId: string) => {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const client = headers['lambda-runtime-client-context'];
  return {
    functionName: need('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: need('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: need('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: need('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: need('AWS_LAMBDA_LOG_STREAM_NAME'),
    invokedFunctionArn: String(headers['lambda-runtime-invoked-function-arn']),
    awsRequestId: requestId,
    clientContext: typeof client === 'string' ? JSON.parse(client) : undefined,
    identity: undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
};

let current: string | undefined;

/** Reports what no handler caught, as the failure of the invocation under way, and ends. */
const dieOf = (error: unknown, exitCode: number): void => {
  console.error(error);
  const route = current === undefined ? 'init/error' : `invocation/${current}/error`;
  post(route, describe(error)).finally(() => process.exit(exitCode));
};

const invoke = async (handler: Handler, event: Answer): Promise<void> => {
  const requestId = String(event.headers['lambda-runtime-aws-request-id']);
  current = requestId;
  const trace = event.headers['lambda-runtime-trace-id'];
  if (typeof trace === 'string') process.env['_X_AMZN_TRACE_ID'] = trace;
  let body: string;
  try {
    const result = await handler(JSON.parse(event.body), contextOf(event.headers, requestId));
    body = JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch (error) {
    const text = describe(error);
    console.error(`${requestId}\tERROR\tInvoke Error\t${text}`);
    await post(`invocation/${requestId}/error`, text);
    return;
  }
  await post(`invocation/${requestId}/response`, body);
};

const run = async (): Promise<void> => {
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    console.error(error);
    await post('init/error', describe(error));
    process.exit(1);
  }
  for (let invocations = 0; ; invocations++) {
    const next = call('GET', 'invocation/next');
    // A sandbox ends by being killed, which saves nothing. The first event had the functions that
    // work compiled, and the next one is asked for before this takes its time.
    if (invocations === 1) setImmediate(flushCompileCache);
    const event = await next;
    if (event.status !== 200) process.exit(1);
    await invoke(handler, event);
    current = undefined;
  }
};

// The parent holds the other end of stdin: its end means that the parent is gone.
process.stdin.on('end', () => process.exit(1));
process.stdin.on('error', () => process.exit(1));
process.stdin.resume();
if ('unref' in process.stdin) process.stdin.unref();

process.on('uncaughtException', (error) => dieOf(error, 129));
process.on('unhandledRejection', (reason) =>
  dieOf(named('Runtime.UnhandledPromiseRejection', String(reason)), 128),
);

const compileCache = take('SANDBOX_COMPILE_CACHE');
if (compileCache !== undefined) enableCompileCache(compileCache);
assumeNetwork(take('SANDBOX_SOURCE_ADDRESS'), take('SANDBOX_RESOLVER'));
run().catch(() => process.exit(1));
