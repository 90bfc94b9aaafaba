// What a night meets beyond its own functions: builds, tasks and vantages, as small far ends of AWS's protocols.
// They do nothing real: a build names an image that was pushed by hand, a task is a server on loopback,
// and a vantage keeps the records that its probes would have left.
import * as codebuildSdk from '@aws-sdk/client-codebuild';
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import { openCallbacks } from '../../aws/callbacks.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { ProbeRequest, type ProbeResult } from '../../events/probeRequest.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { type NightModel, nightBursts } from './nightDrills.ts';

const ACCOUNT = '000000000000';

export type Image = { readonly digest: string; readonly uri: string };

/** Builds that are over at once: with the image of their variant, or failed where there is none. */
export const buildsFarEnd = (imageOf: (variant: string) => Image | undefined) => {
  const builds = new Map<string, codebuildSdk.Build>();
  const buildOf = (id: string, image: Image | undefined): codebuildSdk.Build => ({
    id,
    buildStatus: image ? 'SUCCEEDED' : 'FAILED',
    buildComplete: true,
    startTime: new Date(0),
    endTime: new Date(20_000),
    phases: image
      ? []
      : [
          {
            phaseType: 'BUILD',
            phaseStatus: 'FAILED',
            contexts: [{ message: 'RUN npm ci ended with exit code 1' }],
          },
        ],
    exportedEnvironmentVariables: image
      ? [
          { name: 'IMAGE_DIGEST', value: image.digest },
          { name: 'IMAGE_URI', value: image.uri },
        ]
      : [],
  });
  return serviceFromSdk(codebuildSdk, 'codebuild', {
    StartBuild: (input: codebuildSdk.StartBuildInput) => {
      const named = input.environmentVariablesOverride?.find(({ name }) => name === 'VARIANT');
      const id = `${input.projectName}:${builds.size + 1}`;
      const build = buildOf(id, imageOf(named?.value ?? ''));
      builds.set(id, build);
      return { build: { ...build, buildStatus: 'IN_PROGRESS' } };
    },
    BatchGetBuilds: ({ ids = [] }: codebuildSdk.BatchGetBuildsInput) => ({
      builds: ids.flatMap((id) => builds.get(id) ?? []),
    }),
  });
};

/** Tasks that run as soon as they are asked for, all at one address; no service runs. */
export const tasksFarEnd = (host: string) => {
  const tasks = new Map<string, ecsSdk.Task>();
  return serviceFromSdk(ecsSdk, 'ecs', {
    RegisterTaskDefinition: ({ family }: ecsSdk.RegisterTaskDefinitionRequest) => ({
      taskDefinition: {
        taskDefinitionArn: `arn:aws:ecs:eu-central-1:${ACCOUNT}:task-definition/${family}:1`,
      },
    }),
    RunTask: ({ cluster, startedBy }: ecsSdk.RunTaskRequest) => {
      const taskArn = `arn:aws:ecs:eu-central-1:${ACCOUNT}:task/${cluster}/${tasks.size + 1}`;
      const nowMs = Date.now();
      const task: ecsSdk.Task = {
        ...{ taskArn, startedBy, lastStatus: 'RUNNING', launchType: 'FARGATE' },
        createdAt: new Date(nowMs - 2_000),
        pullStartedAt: new Date(nowMs - 1_500),
        pullStoppedAt: new Date(nowMs - 900),
        startedAt: new Date(nowMs - 500),
        attachments: [{ details: [{ name: 'privateIPv4Address', value: host }] }],
      };
      tasks.set(taskArn, task);
      return { tasks: [task] };
    },
    DescribeTasks: (input: ecsSdk.DescribeTasksRequest) => ({
      tasks: (input.tasks ?? []).flatMap((arn) => tasks.get(arn) ?? []),
    }),
    StopTask: ({ task = '' }: ecsSdk.StopTaskRequest) => {
      const stopped = { ...tasks.get(task), lastStatus: 'STOPPED', stopCode: 'UserInitiated' };
      tasks.delete(task);
      return { task: stopped };
    },
    ListTasks: ({ startedBy }: ecsSdk.ListTasksRequest) => ({
      taskArns: [...tasks]
        .filter(([, task]) => task.startedBy === startedBy)
        .map(([taskArn]) => taskArn),
    }),
    DescribeServices: ({ services = [] }: ecsSdk.DescribeServicesRequest) => ({
      services: [],
      failures: services.map((arn) => ({ arn, reason: 'MISSING' })),
    }),
  });
};

type Vantage = {
  readonly model: NightModel;
  /** The night that it is, counted from 0. */
  readonly night: () => number;
  readonly table: string;
  readonly homeRegion: string;
  /** Where the records and the answer go, once that is known. */
  readonly sdk: () => object;
  /** Keeps time still until the answer was given. */
  readonly hold: () => () => void;
};

/** The probe function of every region. */
export const vantagesFarEnd = ({ model, night, table, homeRegion, sdk, hold }: Vantage) => {
  const signal = new AbortController().signal;
  const probe = async ({ taskToken, targets, ...request }: ProbeRequest): Promise<void> => {
    const records = openDrillRecords(table, sdk());
    const { drillId, round, cell } = request;
    const armIds = targets.map(({ armId }) => armId);
    const startedAt = Date.now();
    const bursts = nightBursts(model, night(), { drillId, round, cell, armIds, startedAt });
    for (const burst of bursts) await records.putLatency(burst, startedAt, signal);
    records.close();
    const arms = armIds.map((armId) => ({ armId, sent: 9, failed: 0, valid: true }));
    const result: ProbeResult = { cell, status: 'measured', reason: null, arms };
    await openCallbacks(homeRegion, sdk()).succeed(taskToken, result, signal);
  };
  return serviceFromSdk(lambdaSdk, 'lambda', {
    Invoke: ({ Payload = new Uint8Array() }: lambdaSdk.InvocationRequest) => {
      const request = ProbeRequest.parse(JSON.parse(new TextDecoder().decode(Payload)));
      const release = hold();
      void probe(request).finally(release);
      return { StatusCode: 202 };
    },
  });
};
