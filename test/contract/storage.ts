import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { realClock } from '../../local/clock.ts';
import { createDynamodb } from '../../local/dynamodb/service.ts';
import { createLogs } from '../../local/logs/service.ts';
import { createS3 } from '../../local/s3/service.ts';
import { createSsm } from '../../local/ssm/service.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { startTestServer } from '../support/wireServer.ts';

/** All storage services behind one endpoint. */
export const startStorage = async (
  dataDir: string,
  onFault?: (error: unknown, operation: string) => void,
) => {
  const options = { dataDir, clock: realClock };
  const faults = onFault ? { onFault } : {};
  const s3 = await createS3(options);
  const dynamodb = await createDynamodb({ ...options, ...faults });
  const server = await startTestServer({
    services: [
      serviceFromSdk(s3Sdk, 's3', s3.operations, faults),
      serviceFromSdk(ssmSdk, 'ssm', createSsm(options).operations, faults),
      serviceFromSdk(logsSdk, 'logs', createLogs(options).operations, faults),
      dynamodb.front,
    ],
  });
  const close = async () => {
    await server.close();
    await dynamodb.close();
  };
  return { server, dynamodb, close };
};

// As a program it says its address and serves until it is killed.
const [, program, dataDir] = process.argv;
if (program === import.meta.filename && dataDir) {
  const { server, dynamodb } = await startStorage(dataDir);
  dynamodb.pauseReplication();
  process.stdout.write(`${server.url}\n`);
}
