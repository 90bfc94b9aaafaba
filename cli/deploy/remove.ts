/** Takes a deployment away, the last stack first: safe to repeat, and to interrupt. */
import type { FoundResource, Stacks } from '../../aws/stacks.ts';
import { switchKeyOf } from '../../core/deploy/deployed.ts';
import { type Retained, retainedIn } from '../../core/deploy/retained.ts';
import { judgeRemoval } from '../../core/deploy/stackState.ts';
import { inReverse, type PlannedStack, wavesOf } from '../../core/deploy/stacks.ts';
import { DrillError } from '../../core/errors.ts';
import { realClock, sleep } from '../../local/clock.ts';
import { servesIn } from '../lint/setup.ts';
import { leftOversOf, tagsMissedBy } from './leftOver.ts';
import type { Aws } from './look.ts';
import type { Outcome } from './raise.ts';
import { controllerRegionsOf, type DeploySetup, stacksOf } from './setup.ts';

const POLL_MS = 2_000;
const WAIT_MAX_MS = 30 * 60_000;

type Telling = { readonly note: (line: string) => void; readonly signal: AbortSignal };

/** Until it is gone. @throws DrillError `DeployFailed` with what could not be deleted. */
const awaitGone = async (stacks: Stacks, stack: PlannedStack, signal: AbortSignal) => {
  const fromMs = realClock.monotonicMs();
  for (;;) {
    const found = await stacks.find(stack);
    if (judgeRemoval(found) === 'absent') return;
    if (found.status === 'DELETE_FAILED' || realClock.monotonicMs() - fromMs > WAIT_MAX_MS) {
      const why = (await stacks.failures(stack).catch(() => [])).join('\n  ');
      throw new DrillError(
        'DeployFailed',
        `${stack.name} in ${stack.region} is ${found.status}:\n  ${why}\nThe same command goes on from here.`,
      );
    }
    await sleep(realClock, POLL_MS, signal);
  }
};

const rests = async (stacks: Stacks, stack: PlannedStack, { note, signal }: Telling) => {
  for (let told = false; ; told = true) {
    const found = await stacks.find(stack);
    const verdict = judgeRemoval(found);
    if (verdict !== 'wait') return verdict;
    if (!told) note(`  ${stack.name} in ${stack.region} is ${found.status}: waiting for it`);
    await sleep(realClock, POLL_MS, signal);
  }
};

const isArchives = ({ id, type }: FoundResource): boolean =>
  type === 'AWS::S3::Bucket' && id === 'ServerlessDeploymentBucket';

/** The bucket in which osls keeps the archives of a stack, which alone does not go with it. */
export const archivesOf = async (
  stacks: Pick<Stacks, 'resources'>,
  stack: PlannedStack,
): Promise<string[]> => {
  const resources = await stacks.resources(stack);
  return resources
    .filter(isArchives)
    .flatMap(({ physicalId }) => (physicalId === null ? [] : [physicalId]));
};

/** CloudFormation deletes no bucket that holds something, and no repository with images. */
const emptyOut = async (aws: Aws, stack: PlannedStack): Promise<void> => {
  const { buckets, removeRepository } = aws.leftOversIn(stack.region);
  for (const each of await aws.stacks.resources(stack)) {
    const { type, physicalId } = each;
    if (physicalId === null) continue;
    if (isArchives(each) && (await buckets.exists(physicalId))) await buckets.empty(physicalId);
    if (type === 'AWS::ECR::Repository') await removeRepository(physicalId);
  }
};

const removeOne = async (aws: Aws, stack: PlannedStack, telling: Telling): Promise<Outcome> => {
  telling.signal.throwIfAborted();
  if ((await rests(aws.stacks, stack, telling)) === 'absent') return 'absent';
  await emptyOut(aws, stack);
  await aws.stacks.remove(stack);
  await awaitGone(aws.stacks, stack, telling.signal);
  telling.note(`  ${stack.name} in ${stack.region}: removed`);
  return 'removed';
};

/** @returns what came of each, by its place in `planned`. */
export const removeStacks = async (
  aws: Aws,
  planned: readonly PlannedStack[],
  telling: Telling,
): Promise<Outcome[]> => {
  const outcomes = new Map<PlannedStack, Outcome>();
  for (const wave of wavesOf(inReverse(planned))) {
    const ended = await Promise.allSettled(wave.map((stack) => removeOne(aws, stack, telling)));
    for (const [at, each] of ended.entries()) {
      if (each.status === 'rejected') throw each.reason;
      const stack = wave[at];
      if (stack) outcomes.set(stack, each.value);
    }
  }
  return planned.map((stack) => outcomes.get(stack) ?? 'absent');
};

/** Regions of those that have a controller. */
export const controllersAmong = (stacks: readonly PlannedStack[]): string[] =>
  stacks.filter(({ role }) => role === 'failover').map(({ region }) => region);

/**
 * What a deployment that goes on has no more, once the first controller is alone. The key goes before the stack, whose
 * absence says that all is done.
 */
export const removeFormer = async (
  aws: Aws,
  service: string,
  removes: readonly PlannedStack[],
  telling: Telling,
): Promise<void> => {
  for (const region of controllersAmong(removes)) {
    await aws.leftOversIn(region).removeParameter(switchKeyOf(service));
  }
  await removeStacks(aws, removes, telling);
};

/** A table or bucket that stays, and why where the person has not asked for that. */
export type Stays = { readonly retained: Retained; readonly why: string | null };

const removeKept = async (aws: Aws, { kind, name, region }: Retained): Promise<void> => {
  const { buckets, removeTable } = aws.leftOversIn(region);
  if (kind === 'table') {
    await removeTable(name);
    return;
  }
  await buckets.empty(name);
  await buckets.remove(name);
};

/**
 * Tables and buckets that stacks leave. A name is no proof: only what carries the tags of this deployment goes, as
 * only that is taken over by another. @returns those that stay
 */
export const removeRetained = async (
  aws: Aws,
  setup: DeploySetup,
  accountId: string,
  keepEvidence: boolean,
  { note }: Pick<Telling, 'note'>,
): Promise<Stays[]> => {
  const stays: Stays[] = [];
  for (const stack of stacksOf(setup, accountId)) {
    for (const retained of await leftOversOf(aws, retainedIn(stack))) {
      const missing = await tagsMissedBy(aws, stack, retained);
      if (missing.length > 0) {
        stays.push({ retained, why: `it does not carry ${missing.join(', ')}` });
      } else if (keepEvidence && retained.holds === 'evidence') {
        stays.push({ retained, why: null });
      } else {
        await removeKept(aws, retained);
        note(`  the ${retained.kind} ${retained.name} in ${retained.region}: removed`);
      }
    }
  }
  return stays;
};

/** What functions and builds made beside the stacks. */
export const removeRest = async (aws: Aws, setup: DeploySetup): Promise<void> => {
  const { service, homeRegion, checked } = setup;
  const { config } = checked;
  for (const region of controllerRegionsOf(setup)) {
    await aws.leftOversIn(region).removeParameter(switchKeyOf(service));
  }
  await aws.leftOversIn(homeRegion).removeLogGroup(`/aws/codebuild/failover-drill-${service}`);
  const { primary, standby } = config.regions;
  if (config.image === undefined) return;
  for (const region of [primary.name, standby.name]) {
    await aws
      .leftOversIn(region)
      .retireTaskDefinitions(`failover-drill-${service}--`, `/failover-drill/${service}/`);
  }
  for (const region of servesIn(config)) {
    await aws
      .leftOversIn(region)
      .retireTaskDefinitions(`${service}:`, `/failover-drill/${service}/`);
  }
};
