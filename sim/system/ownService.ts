/**
 * The tasks and the data of the watched service, where a trace has something to do with them: a
 * service of ECS in both regions, a replicated table, and the heartbeats in it.
 */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { Config } from '../../events/config.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import type { Clients } from '../../local/stack/clients.ts';
import { clusterOf } from '../../local/stack/serviceStack.ts';
import type { Fault } from '../faults/fault.ts';
import type { SimulatedCloud } from './cloud.ts';
import { definitionOf, type Tasks } from './tasks.ts';

const DATA_TABLE = 'products';
/** Tasks in each region, and those that a region must have to take over. */
const TASKS = 2;
const GOOD = `sha256:${'a'.repeat(64)}`;

/** What of a configuration says that tasks and data are ours. Nothing is built in a simulation. */
export const OWN_SERVICE = {
  image: { matrix: { target: ['app'] }, reference: 'app' },
  probes: [{ kind: 'http' }, { kind: 'database', table: DATA_TABLE }],
} as const;

const digestOf = (fault: Fault): string => `sha256:${fault.id.padStart(64, '0')}`;

const NETWORK = { awsvpcConfiguration: { subnets: ['subnet-0'], assignPublicIp: 'DISABLED' } };

/** Another image is rolled out by whoever runs the service. */
const rollOut = async (tasks: Tasks, service: string, region: string, digest: string) => {
  await tasks.call('RegisterTaskDefinition', definitionOf(service, digest), region);
  const place = { cluster: clusterOf(service), service };
  await tasks.call('UpdateService', { ...place, taskDefinition: service }, region);
};

const scaleTo = (tasks: Tasks, service: string, region: string, desiredCount: number) =>
  tasks.call('UpdateService', { cluster: clusterOf(service), service, desiredCount }, region);

/** Where tasks run, be they of the service or of a drill. */
export const ensureClusters = async (
  { tasks }: SimulatedCloud,
  { service, regions }: Config,
): Promise<void> => {
  for (const { name } of [regions.primary, regions.standby]) {
    await tasks.call('CreateCluster', { clusterName: clusterOf(service) }, name);
  }
};

/** Runs the service in both regions; answers with what the watch must know of them. */
export const serveSimulated = async (
  { tasks, tables }: SimulatedCloud,
  { service, regions }: Config,
  clientsIn: (region: string) => Clients,
): Promise<{ readonly primary: TargetFacts; readonly standby: TargetFacts }> => {
  const both = [regions.primary.name, regions.standby.name];
  for (const region of both) {
    const { dynamodb } = clientsIn(region);
    await dynamodb.send(
      new CreateTableCommand({
        ...{ TableName: DATA_TABLE, BillingMode: 'PAY_PER_REQUEST' },
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    await tasks.call('RegisterTaskDefinition', definitionOf(service, GOOD), region);
    const create = {
      ...{ cluster: clusterOf(service), serviceName: service, taskDefinition: service },
      ...{ desiredCount: TASKS, launchType: 'FARGATE', networkConfiguration: NETWORK },
    };
    await tasks.call('CreateService', create, region);
  }
  tables.replicate(DATA_TABLE, both);
  const capacity = { cluster: clusterOf(service), service, wanted: TASKS };
  return { primary: { capacity }, standby: { capacity } };
};

type Sides = { readonly service: string; readonly home: string; readonly standby: string };

/** What befalls tasks and data, as a whole: faults may overlap. */
const conditionOf = (on: ReadonlySet<Fault>, { home, standby }: Sides) => {
  const faults = [...on];
  const capacity = faults.flatMap((fault) => (fault.kind === 'capacity' ? fault.how : []));
  const data = faults.flatMap((fault) => (fault.kind === 'replication' ? fault.how : []));
  const imageIn = (region: string): string => {
    const hits = (fault: Fault) => fault.kind === 'deploy' && fault.regions.includes(region);
    const last = faults.findLast(hits);
    return last === undefined ? GOOD : digestOf(last);
  };
  return {
    homeImage: imageIn(home),
    standbyImage: imageIn(standby),
    few: capacity.length > 0,
    full: capacity.includes('refused'),
    stuck: capacity.includes('empty'),
    paused: data.includes('pause'),
    unreadable: data.includes('unreadable'),
  };
};

/** Brings what befalls tasks and data, and takes it away again. */
export const openOwnService = (
  { tasks, tables }: Pick<SimulatedCloud, 'tasks' | 'tables'>,
  sides: Sides,
) => {
  const { service, home, standby } = sides;
  let before = conditionOf(new Set(), sides);

  return async (on: ReadonlySet<Fault>): Promise<void> => {
    const [was, now] = [before, conditionOf(on, sides)];
    before = now;
    if (now.paused !== was.paused) tables.replication[now.paused ? 'pause' : 'resume']();
    if (now.unreadable !== was.unreadable) tables.spoil(DATA_TABLE, now.unreadable);
    if (now.stuck !== was.stuck) tasks.stick(standby, now.stuck);
    if (now.full !== was.full) tasks.fill(standby, now.full ? TASKS - 1 : null);
    if (now.few !== was.few) {
      await scaleTo(tasks, service, standby, now.few ? TASKS - 1 : TASKS);
    }
    if (now.homeImage !== was.homeImage) await rollOut(tasks, service, home, now.homeImage);
    if (now.standbyImage !== was.standbyImage) {
      await rollOut(tasks, service, standby, now.standbyImage);
    }
  };
};

/** Whether a trace has anything that only a service of our own can meet. */
export const needsOwnService = (faults: readonly Fault[]): boolean =>
  faults.some(({ kind }) => kind === 'capacity' || kind === 'replication');
