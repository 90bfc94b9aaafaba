/** `failover status`: how the watch that runs, or one that was deployed, stands. */
import { StatusOutput } from '../../events/statusOutput.ts';
import type { Output } from '../output/output.ts';
import { statusLines } from '../output/statusText.ts';
import { withWatch } from '../watch/at.ts';
import { openStatus } from '../watch/status.ts';
import type { WhereOptions } from '../where/options.ts';

export const status = (options: WhereOptions, output: Output): Promise<void> =>
  withWatch(options, output, 'known', async (watch) => {
    const { dns, look, deployed, options: on } = watch;
    const { faults, facts } = await look();
    const statuses = openStatus(watch);
    try {
      const seen = { dns, place: deployed?.place ?? null, faults, facts };
      const read = StatusOutput.parse(await statuses.read(seen, Date.now()));
      output.result(read, (style) => statusLines(read, style, on));
    } finally {
      statuses.close();
    }
  });
