/**
 * A drill started on a deployed control stack: the machine's name and role and the settings of its function are read
 * from what moto has made of the stack, definition and code from what osls has uploaded. moto runs functions in docker only and reads
 * no JSONata, so the embedded Step Functions and sandbox run them; S3 and DynamoDB are moto's.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as sfnSdk from '@aws-sdk/client-sfn';
import { unzipSync } from 'fflate';
import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { realClock } from '../../local/clock.ts';
import { createLambda } from '../../local/lambda/service.ts';
import { createStepFunctions } from '../../local/stepfunctions/engine.ts';
import { loadMachine } from '../../local/stepfunctions/loadMachine.ts';
import { createSdkGateway } from '../../local/stepfunctions/sdkGateway.ts';
import { startWireServer, type WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { ACCOUNT_ID } from '../../local/wire/types.ts';
import { clientOf, eventually } from '../contract/endpoint.ts';
import { ofType, shown, Template } from '../package/templates.ts';
import { relayTo } from '../support/wireServer.ts';
import { say } from './install.ts';

const REGION = 'eu-central-1';
const DRILLS = 'failover-drill-shop';
const PLAN_WITHIN_MS = 60_000;

const CONFIG = {
  service: 'shop',
  record: 'shop.example.test',
  regions: { primary: 'eu-west-1', standby: REGION, witness: 'eu-north-1' },
  image: { context: '.', matrix: { target: ['slim', 'fat'] }, reference: 'slim' },
  run: { port: 8080, health: '/healthz' },
  probes: [{ kind: 'http', path: '/' }],
};

const found = <T>(what: string, value: T | undefined | null): T => {
  if (value !== undefined && value !== null) return value;
  throw new Error(`moto has no ${what}`);
};

type Settings = ReturnType<typeof clientOf>;

/** What osls has uploaded under a name. */
const uploaded = async (moto: Settings, file: string): Promise<Uint8Array> => {
  const s3 = new s3Sdk.S3Client({ ...moto, forcePathStyle: true });
  try {
    const { Buckets = [] } = await s3.send(new s3Sdk.ListBucketsCommand({}));
    for (const { Name: Bucket } of Buckets.filter(({ Name }) => Name?.includes('-con-'))) {
      const { Contents = [] } = await s3.send(new s3Sdk.ListObjectsV2Command({ Bucket }));
      const Key = Contents.map((one) => one.Key ?? '').find((key) => key.endsWith(`/${file}`));
      if (!Key) continue;
      const { Body } = await s3.send(new s3Sdk.GetObjectCommand({ Bucket, Key }));
      return await found(Key, Body).transformToByteArray();
    }
  } finally {
    s3.destroy();
  }
  throw new Error(`moto has no upload ${file}`);
};

