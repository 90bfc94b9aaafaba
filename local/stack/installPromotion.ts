/**
 * Puts what promotes images of a watched service into the embedded cloud, and tells what earlier
 * promotions have left there.
 */
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import type { Config } from '../../events/config.ts';
import { promotionPlanOf } from '../../events/promotionPlanOf.ts';
import type { Cloud } from '../cloud.ts';
import { ACCOUNT_ID } from '../wire/types.ts';
import { functionBundles, PROJECT_FOLDER } from './bundles.ts';
import { CREDENTIALS } from './clients.ts';
import { deploy } from './deploy.ts';
import type { ServiceInstallation } from './installService.ts';
import { watchNamesOf } from './installWatch.ts';
import type { Promoted } from './serviceStack.ts';

const FUNCTIONS = ['promote', 'step-promotion'] as const;

export const promotionMachineOf = (config: Config): string =>
  `arn:aws:states:${watchNamesOf(config).homeRegion}:${ACCOUNT_ID}:stateMachine:failover-drill-${config.service}-promotion`;

const openRecords = ({ endpoint }: Pick<Cloud, 'endpoint'>, config: Config) => {
  const { homeRegion, table } = watchNamesOf(config);
  return openPromotionRecords(table, { endpoint, region: homeRegion, credentials: CREDENTIALS });
};

const NOTHING: Promoted = { digests: [], underWay: false };

/**
 * Which images stay although the configuration asks for `referenceDigest`: those of the last promotion,
 * for as long as it asks for the same as then. A person who changes the sources is heard.
 */
export const promotedOf = async (
  cloud: Pick<Cloud, 'endpoint'>,
  config: Config,
  referenceDigest: string,
): Promise<Promoted> => {
  const records = openRecords(cloud, config);
  try {
    const [plan, [last]] = await Promise.all([
      records.plan(config.service),
      records.list(config.service, 1),
    ]);
    if (last === undefined) return NOTHING;
    if (!last.memory.over) return { digests: [], underWay: true };
    if (plan?.referenceDigest !== referenceDigest) return NOTHING;
    const { digest, previousDigest } = last;
    return {
      digests: previousDigest === null ? [digest] : [digest, previousDigest],
      underWay: false,
    };
  } catch (error) {
    // The very first start: there is no table yet.
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return NOTHING;
    throw error;
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
