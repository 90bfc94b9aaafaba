/** The service that a watch runs itself: its image in both regions, built here if it must be. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Cloud } from '../../local/cloud.ts';
import { type BuilderDetection, detectBuilder } from '../../local/containers/detect.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { installPromotion, promotionMachineOf } from '../../local/stack/installPromotion.ts';
import { installService, type ServiceInstallation } from '../../local/stack/installService.ts';
import { bundleFolder } from '../dataFolder.ts';
import { packSource } from '../source.ts';
import type { Watchable } from './checkWatch.ts';

type Told = {
  /** Hears what takes long, and how things are run. */
  readonly note: (line: string) => void;
};

/** What builds images here, told to a person. The data folder must be held. */
export const findBuilder = async ({
  dataDir,
  allowInstall,
  note,
}: Told & {
  readonly dataDir: string;
  readonly allowInstall: boolean;
}): Promise<BuilderDetection> => {
  const found = await detectBuilder({ dataDir, allowInstall, log: (line) => note(`  ${line}`) });
  const { kind, version, reason } = found;
  note(
    kind === 'none'
      ? `  no container builder works here (${reason}); the service runs as plain processes`
      : `  builder: ${kind} ${version}`,
  );
  return found;
};

/** Schedules fire at their own minute; the first heartbeat comes at once. */
const beatNow = async ({ endpoint }: Cloud, { beats }: ServiceInstallation): Promise<void> => {
  await Promise.all(
    beats.map(async ({ region, functionName }) => {
      const client = new LambdaClient({ endpoint, region, credentials: CREDENTIALS });
      const Payload = new TextEncoder().encode('{}');
      try {
        await client.send(
          new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }),
        );
      } finally {
        client.destroy();
      }
    }),
  );
};

/** Runs the service's image in both regions; answers with how. */
export const runService = async (
  cloud: Cloud,
  { config, contextFolder }: Watchable,
  { note }: Told,
  signal: AbortSignal,
): Promise<ServiceInstallation | undefined> => {
  const { image } = config;
  if (image === undefined) return undefined;
  const installed = await installService({
    cloud,
    config: { ...config, image },
    bundleDir: bundleFolder(process.env),
    nowMs: Date.now(),
    source: packSource(contextFolder, image.dockerfile),
    note: (line) => note(`  ${line}`),
    signal,
  });
  await beatNow(cloud, installed);
  return installed;
};

export { installPromotion, promotionMachineOf };
