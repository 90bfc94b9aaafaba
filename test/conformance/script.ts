import type { TaskRequest } from '../../local/stepfunctions/runtime.ts';
import { type Case, detailsOf, type RecordedEvent } from './cases.ts';

/** What a recorded task did: the far end of the machine, restated from its history. */
export type Step = {
  readonly service: string;
  readonly action: string;
  readonly submitted: unknown;
  readonly end:
    | { readonly kind: 'output'; readonly value: unknown }
    | { readonly kind: 'failure'; readonly error: string; readonly cause: unknown }
    | { readonly kind: 'never' };
};

const SCHEDULED = new Set(['TaskScheduled', 'LambdaFunctionScheduled']);
const ENDS = /^(Task|LambdaFunction)(Succeeded|Failed|TimedOut)$/;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const SDK_NAME: Record<string, string> = { events: 'eventbridge', states: 'sfn' };

/** Events of one attempt: those that follow each other from its schedule on; by order where ids are left out. */
const attempt = (events: readonly RecordedEvent[], from: RecordedEvent): RecordedEvent[] => {
  const found: RecordedEvent[] = [];
  let last = from;
  const tail = events.slice(events.indexOf(from) + 1);
  for (const event of tail) {
    const follows = event.previousEventId !== 0 && event.previousEventId === last.id;
    const scrubbed =
      event.previousEventId === 0 && /^(Task|LambdaFunction)(?!State)/.test(event.type);
    if (!follows && !scrubbed) continue;
    if (SCHEDULED.has(event.type) && !scrubbed) break;
    found.push(event);
    last = event;
    if (ENDS.test(event.type)) break;
  }
  return found;
};

const parsed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const endOf = (event: RecordedEvent | undefined): Step['end'] => {
  if (!event || event.type.endsWith('TimedOut')) return { kind: 'never' };
  const { output, error, cause } = detailsOf(event);
  if (event.type.endsWith('Succeeded')) return { kind: 'output', value: parsed(output) };
  return { kind: 'failure', error: String(error ?? ''), cause };
};

const orderedScrubbed = (events: readonly RecordedEvent[]) => {
  const ends = events.filter((event) => ENDS.test(event.type) && event.previousEventId === 0);
  return () => ends.shift();
};

/** The steps of a case in the order in which its tasks were scheduled. */
export const stepsOf = (recorded: Case): Step[] => {
  const { events } = recorded.expected.get_execution_history;
  const nextScrubbed = orderedScrubbed(events);
  return events
    .filter((event) => SCHEDULED.has(event.type))
    .map((event): Step => {
      const own = event.previousEventId === 0 ? [] : attempt(events, event);
      const end = own.length === 0 ? nextScrubbed() : own.find((e) => ENDS.test(e.type));
      const submitted = own.find((e) => e.type === 'TaskSubmitted');
      const { resourceType, resource } = detailsOf(event);
      const type = String(resourceType ?? 'lambda');
      const plain = type.replace('aws-sdk:', '');
      return {
        service: type.startsWith('aws-sdk:') ? plain : (SDK_NAME[plain] ?? plain),
        action: capital(String(resource ?? 'invoke').split('.')[0] ?? '').replace(
          /^Arn:.*/,
          'Invoke',
        ),
        submitted: submitted ? parsed(detailsOf(submitted)['output']) : undefined,
        end: endOf(end),
      };
    });
};

const METADATA = ['SdkHttpMetadata', 'SdkResponseMetadata'];

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

/** A recorded output as the service gave it: what the history adds about HTTP goes back to `$metadata`. */
const answerOf = (value: unknown): Record<string, unknown> => {
  const output = objectOf(value);
  const http = objectOf(output['SdkHttpMetadata']);
  const response = objectOf(output['SdkResponseMetadata']);
  const members = Object.entries(output).filter(([key]) => !METADATA.includes(key));
  return {
    ...Object.fromEntries(members),
    $metadata: {
      httpStatusCode: http['HttpStatusCode'] ?? 200,
      httpHeaders: http['HttpHeaders'],
      requestId: response['RequestId'],
    },
  };
};

class ServiceError extends Error {
  readonly $metadata: object | undefined;
  constructor(name: string, message: string, metadata: object | undefined) {
    super(message);
    this.name = name;
    this.$metadata = metadata;
  }
}

const CAUSE_OF_OPTIMISED =
  /^(.*) \(Service: [^;]+; Status Code: (\d+); Error Code: ([^;]+); Request ID: (.+?); Proxy: null\)$/s;
const CAUSE_OF_SDK =
  /^(.*) \(Service: [^,]+, Status Code: (\d+), Request ID: ([^,]+?)(?:, Extended Request ID: (.+))?\)$/s;

/** The error a service gave, read back from what the history says about it. */
const errorOf = (error: string, cause: string): ServiceError | undefined => {
  const optimised = CAUSE_OF_OPTIMISED.exec(cause);
  if (optimised) {
    const [, message = '', status, name = '', requestId] = optimised;
    return new ServiceError(name, message, { httpStatusCode: Number(status), requestId });
  }
  const sdk = CAUSE_OF_SDK.exec(cause);
  if (sdk) {
    const [, message = '', status, requestId, extendedRequestId] = sdk;
    const name = (error.split('.')[1] ?? '').replace(/Exception$/, '');
    return new ServiceError(name, message, {
      httpStatusCode: Number(status),
      requestId,
      extendedRequestId,
    });
  }
  const network = /^Unable to execute HTTP request: (.*)$/s.exec(cause);
  return network ? new ServiceError('Error', network[1] ?? '', undefined) : undefined;
};

const TOO_LARGE_CHARS = 300_000;

const failure = (step: Step & { end: { kind: 'failure' } }): unknown => {
  const { error, cause } = step.end;
  if (error === 'States.DataLimitExceeded') {
    return { StatusCode: 200, Payload: JSON.stringify('x'.repeat(TOO_LARGE_CHARS)) };
  }
  if (error === 'EventBridge.FailedEntry') return answerOf(parsed(cause));
  const text = typeof cause === 'string' ? cause : JSON.stringify(cause);
  const thrown = errorOf(error, text);
  if (thrown) throw thrown;
  return { StatusCode: 200, FunctionError: 'Unhandled', Payload: text };
};

/** Answers one call as the recorded service did. Functions answer with their payload as text. */
export const play = (step: Step, request: TaskRequest): Promise<unknown> => {
  const { end } = step;
  if (step.submitted !== undefined) return Promise.resolve(answerOf(step.submitted));
  if (end.kind === 'never') {
    return new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
    });
  }
  try {
    if (end.kind === 'failure') return Promise.resolve(failure({ ...step, end }));
  } catch (error) {
    return Promise.reject(error);
  }
  if (request.service !== 'lambda') return Promise.resolve(answerOf(end.value));
  const output = objectOf(end.value);
  const whole = METADATA.some((key) => key in output);
  const payload = whole ? output['Payload'] : end.value;
  const answer = whole ? answerOf(output) : { StatusCode: 200 };
  return Promise.resolve({ ...answer, Payload: JSON.stringify(payload ?? null) });
};
