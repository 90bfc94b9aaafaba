/**
 * Night after night of the real drill machine, on a virtual clock: the schedule starts it, its states call the
 * real functions as Lambda does, and those talk to the embedded DynamoDB, S3, SSM, ECR, EventBridge and
 * Step Functions over sockets. Only builds, tasks and probes are made up (nightFarEnds.ts).
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as dynamodbSdk from '@aws-sdk/client-dynamodb';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as sfnSdk from '@aws-sdk/client-sfn';
import * as ssmSdk from '@aws-sdk/client-ssm';
import type { Context } from 'aws-lambda';
import { openDocuments } from '../../aws/documents.ts';
import { openNightRecords } from '../../aws/nightRecords.ts';
import { AnomalyFound } from '../../events/anomalyFound.ts';
import { DrillReport } from '../../events/drillReport.ts';
import { lateEndpoint } from '../../local/assembly/endpoint.ts';
import { realClock } from '../../local/clock.ts';
import { createDynamodb } from '../../local/dynamodb/service.ts';
import { createEcr } from '../../local/ecr/createEcr.ts';
import { createEventBridge } from '../../local/eventbridge/service.ts';
import { createS3 } from '../../local/s3/service.ts';
import { createScheduler } from '../../local/scheduler/service.ts';
import { createSsm } from '../../local/ssm/service.ts';
import { createStepFunctions } from '../../local/stepfunctions/engine.ts';
import type { TaskGateway } from '../../local/stepfunctions/runtime.ts';
import { createVirtualClock, type VirtualClock } from '../../local/virtualClock.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { definitionOf } from '../asl/machines.ts';
import { clientOf } from '../contract/endpoint.ts';
import { recordingGateway } from './gateway.ts';
import type { NightModel } from './nightDrills.ts';
import { buildsFarEnd, type Image, tasksFarEnd, vantagesFarEnd } from './nightFarEnds.ts';
import { FIRST_DAY } from './nights.ts';
import { createRepository, type MadeLayer, pushImage } from './ociImage.ts';
import { callContext, functionAnswer, functionError, payloadOf } from './stateMachines.ts';
import { startTestServer } from './wireServer.ts';

const HOME = 'eu-central-1';
const TABLE = 'failover-drill-shop';
const BUCKET = 'failover-drill-shop-documents';
const REPOSITORY = 'failover-drill-shop';
const REGISTRY = '000000000000.dkr.ecr.eu-central-1.amazonaws.com';
const CLUSTER = 'failover-drill-shop';
const SLACK = '/failover/shop/slack-webhook';
const CONFIG_KEY = 'config/shop/1.json';
const DAY_MS = 86_400_000;
const HOST = '127.0.0.1';

const layer = (name: string, bytes: number): MadeLayer => ({
  members: [{ path: `app/${name}`, content: randomBytes(bytes) }],
  createdBy: `COPY ${name} /app # buildkit`,
});

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return (server.address() as AddressInfo).port;
};

/** A server that answers every request with 200 and keeps what it was sent. */
const openHttp = async () => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      heard.push(text);
      response.end('ok');
    });
  });
  return { heard, port: await listening(server), close: () => server.close() };
};

type Handler = (event: never, context: Context) => Promise<unknown>;

/** Runs `PlanFunction` as the handler in functions/plan, as Lambda does. */
const runFunction = async (functionName: string, payload: unknown): Promise<unknown> => {
  const folder = functionName
    .replace(/Function$/, '')
    .replace(/(?!^)[A-Z]/g, '-$&')
    .toLowerCase();
  const module: { handler: Handler } = await import(`../../functions/${folder}/handler.ts`);
  const context = {
    ...{ awsRequestId: 'r-1', functionName, functionVersion: '$LATEST', memoryLimitInMB: '256' },
    invokedFunctionArn: `arn:aws:lambda:${HOME}:000000000000:function:${functionName}`,
    getRemainingTimeInMillis: () => 60_000,
  } as Context;
  try {
    return functionAnswer((await module.handler(payload as never, context)) ?? null);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return functionError(name, message);
  }
};

const configOf = (port: number) => ({
  service: 'shop',
  record: 'shop.example.test',
  regions: { primary: 'eu-west-1', standby: HOME },
  image: { matrix: { target: ['slim', 'distroless'] }, reference: 'slim' },
  run: { port, health: '/healthz' },
  probes: [{ kind: 'http', path: '/' }, { kind: 'dns' }],
  drill: {
    schedule: 'cron(0 2 * * ? *)',
    profile: { rounds: 2, samples: 9, rate: '32/s' },
    vantages: ['eu-west-1', HOME],
  },
  notify: { slack: `ssm:${SLACK}` },
});

type Options = {
  readonly dataDir: string;
  readonly model: NightModel;
  /** Sets a variable of the environment, as long as the test lasts. */
  readonly setEnv: (name: string, value: string) => void;
  /** Sets the date for all of the process: functions and services live in the night that it is. */
  readonly setDate: (ms: number) => void;
  /** Whether the reference can be built that night. */
  readonly builds?: (night: number) => boolean;
  /** Night from which distroless is built from other sources. */
  readonly changedFrom?: number;
};

