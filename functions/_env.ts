/** The only place where functions read their environment: once, whole, with all faults together. */
import type * as z from 'zod';
import { DrillError } from '../core/errors.ts';

/** @throws DrillError `ConfigInvalid` naming every variable that is missing or wrong. */
export const readEnv = <T extends z.ZodType>(schema: T): z.output<T> => {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new DrillError('ConfigInvalid', `environment of the function: ${faults.join('; ')}`);
};
