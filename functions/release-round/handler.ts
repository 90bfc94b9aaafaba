import * as z from 'zod';
import { openTasks } from '../../aws/tasks.ts';
import { DeadTask, ReleaseRoundInput } from '../../events/placement.ts';
import { entry } from '../_entry.ts';
import { CLUSTER, NETWORK, TASK_EXECUTION_ROLE } from '../_settings.ts';
import { releaseRound } from './run.ts';

export const handler = entry({
  name: 'release-round',
  env: z.object({ CLUSTER, NETWORK, TASK_EXECUTION_ROLE }),
  input: ReleaseRoundInput,
  output: z.strictObject({ dead: z.array(DeadTask) }),
  make: (env, base) =>
    releaseRound({
      tasks: openTasks({
        cluster: env.CLUSTER,
        network: env.NETWORK,
        executionRoleArn: env.TASK_EXECUTION_ROLE,
      }),
      ...base,
    }),
});