/** The services that functions talk to; `far` is how services call one another. */
const openServices = async (dataDir: string) => {
  const base = { dataDir, clock: realClock };
  const far = lateEndpoint();
  const listener = recordingGateway();
  const dynamodb = await createDynamodb(base);
  const ecr = await createEcr(base);
  const bus = await createEventBridge({
    ...{ ...base, random: Math.random, gateway: listener.gateway, onDropped: raise },
  });
  const s3 = await createS3(base);
  const services = [
    dynamodb.front,
    serviceFromSdk(s3Sdk, 's3', s3.operations),
    serviceFromSdk(ssmSdk, 'ssm', createSsm(base).operations),
    serviceFromSdk(ecrSdk, 'ecr', ecr.operations),
    serviceFromSdk(eventsSdk, 'events', bus.operations),
  ];
  const close = async (): Promise<void> => {
    far.gateway.close();
    await bus.close();
    await dynamodb.close();
    await ecr.close();
  };
  return { far, listener, services, close };
};

const raise = (_: unknown, error: unknown): never => {
  throw error;
};

/** Step Functions and Scheduler on the virtual clock, which stands still while anything is at work. */
const openMachine = async (
  { dataDir, setDate }: Pick<Options, 'dataDir' | 'setDate'>,
  clock: VirtualClock,
  far: TaskGateway,
) => {
  const gateway: TaskGateway = {
    call: async (request) => {
      const release = clock.hold();
      setDate(clock.now());
      try {
        if (request.service !== 'lambda') return await far.call(request);
        const name = String(Reflect.get(Object(request.input), 'FunctionName'));
        return await runFunction(name, payloadOf(request));
      } finally {
        release();
      }
    },
  };
  const base = { dataDir, clock, random: Math.random, gateway };
  const engine = createStepFunctions(base);
  const scheduler = await createScheduler({ ...base, onDropped: raise });
  return { engine, scheduler };
};

const environment = (url: string): Record<string, string> => ({
  ...{ AWS_REGION: HOME, AWS_ENDPOINT_URL: url },
  ...{ AWS_ACCESS_KEY_ID: 'AKIDLOCAL', AWS_SECRET_ACCESS_KEY: 'local' },
  TASK_LOG_GROUP: '/failover-drill/shop/drills',
  ...{ TABLE, BUCKET, CLUSTER, IMAGE_REPOSITORY: REPOSITORY, REGISTRY },
  ...{
    NETWORK: 'eu-west-1/private/sg-a/subnet-a,eu-central-1/private/sg-b/subnet-b',
    PROBE_FUNCTION: 'probe',
  },
  ...{ POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
});

type Sdk = ReturnType<typeof clientOf>;

const prepare = async (sdk: Sdk, config: object, slackUrl: string): Promise<void> => {
  const table = new dynamodbSdk.DynamoDBClient(sdk);
  const keys = ['pk', 'sk'];
  await table.send(
    new dynamodbSdk.CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, at) => ({
        AttributeName,
        KeyType: at === 0 ? 'HASH' : 'RANGE',
      })),
    }),
  );
  table.destroy();
  const s3 = new s3Sdk.S3Client({ ...sdk, forcePathStyle: true });
  await s3.send(new s3Sdk.CreateBucketCommand({ Bucket: BUCKET }));
  s3.destroy();
  const source = { key: 'source/1.zip', sha256: 'a'.repeat(64) };
  await openDocuments(BUCKET, sdk).write(CONFIG_KEY, { config, source });
  const ssm = new ssmSdk.SSMClient(sdk);
  const secret = { Name: SLACK, Value: slackUrl, Type: 'SecureString' as const };
  await ssm.send(new ssmSdk.PutParameterCommand(secret));
  ssm.destroy();
  const events = new eventsSdk.EventBridgeClient(sdk);
  const EventPattern = JSON.stringify({ 'detail-type': ['AnomalyFound'] });
  await events.send(new eventsSdk.PutRuleCommand({ Name: 'anomalies', EventPattern }));
  const Arn = `arn:aws:lambda:${HOME}:000000000000:function:listener`;
  const Targets = [{ Id: 'listener', Arn }];
  await events.send(new eventsSdk.PutTargetsCommand({ Rule: 'anomalies', Targets }));
  events.destroy();
};

/** Images by the name that `imageOf` asks for; what they share is the base. */
const pushImages = async (dataDir: string, sdk: Sdk) => {
  const client = new ecrSdk.ECRClient(sdk);
  await createRepository(client, REPOSITORY);
  const place = { dataDir, region: HOME, repository: REPOSITORY };
  const base = layer('base', 40_000);
  const made: Record<string, MadeLayer[]> = {
    slim: [base, layer('slim', 9_000)],
    distroless: [base, layer('distroless', 5_000)],
    'distroless changed': [base, layer('changed', 6_000)],
  };
  const images = new Map<string, Image>();
  for (const [name, layers] of Object.entries(made)) {
    const { digest } = await pushImage(client, place, layers);
    images.set(name, { digest, uri: `${REGISTRY}/${REPOSITORY}:${name.split(' ')[0]}` });
  }
  client.destroy();
  return images;
};

