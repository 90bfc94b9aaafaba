/** What the `Resource` of a Task names. */
export type TaskResource =
  | { readonly kind: 'function'; readonly arn: string }
  | {
      readonly kind: 'integration';
      /** As the history shows it, such as `lambda` or `aws-sdk:dynamodb`. */
      readonly resourceType: string;
      /** As the history shows it, such as `startBuild.sync`. */
      readonly resource: string;
      readonly service: string;
      readonly action: string;
      readonly sdk: boolean;
      readonly pattern: 'request' | 'sync' | 'sync2' | 'token';
    };

/** Optimised integrations and which patterns each action has. Source: Step Functions service integrations. */
const OPTIMISED: Record<string, Record<string, readonly string[]>> = {
  lambda: { invoke: ['request', 'token'] },
  codebuild: {
    startBuild: ['request', 'sync'],
    stopBuild: ['request'],
    batchGetReports: ['request'],
  },
  ecs: { runTask: ['request', 'sync', 'token'] },
  dynamodb: {
    getItem: ['request'],
    putItem: ['request'],
    updateItem: ['request'],
    deleteItem: ['request'],
  },
  events: { putEvents: ['request', 'token'] },
  states: { startExecution: ['request', 'sync', 'sync2', 'token'] },
  sqs: { sendMessage: ['request', 'token'] },
  sns: { publish: ['request', 'token'] },
};

const PATTERNS: Record<string, 'sync' | 'sync2' | 'token'> = {
  sync: 'sync',
  'sync:2': 'sync2',
  waitForTaskToken: 'token',
};

const kept = new Map<string, TaskResource | { readonly problem: string }>();
const KEPT_MAX = 5_000;

const read = (arn: string): TaskResource | { readonly problem: string } => {
  if (/^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(arn)) {
    return { kind: 'function', arn };
  }
  if (/^arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:activity:/.test(arn)) {
    return { problem: `Activities are not supported: '${arn}'` };
  }
  const parts = /^arn:aws[\w-]*:states:[a-z0-9-]*:(?:\d{12})?:(.+)$/.exec(arn);
  if (!parts?.[1]) {
    return {
      problem: `The resource '${arn}' is neither a Lambda function nor arn:aws:states:::<service>:<action>`,
    };
  }
  const names =
    /^(aws-sdk:)?([A-Za-z0-9-]+):([A-Za-z0-9]+)(?:\.(sync:2|sync|waitForTaskToken))?$/.exec(
      parts[1],
    );
  const [, sdkPrefix, service, action, suffix] = names ?? [];
  if (!service || !action) return { problem: `The resource provided ${arn} is not recognized` };
  const pattern = suffix === undefined ? 'request' : (PATTERNS[suffix] ?? 'request');
  const sdk = sdkPrefix !== undefined;
  if (sdk && (pattern === 'sync' || pattern === 'sync2')) {
    return { problem: `The resource provided ${arn} is not recognized: aws-sdk has no .sync` };
  }
  const allowed = OPTIMISED[service]?.[action];
  if (!sdk && !allowed?.includes(pattern)) {
    return { problem: `The resource provided ${arn} is not recognized` };
  }
  return {
    kind: 'integration',
    resourceType: `${sdkPrefix ?? ''}${service}`,
    resource: suffix === undefined ? action : `${action}.${suffix}`,
    service,
    action,
    sdk,
    pattern,
  };
};

/** Reads the ARN of a task's resource, or says what is wrong with it. */
export const parseResource = (arn: string): TaskResource | { readonly problem: string } => {
  const known = kept.get(arn);
  if (known) return known;
  const found = read(arn);
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(arn, found);
  return found;
};
