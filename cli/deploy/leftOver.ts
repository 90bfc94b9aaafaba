/** What a former deployment has left beside its stacks: whether it is there, and whether a new stack may take it over. */
import { missingTags } from '../../core/deploy/adoption.ts';
import {
  type DeployFinding,
  leftOverFinding,
  unknownLeftOversFinding,
} from '../../core/deploy/findings.ts';
import { type Retained, retainedIn } from '../../core/deploy/retained.ts';
import type { StackFound } from '../../core/deploy/stackState.ts';
import type { Stack } from '../../core/lint/model.ts';
import { type Aws, keyOf } from './look.ts';
import { refusalOf } from './refusal.ts';
import { type DeploySetup, stacksOf } from './setup.ts';

/** Tables and buckets that are there although their stack is not. */
export const leftOversOf = async (
  { leftOversIn }: Pick<Aws, 'leftOversIn'>,
  retained: readonly Retained[],
): Promise<Retained[]> => {
  const there = await Promise.all(
    retained.map(async (each) => {
      const { hasTable, buckets } = leftOversIn(each.region);
      return each.kind === 'table' ? hasTable(each.name) : buckets.exists(each.name);
    }),
  );
  return retained.filter((_, at) => there[at]);
};

/** Tags of the deployment that it does not carry; none where it is ours. */
export const tagsMissedBy = async (
  { leftOversIn }: Pick<Aws, 'leftOversIn'>,
  { tags }: Pick<Stack, 'tags'>,
  { kind, name, region }: Retained,
): Promise<string[]> => {
  const { tableTags, buckets } = leftOversIn(region);
  return missingTags(tags, await (kind === 'table' ? tableTags(name) : buckets.tags(name)));
};

type LeftOver = {
  readonly adopts: Map<string, readonly Retained[]>;
  readonly findings: DeployFinding[];
};

/** Ours by its tags is taken over; what is somebody else's is in the way. */
export const lookAtLeftOvers = async (
  aws: Pick<Aws, 'leftOversIn'>,
  setup: DeploySetup,
  accountId: string,
  { found, dark }: { found: ReadonlyMap<string, StackFound>; dark: ReadonlySet<string> },
): Promise<LeftOver> => {
  const adopts = new Map<string, readonly Retained[]>();
  const findings: DeployFinding[] = [];
  const stacks = stacksOf(setup, accountId).filter(
    (stack) => !dark.has(stack.region) && found.get(keyOf(stack))?.status === null,
  );
  try {
    for (const stack of stacks) {
      const own: Retained[] = [];
      for (const each of await leftOversOf(aws, retainedIn(stack))) {
        const missing = await tagsMissedBy(aws, stack, each);
        if (missing.length === 0) own.push(each);
        else findings.push(leftOverFinding(each, missing));
      }
      if (own.length > 0) adopts.set(keyOf(stack), own);
    }
    return { adopts, findings };
  } catch (error) {
    return { adopts, findings: [...findings, unknownLeftOversFinding(refusalOf(error))] };
  }
};
