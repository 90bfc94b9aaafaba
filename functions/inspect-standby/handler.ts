import * as z from 'zod';
import { openDrillRecords } from '../../aws/drillRecords.ts';
import { openServices } from '../../aws/services.ts';
import { openStandbyRecords } from '../../aws/standbyRecords.ts';
import { openTaskDefinitions } from '../../aws/taskDefinitions.ts';
import { InspectStandbyInput, InspectStandbyOutput } from '../../events/standby.ts';
import { readCertificate } from '../../probes/certificate.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, TABLE } from '../_settings.ts';
import { inspectStandby } from './run.ts';

export const handler = entry({
  name: 'inspect-standby',
  env: z.object({ TABLE, CLUSTER }),
  input: InspectStandbyInput,
  output: InspectStandbyOutput,
  make: (env, base) =>
    inspectStandby({
      records: openDrillRecords(env.TABLE),
      kept: openStandbyRecords(env.TABLE),
      servicesIn: openServices,
      definitionsIn: openTaskDefinitions,
      certificateOf: readCertificate,
      cluster: env.CLUSTER,
      ...base,
    }),
});
