/** `failover status`: how the watch that runs stands. */
import { StatusOutput } from '../../events/statusOutput.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import { statusLines } from '../output/statusText.ts';
import { findWatch } from '../watch/controlClient.ts';
import { openStatus } from '../watch/status.ts';

export type StatusOptions = { readonly data?: string };

export const status = async ({ data }: StatusOptions, output: Output): Promise<void> => {
  const { endpoint, homeRegion, service, dns, ask } = await findWatch(
    dataFolder(data, process.env),
  );
  const { faults, facts } = await ask({ do: 'look' });
  const statuses = openStatus(service, { endpoint, region: homeRegion, credentials: CREDENTIALS });
  try {
    const read = await statuses.read({ dns, faults, facts }, Date.now());
    output.result(StatusOutput.parse(read), (style) => statusLines(read, style));
  } finally {
    statuses.close();
  }
};
