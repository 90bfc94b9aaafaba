/** Stacks of CloudFormation in several regions: what is there, what they take over, and their removal. */
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  waitUntilChangeSetCreateComplete,
  waitUntilStackImportComplete,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import type { Adoption } from '../core/deploy/adoption.ts';
import { DrillError } from '../core/errors.ts';
import { isAwsError, MAX_ATTEMPTS, perRegion, type SdkSettings } from './sdk.ts';

type Place = { readonly name: string; readonly region: string };

const Stacks = z
  .array(
    z.object({
      StackStatus: z.string(),
      StackStatusReason: z.string().optional(),
      CreationTime: z.date().optional(),
      LastUpdatedTime: z.date().optional(),
    }),
  )
  .min(1);

/** CloudFormation names no error of its own for it. */
const isAbsent = (error: unknown): boolean =>
  isAwsError(error, 'ValidationError') && /does not exist/.test(error.message);

export type FoundStack = {
  /** Null where there is no stack of the name. */
  readonly status: string | null;
  readonly reason: string;
  readonly changedAtMs: number | null;
};

export type FoundResource = {
  readonly id: string;
  readonly type: string;
  readonly physicalId: string | null;
  readonly status: string;
};

const EVENTS_MAX = 200;

const IMPORT = 'failover-adopt';
/** Nothing is made: CloudFormation reads what is there. */
const IMPORT_WITHIN_S = 600;
const IMPORT_POLL_S = 2;

/**
 * Makes a stack of what is there already, which is not changed by it.
 * @throws Error of CloudFormation, also where it takes longer than ten minutes.
 */
const importStack = async (
  client: CloudFormationClient,
  { name }: Place,
  { templateBody, resources, tags }: Adoption,
  abortSignal: AbortSignal,
): Promise<void> => {
  const set = { StackName: name, ChangeSetName: IMPORT };
  const waiting = {
    ...{ client, abortSignal },
    ...{ maxWaitTime: IMPORT_WITHIN_S, minDelay: IMPORT_POLL_S, maxDelay: IMPORT_POLL_S },
  };
  await client.send(
    new CreateChangeSetCommand({
      ...set,
      ChangeSetType: 'IMPORT',
      TemplateBody: templateBody,
      ResourcesToImport: resources.map(({ id, type, identifier }) => ({
        LogicalResourceId: id,
        ResourceType: type,
        ResourceIdentifier: { ...identifier },
      })),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  await waitUntilChangeSetCreateComplete(waiting, set);
  await client.send(new ExecuteChangeSetCommand(set));
  await waitUntilStackImportComplete(waiting, { StackName: name });
};

export const openStacks = (sdk: SdkSettings = {}) => {
  const { at: clientOf, close } = perRegion(
    (region) => new CloudFormationClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region }),
  );

  const find = async ({ name, region }: Place, abortSignal?: AbortSignal): Promise<FoundStack> => {
    try {
      const command = new DescribeStacksCommand({ StackName: name });
      const answer = await clientOf(region).send(command, { ...(abortSignal && { abortSignal }) });
      const [stack] = Stacks.parse(answer.Stacks);
      return {
        status: stack?.StackStatus ?? null,
        reason: stack?.StackStatusReason ?? '',
        changedAtMs: (stack?.LastUpdatedTime ?? stack?.CreationTime)?.getTime() ?? null,
      };
    } catch (error) {
      if (isAbsent(error)) return { status: null, reason: '', changedAtMs: null };
      throw error;
    }
  };

  const resources = async ({ name, region }: Place): Promise<FoundResource[]> => {
    const found: FoundResource[] = [];
    const pages = paginateListStackResources({ client: clientOf(region) }, { StackName: name });
    for await (const { StackResourceSummaries = [] } of pages) {
      for (const one of StackResourceSummaries) {
        found.push({
          id: one.LogicalResourceId ?? '',
          type: one.ResourceType ?? '',
          physicalId: one.PhysicalResourceId ?? null,
          status: one.ResourceStatus ?? '',
        });
      }
    }
    return found;
  };

  /** What it was made of, as osls has sent it. */
  const template = async ({ name, region }: Place): Promise<unknown> => {
    const answer = await clientOf(region).send(new GetTemplateCommand({ StackName: name }));
    return JSON.parse(answer.TemplateBody ?? 'null');
  };

  /** Why resources of the newest work on a stack failed, first cause first. */
  const failures = async ({ name, region }: Place): Promise<string[]> => {
    const found: string[] = [];
    let seen = 0;
    const pages = paginateDescribeStackEvents({ client: clientOf(region) }, { StackName: name });
    for await (const { StackEvents = [] } of pages) {
      for (const event of StackEvents) {
        const started = /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(event.ResourceStatus ?? '');
        if (started && event.LogicalResourceId === name) return found.reverse();
        if (event.ResourceStatus?.endsWith('_FAILED') && event.LogicalResourceId !== name) {
          found.push(
            `${event.LogicalResourceId}: ${event.ResourceStatusReason ?? 'no reason given'}`,
          );
        }
      }
      seen += StackEvents.length;
      if (seen >= EVENTS_MAX) break;
    }
    return found.reverse();
  };

  const remove = async ({ name, region }: Place): Promise<void> => {
    await clientOf(region).send(new DeleteStackCommand({ StackName: name }));
  };

  /** @throws DrillError `DeployFailed` with the stack gone again where CloudFormation does not take what is there. */
  const adopt = async (place: Place, adoption: Adoption, signal: AbortSignal): Promise<void> => {
    try {
      await importStack(clientOf(place.region), place, adoption, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const why = await failures(place).catch(() => []);
      // It holds nothing, or what it holds stays: without it the same command begins again.
      await remove(place);
      const what = adoption.resources.flatMap(({ identifier }) => Object.values(identifier));
      throw new DrillError(
        'DeployFailed',
        `${place.name} in ${place.region} could not take over ${what.join(', ')}: ${why.join('; ') || String(error)}`,
      );
    }
  };

  return { find, resources, template, failures, adopt, remove, close };
};

export type Stacks = ReturnType<typeof openStacks>;