type Machine = Awaited<ReturnType<typeof openMachine>>;

const schedule = (State: 'ENABLED' | 'DISABLED', Arn: string) => ({
  Name: 'failover-drill-shop',
  ScheduleExpression: 'cron(0 2 * * ? *)',
  State,
  FlexibleTimeWindow: { Mode: 'OFF' as const },
  Target: {
    Arn,
    RoleArn: 'arn:aws:iam::000000000000:role/schedule',
    Input: JSON.stringify({ service: 'shop', configKey: CONFIG_KEY }),
  },
});

const createMachine = async ({ engine, scheduler }: Machine): Promise<string> => {
  const definition = definitionOf('statemachines/drill.asl.yaml');
  const roleArn = 'arn:aws:iam::000000000000:role/machine';
  const made = await engine.operations['CreateStateMachine']?.(
    { name: 'failover-drill-shop-drill', roleArn, definition },
    callContext(HOME),
  );
  const arn = String(Reflect.get(Object(made), 'stateMachineArn'));
  await scheduler.operations['CreateSchedule']?.(schedule('ENABLED', arn), callContext(HOME));
  return arn;
};

/** Output of the newest execution, or why it failed. */
const newest = async ({ engine }: Machine, stateMachineArn: string) => {
  const ask = async (operation: string, input: object) =>
    Object(await engine.operations[operation]?.(input, callContext(HOME)));
  const { executions } = await ask('ListExecutions', { stateMachineArn, maxResults: 1 });
  const { executionArn, name } = executions[0];
  const { status, output, error, cause } = await ask('DescribeExecution', { executionArn });
  return { name: String(name), status, error, cause, output: output && JSON.parse(output) };
};

export const openNights = async (options: Options) => {
  const { dataDir, model, setEnv, builds = () => true, changedFrom = Number.MAX_VALUE } = options;
  const clock = createVirtualClock(FIRST_DAY * DAY_MS);
  options.setDate(clock.now());
  const night = (): number => Math.floor(clock.now() / DAY_MS) - FIRST_DAY;
  const [app, slack] = [await openHttp(), await openHttp()];
  const { far, listener, services, close: closeServices } = await openServices(dataDir);
  const machine = await openMachine(options, clock, far.gateway);
  let images = new Map<string, Image>();
  const imageOf = (variant: string): Image | undefined => {
    if (variant === 'slim' && !builds(night())) return undefined;
    const changed = variant === 'distroless' && night() >= changedFrom;
    return images.get(changed ? `${variant} changed` : variant);
  };
  const sdk = (): Sdk => clientOf({ url: far.url() }, HOME);
  const server = await startTestServer({
    services: [
      ...services,
      serviceFromSdk(sfnSdk, 'states', machine.engine.operations),
      buildsFarEnd(imageOf),
      tasksFarEnd(HOST),
      vantagesFarEnd({ model, night, table: TABLE, homeRegion: HOME, sdk, hold: clock.hold }),
    ],
  });
  far.set(server.url);
  for (const [name, value] of Object.entries(environment(server.url))) setEnv(name, value);
  await prepare(sdk(), configOf(app.port), `http://${HOST}:${slack.port}/services/T/B/x`);
  images = await pushImages(dataDir, sdk());
  const arn = await createMachine(machine);

  /** A day passes, and with it the drill of its night. */
  const pass = async () => {
    await clock.advance(DAY_MS);
    const { name, status, output, error, cause } = await newest(machine, arn);
    const report =
      status === 'SUCCEEDED'
        ? await openDocuments(BUCKET, sdk()).read(String(output.reportKey), DrillReport)
        : undefined;
    return { name, status, output, error, cause, report };
  };
  /** A day passes, and nobody starts the drill. */
  const miss = async (): Promise<void> => {
    const update = machine.scheduler.operations['UpdateSchedule'];
    await update?.(schedule('DISABLED', arn), callContext(HOME));
    await clock.advance(DAY_MS);
    await update?.(schedule('ENABLED', arn), callContext(HOME));
  };
  /** What the bus handed on, once there are so many. */
  const heard = async (count: number): Promise<AnomalyFound[]> =>
    (await listener.untilCalls(count)).map(({ input }) => {
      const payload = Reflect.get(Object(input), 'Payload');
      return AnomalyFound.parse(JSON.parse(new TextDecoder().decode(payload)).detail);
    });
  const close = async (): Promise<void> => {
    await machine.scheduler.close();
    await machine.engine.close();
    await server.close();
    await closeServices();
    app.close();
    slack.close();
  };
  return { pass, miss, heard, told: slack.heard, nights: openNightRecords(TABLE, sdk()), close };
};
