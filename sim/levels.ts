/** The levels there are, by name. The whole system's joins when it is there. */
import { decisionLevel } from './decision/level.ts';
import type { Level } from './level.ts';

export const LEVELS = { decision: decisionLevel } as const satisfies Record<string, Level>;

export type LevelName = keyof typeof LEVELS;
