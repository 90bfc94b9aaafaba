/** The levels there are, by name. */
import { decisionLevel } from './decision/level.ts';
import type { Level } from './level.ts';
import { systemLevel } from './system/level.ts';

export const LEVELS = { system: systemLevel, decision: decisionLevel } as const satisfies Record<
  string,
  Level
>;

export type LevelName = keyof typeof LEVELS;
