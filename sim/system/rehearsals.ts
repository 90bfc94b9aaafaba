/** Rehearsals of a failover in a simulated world: the machine and what a drill would have left for it. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import type { Config } from '../../events/config.ts';
import { DrillPlan } from '../../events/drillRecord.ts';
import type { RehearsalInput } from '../../events/rehearsal.ts';
import { starterOf } from '../../functions/_starter.ts';
import type { Clients } from '../../local/stack/clients.ts';
import { clusterOf } from '../../local/stack/serviceStack.ts';
import { ACCOUNT_ID, type CallContext } from '../../local/wire/types.ts';
import type { Fault } from '../faults/fault.ts';
import type { SimulatedCloud } from './cloud.ts';
import type { EndedRehearsal } from './rehearsalChecks.ts';
import { definitionOf } from './tasks.ts';

type DrillFault = Extract<Fault, { kind: 'drill' }>;

const ARM = 'app';
const IMAGE = `sha256:${'d'.repeat(64)}`;
/** A canary or a full flip is held this long: shorter than by default, as incidents are short too. */
const HOLD_MS = 30_000;

/** The table of drills has the name of their cluster. */
const drillTableOf = clusterOf;

/** What the role `control` would have made: the table of drills, and definitions of the reference. */
export const ensureDrills = async (
  { tasks }: SimulatedCloud,
  { dynamodb }: Pick<Clients, 'dynamodb'>,
  { service, regions }: Config,
): Promise<void> => {
  await dynamodb.send(
    new CreateTableCommand({
      ...{ TableName: drillTableOf(service), BillingMode: 'PAY_PER_REQUEST' },
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  for (const { name } of [regions.primary, regions.standby]) {
    const family = `${clusterOf(service)}-${ARM}`;
    await tasks.call('RegisterTaskDefinition', definitionOf(family, IMAGE), name);
  }
};

type Sides = { readonly service: string; readonly home: string; readonly standby: string };

const planOf = ({ service, home, standby }: Sides, drillId: string, nowMs: number): DrillPlan =>
  DrillPlan.parse({
    ...{ drillId, service, seed: drillId, startedAt: new Date(nowMs).toISOString() },
    ...{ profile: 'quick', homeRegion: standby, primary: home, standby, witness: null },
    ...{ servingRegions: [home, standby], vantages: [standby], cells: [], reference: ARM },
    ...{ variants: [], arms: [], probes: [], slackParameter: null },
    sampling: { rounds: { min: 1, max: 1 }, samples: 1, warmup: 0, ratePerS: 1 },
    weights: { latency: 1, ready: 0, size: 0, cost: 0 },
    run: {
      ...{ port: 8_080, health: '/health', cpu: 256, memoryMb: 512, env: {} },
      readyTimeoutMs: 60_000,
    },
  });

const inputOf = (
  { service, home, standby }: Sides,
  drillId: string,
  depth: DrillFault['depth'],
) => {
  const taskDefinition = `${clusterOf(service)}-${ARM}`;
  const wanted = { ...{ depth, every: 'night', full: null, window: null }, rtoMs: null };
  return {
    ...{ service, drillId, wanted: { ...wanted, holdMs: HOLD_MS, timeZone: 'UTC' } },
    placements: [home, standby].map((region) => ({ region, armId: ARM, taskDefinition })),
  } satisfies RehearsalInput;
};

export const rehearsalMachineOf = ({ service, standby }: Pick<Sides, 'service' | 'standby'>) =>
  `arn:aws:states:${standby}:${ACCOUNT_ID}:stateMachine:failover-drill-${service}-rehearsal`;

/** Id of the drill of a fault. */
export const drillIdOf = ({ id, depth }: DrillFault): string => `drill-${id}-${depth}`;

const contextIn = (region: string): CallContext => ({
  ...{ requestId: 'drill', region, accountId: ACCOUNT_ID, accessKeyId: 'SIMULATED' },
  ...{ sourceAddress: '127.0.0.1', signal: new AbortController().signal },
});

/** How the execution of a rehearsal stands; null before it is started. */
export const rehearsalStatus = async (
  { stepFunctions, tasks }: Pick<SimulatedCloud, 'stepFunctions' | 'tasks'>,
  sides: Pick<Sides, 'service' | 'standby'>,
  drillId: string,
): Promise<EndedRehearsal | null> => {
  const machine = rehearsalMachineOf(sides).replace(':stateMachine:', ':execution:');
  const asked = { executionArn: `${machine}:${drillId}` };
  const describe = stepFunctions.operations['DescribeExecution'];
  const described = async (): Promise<unknown> => describe?.(asked, contextIn(sides.standby));
  const found = await described().catch(() => null);
  const status: unknown = Object(found).status;
  if (typeof status !== 'string' || status === 'RUNNING') return null;
  const starter = starterOf(drillId);
  const left = tasks.ofDrills().filter(({ startedBy }) => startedBy === starter);
  return { drillId, status, tasksLeft: left.length };
};

/** Begins the rehearsal of a fault, as the machine of the drill would. */
export const startRehearsal = async (
  { stepFunctions }: Pick<SimulatedCloud, 'stepFunctions'>,
  sdk: SdkSettings,
  sides: Sides,
  fault: DrillFault,
  nowMs: number,
): Promise<void> => {
  const drillId = drillIdOf(fault);
  const records = openDrillRecords(drillTableOf(sides.service), { ...sdk, region: sides.standby });
  await records.putPlan(planOf(sides, drillId, nowMs), nowMs);
  const input = JSON.stringify(inputOf(sides, drillId, fault.depth));
  const asked = { stateMachineArn: rehearsalMachineOf(sides), name: drillId, input };
  await stepFunctions.operations['StartExecution']?.(asked, contextIn(sides.standby));
};
