import * as z from 'zod';
import { isRegion } from '../core/regions/regions.ts';

export const Region = z
  .string()
  .refine((name): boolean => isRegion(name), 'expected a commercial AWS region');

/** Ids become parts of keys, tags and image names, so their alphabet is narrow. */
export const DrillId = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
export const ArmId = z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/);
export const Round = z.int().min(1).max(200);
export const EpochMs = z.number().min(0);
export const Ms = z.number().min(0);

export const Cell = z.strictObject({ region: Region, vantage: Region });
