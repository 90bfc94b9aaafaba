/** A whole deployment: the stacks in their order, and between them what each needs to begin. */
import type { Caller } from '../../aws/caller.ts';
import { isController } from '../../core/deploy/former.ts';
import type { RecordVerdict } from '../../core/deploy/liveRecord.ts';
import type { PlannedStack } from '../../core/deploy/stacks.ts';
import { ENVIRONMENT_FILE, environmentOf } from '../../local/stack/serviceParams.ts';
import { configDocument } from '../drill/configDocument.ts';
import { packSource } from '../source.ts';
import { openAdoption } from './adopt.ts';
import { type Aws, keyOf, type Seen } from './look.ts';
import { openOsls } from './osls.ts';
import { type Outcome, raiseStacks } from './raise.ts';
import { removeFormer, removeStacks } from './remove.ts';
import { bucketOf, planWatch, retireFormer, startRecord, startWatch, storeConfig } from './seed.ts';
import { serviceStackParams, storePromotionPlan, type Versions, versionsOf } from './service.ts';
import { type DeploySetup, paramsOf } from './setup.ts';

export type Sight = Seen & { readonly caller: Caller };

type Telling = { readonly note: (line: string) => void; readonly signal: AbortSignal };

/** Its name in `resources/serving.yml`. */
const TASK_GROUP = 'TaskSecurityGroup';

/** Of the file, which functions parse again; the stage is laid over it already. */
const documentOf = ({ checked }: DeploySetup) => {
  const { image } = checked.config;
  const packed = image && packSource(checked.contextFolder, image.dockerfile);
  return configDocument(checked, checked.written, packed);
};

/** Security groups of tasks, which AWS has named by now. */
const learnGroups = async (
  { stacks }: Aws,
  { planned }: DeploySetup,
  groups: Map<string, string>,
): Promise<void> => {
  for (const stack of planned.filter(({ role }) => role === 'serving')) {
    const resources = await stacks.resources(stack);
    const id = resources.find((one) => one.id === TASK_GROUP)?.physicalId;
    if (id) groups.set(stack.region, id);
  }
};

/** @returns what came of each stack, in their order. */
export const deployStacks = async (
  aws: Aws,
  setup: DeploySetup,
  { caller: { accountId }, zoneId, found, adopts, removes, record }: Sight,
  { note, signal }: Telling,
): Promise<Outcome[]> => {
  const drills = setup.checked.config.image !== undefined;
  const stored = drills ? documentOf(setup) : undefined;
  const store = async (): Promise<void> => {
    if (stored === undefined) return;
    await storeConfig(setup, accountId, stored);
    note(`  the configuration is stored as ${stored.key}`);
  };
  const isThere = setup.planned.some(
    (stack) => stack.role === 'control' && found.get(keyOf(stack))?.status?.endsWith('_COMPLETE'),
  );
  // A schedule that is told of it finds it, whatever happens in between.
  if (isThere) await store();
  note('packaging the functions');
  const { config } = setup.checked;
  const files = { [ENVIRONMENT_FILE]: JSON.stringify(environmentOf(config)) };
  const osls = await openOsls(setup.stage, files, signal);
  let versions: Versions | null = null;
  try {
    if (setup.live !== null) {
      await retireFormer(setup, removes, signal);
      await removeFormer(aws, setup.service, removes.filter(isController), { note, signal });
    }
    const groups = new Map<string, string>();
    const known = { configKey: stored?.key ?? 'none', zoneId, groups };
    const raising = {
      ...{ stacks: aws.stacks, osls, note, signal },
      adopt: openAdoption(aws, setup, { accountId, adopts, record }, { note, signal }),
      paramsOf: (place: PlannedStack) => ({
        ...paramsOf(setup, known, place),
        ...(place.role === 'service' && versions !== null
          ? serviceStackParams(setup, place.region, versions)
          : {}),
      }),
    };
    const outcomes = await raiseStacks(raising, setup.planned, async (role) => {
      if (role === 'serving') await learnGroups(aws, setup, groups);
      if (role === 'control') {
        if (!isThere) await store();
        const sources = { bucket: bucketOf(setup, accountId), source: stored?.source?.packed };
        versions = await versionsOf(setup, accountId, sources, { note, signal });
      }
      if (role === 'promotion' && (await storePromotionPlan(setup, versions))) {
        note('  promotions know their plan');
      }
      if (role !== 'failover' || zoneId === null) return;
      await startWatch(setup, await planWatch(setup, accountId, zoneId), signal);
      note('  the watch knows its plan');
    });
    await removeStacks(
      aws,
      removes.filter((stack) => !isController(stack)),
      { note, signal },
    );
    return outcomes;
  } finally {
    osls.close();
  }
};

/** The live record, last of all. @returns what a person should know, or null. */
export const deployRecord = async (
  setup: DeploySetup,
  { caller: { accountId }, zoneId }: Sight,
  record: RecordVerdict,
  { note, signal }: Telling,
): Promise<string | null> => {
  if (setup.live === null || zoneId === null) return null;
  note(
    setup.live.driver === 'quorum' && record.kind !== 'ours'
      ? 'making the health checks, and waiting until all checkers have looked'
      : 'looking after the record',
  );
  return startRecord(setup, await planWatch(setup, accountId, zoneId), record, signal);
};
