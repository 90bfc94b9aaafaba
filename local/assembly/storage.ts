/** Services that only keep things: objects, parameters, logs, metrics, tables, images, zones. */
import { rttMs } from '../../core/regions/regions.ts';
import type { Clock } from '../clock.ts';
import { createCloudWatch } from '../cloudwatch/service.ts';
import { createDynamodb } from '../dynamodb/service.ts';
import { createEcr } from '../ecr/createEcr.ts';
import { createLogs } from '../logs/service.ts';
import { createRoute53 } from '../route53/service.ts';
import { createS3 } from '../s3/service.ts';
import { createSsm } from '../ssm/service.ts';
import type { Closing } from './closing.ts';

type Needs = {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onFault: (error: unknown, what: string) => void;
  /** URL of the cloud, empty until it listens. */
  readonly endpoint: () => string;
  /** Whether changes of zones take time to reach the name servers; they do unless this is false. */
  readonly distances?: boolean;
};

export const openStorage = async (needs: Needs, keep: Closing) => {
  const { dataDir, clock, random, onFault, endpoint, distances } = needs;
  const base = { dataDir, clock };
  return {
    s3: keep(await createS3(base)),
    ssm: keep(createSsm(base)),
    logs: keep(createLogs(base)),
    cloudwatch: createCloudWatch(base),
    ecr: keep(await createEcr(base)),
    dynamodb: keep(
      await createDynamodb({ ...base, lagMs: (from, to) => rttMs(from, to), onFault }),
    ),
    route53: keep(
      await createRoute53({
        ...base,
        random,
        awsEndpoint: endpoint,
        ...(distances === false ? { propagationMs: 0 } : {}),
        onFault: (error) => onFault(error, 'route53'),
      }),
    ),
  };
};

export type Storage = Awaited<ReturnType<typeof openStorage>>;
