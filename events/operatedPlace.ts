/** Where a command acted on AWS. */
import * as z from 'zod';
import { Region } from './region.ts';

export const OperatedPlace = z.strictObject({
  account: z.string(),
  /** The home region, where the watch and the drills live: the standby's. */
  region: Region,
  stage: z.string(),
  service: z.string(),
});
export type OperatedPlace = z.output<typeof OperatedPlace>;
