import * as z from 'zod';
import { openDnsRecord } from '../../aws/dnsRecord.ts';
import { openDnsSwitch } from '../../aws/dnsSwitch.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openLeaseTables } from '../../aws/leases.ts';
import { openSecrets } from '../../aws/secrets.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { FlipInput, Flipped } from '../../events/failoverFlip.ts';
import { PreflightOutput } from '../../events/failoverStep.ts';
import { entry } from '../_entry.ts';
import { TABLE } from '../_settings.ts';
import { openTransitions } from '../_transition.ts';
import { openQuorumSwitch } from './quorum.ts';
import { openRecordSwitch } from './record.ts';
import { flip } from './run.ts';
import { signerOf } from './signing.ts';

export const handler = entry({
  name: 'flip',
  env: z.object({ TABLE }),
  input: FlipInput,
  output: z.union([PreflightOutput, Flipped]),
  make: (env, base) => {
    const table = openWatchTable(env.TABLE, base.sdk);
    const dnsRecord = openDnsRecord(base.sdk);
    const common = { ...base, table };
    return flip({
      ...common,
      leasesIn: openLeaseTables(base.sdk),
      dnsRecord,
      transitions: openTransitions({ table, bus: openEventBus(base.sdk), ...base }),
      recordSwitch: openRecordSwitch({ ...common, dnsRecord }),
      quorumSwitch: openQuorumSwitch({
        ...common,
        secrets: openSecrets(base.sdk),
        openSwitch: (key) => openDnsSwitch(signerOf(key), base.sdk),
      }),
    });
  },
});
