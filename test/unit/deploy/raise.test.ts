// Goal: a deployment goes on from wherever it was cut, touches nothing half-finished, and believes only what it saw.
// Method: CloudFormation answers as made up, stack by stack; osls is what changes its answers.
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStacks } from '../../../aws/stacks.ts';
import { raiseStacks } from '../../../cli/deploy/raise.ts';
import type { PlannedStack } from '../../../core/deploy/stacks.ts';
import { DrillError } from '../../../core/errors.ts';
import { mockedClient } from '../../support/mockedClient.ts';

const cloudFormation = mockedClient(CloudFormationClient);
const FUNCTION = 'AWS::Lambda::Function';

const planned: PlannedStack[] = [
  ['serving', 'eu-west-1', 'AWS::ECS::Cluster'] as const,
  ['serving', 'eu-central-1', 'AWS::ECS::Cluster'] as const,
  ['control', 'eu-central-1', FUNCTION] as const,
].map(([role, region, type]) => ({
  role,
  region,
  name: `failover-drill-shop-${role}`,
  resources: [{ type, count: 1 }],
}));

type Known = { status: string; resources: number; changed: number };
const world = new Map<string, Known>();
const adopts = new Set<string>();
const keyOf = (name: string, region: string): string => `${name}@${region}`;

beforeEach(() => {
  world.clear();
  adopts.clear();
  cloudFormation.on(DescribeStacksCommand).callsFake(async (input, getClient) => {
    const known = world.get(keyOf(input.StackName, await getClient().config.region()));
    if (known === undefined) {
      throw Object.assign(new Error('Stack with id x does not exist'), { name: 'ValidationError' });
    }
    const CreationTime = new Date(known.changed);
    return { Stacks: [{ StackName: input.StackName, StackStatus: known.status, CreationTime }] };
  });
  cloudFormation.on(ListStackResourcesCommand).callsFake(async (input, getClient) => {
    const known = world.get(keyOf(input.StackName, await getClient().config.region()));
    return {
      StackResourceSummaries: Array.from({ length: known?.resources ?? 0 }, (_, at) => ({
        LogicalResourceId: `R${at}`,
        ResourceType: FUNCTION,
        ResourceStatus: 'CREATE_COMPLETE',
        LastUpdatedTimestamp: new Date(0),
      })),
    };
  });
  cloudFormation.on(DescribeStackEventsCommand).resolves({
    StackEvents: [
      {
        StackId: 'x',
        EventId: '1',
        StackName: 'x',
        Timestamp: new Date(0),
        LogicalResourceId: 'BeatRole',
        ResourceStatus: 'CREATE_FAILED',
        ResourceStatusReason: 'not authorized to perform: iam:CreateRole',
      },
    ],
  });
});

type Call = { at: string; force: boolean };

/** What osls would do: the stack is whole afterwards, unless told otherwise. */
const raise = async (
  over: (at: string) => void = () => {},
  signal = new AbortController().signal,
) => {
  const calls: Call[] = [];
  const notes: string[] = [];
  const after: string[] = [];
  const stacks = openStacks({ region: 'eu-central-1' });
  const deploy = async (
    { role, region }: { role: string; region: string },
    _: unknown,
    force: boolean,
  ) => {
    const at = keyOf(`failover-drill-shop-${role}`, region);
    calls.push({ at, force });
    world.set(at, { status: 'CREATE_COMPLETE', resources: 1, changed: calls.length });
    over(at);
  };
  const raising = {
    stacks,
    osls: { deploy },
    paramsOf: () => ({}),
    adopt: async ({ name, region }: PlannedStack) => {
      const at = keyOf(name, region);
      if (!adopts.has(at)) return false;
      world.set(at, { status: 'IMPORT_COMPLETE', resources: 0, changed: 0 });
      return true;
    },
    signal,
    note: (line: string) => void notes.push(line),
  };
  const outcome = await raiseStacks(raising, planned, async (role) => void after.push(role)).catch(
    (error: unknown) => error,
  );
  stacks.close();
  return { outcome, calls, notes, after };
};

const CONTROL = keyOf('failover-drill-shop-control', 'eu-central-1');
const SERVING = keyOf('failover-drill-shop-serving', 'eu-west-1');