/** The archive of the function, unpacked. */
const unpack = async (moto: Settings, file: string, into: string): Promise<void> => {
  for (const [name, content] of Object.entries(unzipSync(await uploaded(moto, file)))) {
    mkdirSync(path.dirname(path.join(into, name)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path.join(into, name), content);
  }
};

const Machine = z.looseObject({
  StateMachineName: z.string(),
  Definition: z.record(z.string(), z.unknown()),
  DefinitionSubstitutions: z.record(z.string(), z.unknown()),
});

/** moto drops `Definition` of a machine, so it is read from the template that osls has uploaded. */
const definitionOf = async (moto: Settings): Promise<string> => {
  const text = Buffer.from(await uploaded(moto, 'compiled-cloudformation-template.json'));
  const template = Template.parse(JSON.parse(text.toString()));
  const machines = ofType(template, 'AWS::StepFunctions::StateMachine');
  const { Properties } = found('machine', machines[0]?.[1]);
  const { Definition, DefinitionSubstitutions } = Machine.parse(Properties);
  const values = Object.entries(DefinitionSubstitutions).map(([name, value]) => {
    const id = shown(value).replace(/\.Arn$/, '');
    const named = template.Resources[id]?.Properties['FunctionName'];
    return [name, typeof named === 'string' ? functionArn(named) : shown(value)] as const;
  });
  return loadMachine(JSON.stringify(Definition), Object.fromEntries(values));
};

const functionArn = (name: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;

/** What the stack has made of the function and of the machine. */
const deployed = async (moto: Settings) => {
  const lambda = new lambdaSdk.LambdaClient(moto);
  const sfn = new sfnSdk.SFNClient(moto);
  try {
    const FunctionName = `${DRILLS}-plan`;
    const asked = new lambdaSdk.GetFunctionConfigurationCommand({ FunctionName });
    const configuration = await lambda.send(asked);
    const { stateMachines = [] } = await sfn.send(new sfnSdk.ListStateMachinesCommand({}));
    const names = stateMachines.map(({ name }) => name).join(', ');
    const listed = stateMachines.find(({ name }) => name === DRILLS);
    const { stateMachineArn } = found(`machine ${DRILLS} among ${names}`, listed);
    const machine = await sfn.send(new sfnSdk.DescribeStateMachineCommand({ stateMachineArn }));
    return { configuration, machine: { ...machine, definition: await definitionOf(moto) } };
  } finally {
    lambda.destroy();
    sfn.destroy();
  }
};

/** Starts the machine and waits until its first state, Plan, is over. */
const startDrill = async (
  server: WireServer,
  machine: Awaited<ReturnType<typeof deployed>>['machine'],
) => {
  const client = new sfnSdk.SFNClient(clientOf(server, REGION));
  try {
    const { stateMachineArn } = await client.send(
      new sfnSdk.CreateStateMachineCommand({
        name: found('name of the machine', machine.name),
        roleArn: found('role of the machine', machine.roleArn),
        definition: machine.definition,
      }),
    );
    const { executionArn } = await client.send(
      new sfnSdk.StartExecutionCommand({
        stateMachineArn,
        name: 'peer-1',
        input: JSON.stringify({ service: 'shop', configKey: 'config/current.json' }),
      }),
    );
    const events = async (): Promise<sfnSdk.HistoryEvent[]> =>
      (await client.send(new sfnSdk.GetExecutionHistoryCommand({ executionArn }))).events ?? [];
    await eventually(
      'the drill leaves its first state',
      async () =>
        (await events()).some(
          ({ type }) => type === 'TaskStateExited' || type === 'ExecutionFailed',
        ),
      PLAN_WITHIN_MS,
    );
    const history = await events();
    await client.send(new sfnSdk.StopExecutionCommand({ executionArn })).catch(() => undefined);
    // What comes after needs services that are not there.
    const left = history.find(({ type }) => type === 'TaskStateExited');
    if (left?.stateExitedEventDetails?.name === 'Plan') return;
    const failed = history.find(({ type }) => type === 'TaskFailed')?.taskFailedEventDetails;
    throw new Error(`the drill did not leave Plan: ${failed?.error}: ${failed?.cause}`);
  } finally {
    client.destroy();
  }
};

/** Runs the first state of a drill on what is deployed. Number of faults, each of them said. */
export const runPlan = async (motoUrl: string): Promise<number> => {
  const moto = clientOf({ url: motoUrl }, REGION);
  const dataDir = mkdtempSync(path.join(tmpdir(), 'failover-plan-'));
  const closing: (() => unknown)[] = [() => rmSync(dataDir, { recursive: true, force: true })];
  try {
    const { configuration, machine } = await deployed(moto);
    const code = path.join(dataDir, 'code');
    await unpack(moto, 'plan.zip', code);
    const network = { sourceAddress: () => undefined, resolver: () => undefined };
    const base = { dataDir, clock: realClock };
    const lambda = createLambda({ ...base, endpoint: () => server.url, network, log: () => {} });
    closing.push(() => lambda.close());
    const handler = found('handler', configuration.Handler);
    lambda.registerFunction({
      ...{ region: REGION, name: found('name', configuration.FunctionName), handler },
      codePath: path.join(code, `${handler.slice(0, handler.lastIndexOf('.'))}.mjs`),
      timeoutS: found('timeout', configuration.Timeout),
      memoryMb: found('memory', configuration.MemorySize),
      environment: configuration.Environment?.Variables ?? {},
    });
    const gateway = { call: (request: Parameters<typeof calls.call>[0]) => calls.call(request) };
    const states = createStepFunctions({ ...base, random: Math.random, gateway });
    closing.push(() => states.close());
    const server = await startWireServer({
      services: [
        serviceFromSdk(lambdaSdk, 'lambda', lambda.operations),
        serviceFromSdk(sfnSdk, 'states', states.operations),
        ...['s3', 'dynamodb'].map((scope) => relayTo(motoUrl, scope)),
      ],
    });
    closing.push(() => server.close());
    const { credentials } = moto;
    const calls = createSdkGateway({ endpoint: server.url, credentials });
    closing.push(() => calls.close());
    const source = { key: 'source/1.zip', sha256: 'a'.repeat(64) };
    const bucket = `${DRILLS}-${ACCOUNT_ID}-${REGION}`;
    await openDocuments(bucket, moto).write('config/current.json', { config: CONFIG, source });
    await startDrill(server, machine);
    const records = openDrillRecords(DRILLS, moto);
    closing.push(() => records.close());
    const kept = await records.plan('peer-1');
    say(
      `  a drill was started: Plan kept ${kept.arms.length} arms and ${kept.cells.length} cells in moto's table`,
    );
    return kept.homeRegion === REGION ? 0 : 1;
  } catch (error) {
    say(`  FAULT a drill's first state: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    for (const close of closing.reverse()) await close();
  }
};
