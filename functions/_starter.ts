import { createHash } from 'node:crypto';

/** ECS allows 36 characters in `startedBy`, so the drill's id is hashed into it. Clean-up finds tasks by it. */
export const starterOf = (drillId: string): string =>
  `drill-${createHash('sha256').update(drillId).digest('hex').slice(0, 30)}`;
