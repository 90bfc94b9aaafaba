/** Installs a watch in a simulated cloud, from the same template as anywhere. */
import type { SdkSettings } from '../../aws/sdk.ts';
import type { Config } from '../../events/config.ts';
import { dataTableParams } from '../../events/dataTable.ts';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { watchPlanOf, zoneOf } from '../../events/watchPlanOf.ts';
import { handler as acquireLease } from '../../functions/acquire-lease/handler.ts';
import { handler as beat } from '../../functions/beat/handler.ts';
import { handler as beginRehearsal } from '../../functions/begin-rehearsal/handler.ts';
import { handler as endRehearsal } from '../../functions/end-rehearsal/handler.ts';
import { handler as evaluate } from '../../functions/evaluate/handler.ts';
import { handler as fence } from '../../functions/fence/handler.ts';
import { handler as finish } from '../../functions/finish/handler.ts';
import { handler as flip } from '../../functions/flip/handler.ts';
import { handler as observe } from '../../functions/observe/handler.ts';
import { handler as prepare } from '../../functions/prepare/handler.ts';
import { handler as scaleStandby } from '../../functions/scale-standby/handler.ts';
import { handler as stepRehearsal } from '../../functions/step-rehearsal/handler.ts';
import { handler as tell } from '../../functions/tell/handler.ts';
import { handler as verify } from '../../functions/verify/handler.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { openClients } from '../../local/stack/clients.ts';
import { deploy } from '../../local/stack/deploy.ts';
import { installControllers } from '../../local/stack/installControllers.ts';
import { controllerParams, watchNamesOf } from '../../local/stack/installWatch.ts';
import { ensureQuorumSwitch, planQuorumSwitch } from '../../local/stack/watchQuorum.ts';
import { ensureSimpleRecord } from '../../local/stack/watchRecord.ts';
import { ensureZone } from '../../local/stack/zones.ts';
import type { SimulatedCloud } from './cloud.ts';
import { ensureClusters, serveSimulated } from './ownService.ts';
import { ensureDrills } from './rehearsals.ts';
import type { Part } from './sandboxes.ts';

/** Functions that run in a simulation, by their folder. */
const PARTS = {
  ...{ 'acquire-lease': acquireLease.parts, evaluate: evaluate.parts, fence: fence.parts },
  ...{ finish: finish.parts, flip: flip.parts, observe: observe.parts },
  ...{ prepare: prepare.parts, tell: tell.parts, verify: verify.parts },
  ...{ beat: beat.parts, 'scale-standby': scaleStandby.parts },
  ...{ 'begin-rehearsal': beginRehearsal.parts, 'step-rehearsal': stepRehearsal.parts },
  'end-rehearsal': endRehearsal.parts,
} as const;

export type PartName = keyof typeof PARTS;

/** Functions that run in the place of the product's own: how a test breaks a rule. */
export type OtherParts = Readonly<Partial<Record<PartName, Part>>>;

const partOf = (folder: string, others: OtherParts): Part | undefined => {
  for (const [name, part] of Object.entries(others)) if (name === folder) return part;
  for (const [name, part] of Object.entries(PARTS)) {
    // What a part takes and gives is checked by its own schemas, with each invocation.
    if (name === folder) return part as unknown as Part;
  }
  return undefined;
};

export type Installed = {
  readonly plan: WatchPlan;
  readonly table: string;
  readonly bucket: string;
  readonly machineArns: readonly string[];
};

const MS_PER_S = 1_000;

export const installSimulated = async (
  cloud: SimulatedCloud,
  sdk: SdkSettings,
  config: Config,
  dns: WatchPlan['dns'],
  others: OtherParts = {},
): Promise<Installed> => {
  const { signal } = new AbortController();
  const names = watchNamesOf(config);
  const endpoint = String(sdk.endpoint);
  const clients = openClients(endpoint, names.homeRegion, sdk);
  const zoneId = await ensureZone(clients.route53, zoneOf(config, config.record ?? ''));
  const { primary, standby } = config.regions;
  const serving = [primary.name, standby.name];
  const isOwn = config.image !== undefined;
  const rehearses = config.drill.rehearsal !== undefined;
  if (isOwn || rehearses) await ensureClusters(cloud, config);
  const targets = isOwn
    ? await serveSimulated(cloud, config, (region) => openClients(endpoint, region, sdk))
    : { primary: {}, standby: {} };
  const plan = watchPlanOf(config, {
    ...{ zoneId, dns, slackParameter: null, reportUrl: null, targets },
    switch:
      config.dns.driver === 'record'
        ? { driver: 'record' }
        : planQuorumSwitch(config, null, config.service),
  });
  const deployRole = (role: string, region: string): Promise<void> =>
    deploy({
      ...{ folder: PROJECT_FOLDER, endpoint, sdk, region, bundleOf: (folder) => folder },
      wanted: Object.keys(PARTS),
      params: {
        ...{ role, service: config.service, homeRegion: names.homeRegion, zoneId },
        ...controllerParams(config),
        ...dataTableParams(config),
      },
      // Simulated functions call as nobody in particular: what roles may do is for real runs to show.
      iam: { putRole: () => {} },
      lambda: {
        registerFunction: ({ name, codePath, timeoutS, environment }) => {
          const part = partOf(codePath, others);
          if (part === undefined) throw new Error(`${codePath} is not simulated`);
          const timeoutMs = timeoutS * MS_PER_S;
          cloud.sandboxes.register({ region, name, part, timeoutMs, environment });
        },
      },
    });
  const moving = { plan, former: null, active: plan.primary, epoch: 0, placeholder: '' };
  await (plan.switch.driver === 'record'
    ? ensureSimpleRecord(moving, sdk, signal)
    : ensureQuorumSwitch(moving, { sdk, deployRole, clients }, signal));
  const at = (region: string): SdkSettings => ({ ...sdk, region });
  await installControllers(plan, names.table, { at, deployRole });
  for (const region of plan.observers) await deployRole('watcher', region);
  for (const region of isOwn ? serving : []) await deployRole('heartbeat', region);
  if (rehearses) {
    await ensureDrills(cloud, clients, config);
    await deployRole('rehearsal', names.homeRegion);
  }
  clients.close();
  return { plan, table: names.table, bucket: names.bucket, machineArns: names.machineArns };
};
