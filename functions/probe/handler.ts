import * as z from 'zod';
import { openCallbacks } from '../../aws/callbacks.ts';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openProbeTable } from '../../aws/probeTable.ts';
import { ProbeRequest, ProbeResult } from '../../events/probeRequest.ts';
import { entry } from '../_entry.ts';
import { CONNECT_PATH, TABLE } from '../_settings.ts';
import { probe } from './run.ts';

export const handler = entry({
  name: 'probe',
  env: z.object({ TABLE, CONNECT_PATH }),
  input: ProbeRequest,
  output: ProbeResult,
  make: (env, base) =>
    probe({
      recordsAt: (region) => openDrillRecords(env.TABLE, { region }),
      callbacksAt: (region) => openCallbacks(region),
      probeTable: openProbeTable,
      connectPath: env.CONNECT_PATH,
      ...base,
    }),
});