describe('a deployment', () => {
  it('makes the regions of a role, then what comes after it, then the next role', async () => {
    const { outcome, calls, after, notes } = await raise();
    expect(outcome).toEqual(['made', 'made', 'made']);
    expect(calls.map(({ at }) => at.split('@')[0])).toEqual(planned.map(({ name }) => name));
    expect(calls.every(({ force }) => !force)).toBe(true);
    expect(after).toEqual(['serving', 'control']);
    expect(notes.at(-1)).toMatch(/control in eu-central-1: made, and whole/);
  });

  it('has a stack take over what was kept before osls makes the rest of it, whatever the archives say', async () => {
    adopts.add(CONTROL);
    const { outcome, calls } = await raise();
    expect(outcome).toEqual(['made', 'made', 'made']);
    expect(calls.filter(({ force }) => force)).toEqual([{ at: CONTROL, force: true }]);
  });

  it('tells a stack that was left as it is from one that was changed', async () => {
    world.set(CONTROL, { status: 'UPDATE_COMPLETE', resources: 1, changed: 7 });
    const keep = (at: string): void => {
      if (at === CONTROL) world.set(at, { status: 'UPDATE_COMPLETE', resources: 1, changed: 7 });
    };
    expect((await raise(keep)).outcome).toEqual(['made', 'made', 'unchanged']);
  });

  it('forces a stack that an interruption left without its resources', async () => {
    world.set(CONTROL, { status: 'CREATE_COMPLETE', resources: 0, changed: 7 });
    const { outcome, calls } = await raise();
    expect(outcome).toEqual(['made', 'made', 'updated']);
    expect(calls.find(({ at }) => at === CONTROL)?.force).toBe(true);
    world.set(CONTROL, { status: 'CREATE_COMPLETE', resources: 1, changed: 7 });
    expect((await raise()).calls.find(({ at }) => at === CONTROL)?.force).toBe(false);
  });

  it('waits while CloudFormation is still at work on one', async () => {
    world.set(CONTROL, { status: 'UPDATE_IN_PROGRESS', resources: 1, changed: 7 });
    setTimeout(
      () => world.set(CONTROL, { status: 'UPDATE_COMPLETE', resources: 1, changed: 8 }),
      50,
    );
    const { outcome, notes } = await raise();
    expect(outcome).toEqual(['made', 'made', 'updated']);
    expect(notes.join('\n')).toContain('is UPDATE_IN_PROGRESS: waiting for it');
  });

  it('stops at one that only a person can free, and says with which command', async () => {
    world.set(SERVING, { status: 'ROLLBACK_COMPLETE', resources: 0, changed: 7 });
    const { outcome, calls } = await raise();
    expect(outcome).toBeInstanceOf(DrillError);
    expect(outcome).toMatchObject({ name: 'DeployBlocked' });
    expect(String(outcome)).toContain('aws cloudformation delete-stack');
    // Its neighbour is let finish; nothing that comes later begins.
    expect(calls.map(({ at }) => at)).toEqual([
      keyOf('failover-drill-shop-serving', 'eu-central-1'),
    ]);
  });

  it('tells CloudFormation’s own reason when a stack fails', async () => {
    const { outcome } = await raise((at) => {
      if (at === CONTROL) throw new DrillError('DeployFailed', 'osls says: failed');
    });
    expect(outcome).toMatchObject({ name: 'DeployFailed' });
    expect(String(outcome)).toContain('BeatRole: not authorized to perform: iam:CreateRole');
    expect(String(outcome)).toContain('the same command goes on from here');
  });

  it('believes no success that it did not see', async () => {
    const { outcome } = await raise((at) => {
      if (at === CONTROL)
        world.set(at, { status: 'UPDATE_ROLLBACK_COMPLETE', resources: 1, changed: 9 });
    });
    expect(outcome).toMatchObject({ name: 'DeployFailed' });
    expect(String(outcome)).toContain('is UPDATE_ROLLBACK_COMPLETE');
  });

  it('that is interrupted says that CloudFormation goes on', async () => {
    const { outcome } = await raise((at) => {
      if (at === CONTROL) throw new DrillError('Interrupted', 'interrupted');
    });
    expect(outcome).toMatchObject({ name: 'Interrupted' });
    expect(String(outcome)).toContain('CloudFormation finishes by itself');
  });
});
