/** Whether whoever deploys may do what a deployment does, and what it takes away. */
import type { Caller } from '../../aws/caller.ts';
import type { Stacks } from '../../aws/stacks.ts';
import { switchKeyOf } from '../../core/deploy/deployed.ts';
import {
  type DeployFinding,
  deniedFinding,
  unknownRightsFinding,
} from '../../core/deploy/findings.ts';
import { type Need, needsOf } from '../../core/deploy/permissions.ts';
import { type Aws, keyOf, type Seen } from './look.ts';
import { refusalOf } from './refusal.ts';
import { archivesOf, controllersAmong } from './remove.ts';
import { controllerRegionsOf, type DeploySetup, stacksOf } from './setup.ts';

/** More would not be read. */
const DENIED_MAX = 20;
/** IAM takes few calls a second. */
const AT_ONCE = 4;

/** What whoever deploys must be allowed to do. */
const needsFor = async (
  stacks: Pick<Stacks, 'resources'>,
  setup: DeploySetup,
  accountId: string,
  { zoneId, adopts, removes }: Pick<Seen, 'zoneId' | 'adopts' | 'removes'>,
): Promise<Need[]> => {
  const name = switchKeyOf(setup.service);
  const keysIn = (regions: readonly string[]) => regions.map((region) => ({ region, name }));
  const isQuorum = setup.live?.driver === 'quorum';
  const unplanned = removes.filter((stack) => !setup.planned.includes(stack));
  const touched = stacksOf({ ...setup, planned: [...setup.planned, ...unplanned] }, accountId);
  return needsOf({
    ...{ accountId, zoneId, stacks: touched },
    adopted: touched.map((stack) => (adopts.get(keyOf(stack)) ?? []).map(({ id }) => id)),
    switchKeys: keysIn(isQuorum ? controllerRegionsOf(setup) : []),
    removed: {
      buckets: (await Promise.all(removes.map((stack) => archivesOf(stacks, stack)))).flat(),
      parameters: keysIn(controllersAmong(removes)),
    },
  });
};

/** What of it IAM's simulator says they may not. */
export const lookAtRights = async (
  { account, stacks }: Pick<Aws, 'account' | 'stacks'>,
  setup: DeploySetup,
  { accountId, arn }: Caller,
  seen: Pick<Seen, 'zoneId' | 'adopts' | 'removes'>,
): Promise<DeployFinding[]> => {
  // The account itself may do anything, and is no principal that policies speak of.
  if (arn.endsWith(':root')) return [];
  try {
    const needs = await needsFor(stacks, setup, accountId, seen);
    const principal = await account.principalOf(arn);
    const findings: DeployFinding[] = [];
    for (let at = 0; at < needs.length && findings.length < DENIED_MAX; at += AT_ONCE) {
      const asked = needs.slice(at, at + AT_ONCE).map(async ({ actions, resource }) => {
        const denied = await account.denied(principal, actions, resource);
        return denied.map((action) => deniedFinding(action, resource, principal));
      });
      findings.push(...(await Promise.all(asked)).flat());
    }
    return findings;
  } catch (error) {
    return [unknownRightsFinding(arn, refusalOf(error))];
  }
};
