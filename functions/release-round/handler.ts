import * as z from 'zod';
import { openTasks } from '../../aws/tasks.ts';
import { DeadTask, ReleaseRoundInput } from '../../events/placement.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { releaseRound } from './run.ts';

const { CLUSTER, NETWORK, TASK_EXECUTION_ROLE } = SETTINGS;

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
