/** When something may or may not happen, as a person writes it. */
import * as z from 'zod';
import { parseWindow } from '../core/failover/maintenance.ts';
import { parseNights } from '../core/failover/rehearsalNights.ts';

export const maintenanceWindow = z
  .string()
  .max(64)
  .refine(
    (text) => parseWindow(text) !== undefined,
    'expected days and times such as "sun 03:00-04:00" or "mon-fri 22:00-02:00"',
  );

export const nights = z
  .string()
  .max(60)
  .refine(
    (text) => parseNights(text) !== undefined,
    'expected nights such as "night", "sun,wed", "first sunday" or "never"',
  );
