/**
 * Puts what promotes images of a watched service into the embedded cloud, and tells what earlier
 * promotions have left there.
 */
import { openPromotionRecords, type PromotionRecords } from '../../aws/promotionRecords.ts';
import { isAwsError } from '../../aws/sdk.ts';
import { type Promoted, promotedBy } from '../../core/promotion/kept.ts';
import type { Config } from '../../events/config.ts';
import { promotionPlanOf } from '../../events/promotionPlanOf.ts';
import type { Cloud } from '../cloud.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { CREDENTIALS } from './clients.ts';
import { deploy } from './deploy.ts';
import type { ServiceInstallation } from './installService.ts';
import { watchNamesOf } from './installWatch.ts';

const FUNCTIONS = ['promote', 'step-promotion'] as const;

export const promotionMachineOf = (config: Config): string =>
  `arn:aws:states:${watchNamesOf(config).homeRegion}:${ACCOUNT_ID}:stateMachine:failover-drill-${config.service}-promotion`;

const openRecords = ({ endpoint }: Pick<Cloud, 'endpoint'>, config: Config) => {
  const { homeRegion, table } = watchNamesOf(config);
  return openPromotionRecords(table, { endpoint, region: homeRegion, credentials: CREDENTIALS });
};

/** What earlier promotions have left, now that the configuration asks for `referenceDigest`. */
export const promotedIn = async (
  records: Pick<PromotionRecords, 'plannedReference' | 'list'>,
  service: string,
  referenceDigest: string,
): Promise<Promoted> => {
  try {
    const [planned, [last]] = await Promise.all([
      records.plannedReference(service),
      records.list(service, 1),
    ]);
    return promotedBy(last && { ...last, over: last.memory.over }, planned, referenceDigest);
  } catch (error) {
    // The very first start: there is no table yet.
    if (!isAwsError(error, 'ResourceNotFoundException')) throw error;
    return promotedBy(undefined, null, referenceDigest);
  }
};

export const promotedOf = async (
  cloud: Pick<Cloud, 'endpoint'>,
  config: Config,
  referenceDigest: string,
): Promise<Promoted> => {
  const records = openRecords(cloud, config);
  try {
    return await promotedIn(records, config.service, referenceDigest);
  } finally {
    records.close();
  }
};

type Options = {
  readonly cloud: Cloud;
  readonly config: Config;
  readonly bundleDir: string;
  readonly nowMs: number;
  readonly installed: Pick<ServiceInstallation, 'places' | 'referenceDigest'>;
};

/** The functions and the machine. They need the watch, whose table and judgement they use. */
export const deployPromotion = async (options: Omit<Options, 'installed'>): Promise<void> => {
  const { cloud, config, bundleDir, nowMs } = options;
  const { homeRegion } = watchNamesOf(config);
  await deploy({
    folder: PROJECT_FOLDER,
    endpoint: cloud.endpoint,
    lambda: cloud.lambda,
    iam: cloud.iam,
    bundleOf: await functionBundles(bundleDir, nowMs, FUNCTIONS),
    wanted: FUNCTIONS,
    region: homeRegion,
    params: { role: 'promotion', service: config.service, homeRegion },
  });
};

/** All of it, for a service that runs here. Safe to repeat. */
export const installPromotion = async (options: Options): Promise<void> => {
  const { cloud, config, installed } = options;
  await deployPromotion(options);
  const records = openRecords(cloud, config);
  try {
    const { places, referenceDigest } = installed;
    await records.putPlan(promotionPlanOf(config, places, referenceDigest));
  } finally {
    records.close();
  }
};
