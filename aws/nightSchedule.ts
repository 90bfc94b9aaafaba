/** The schedule that starts a drill each night, and what it tells the drill. */
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Night = z.object({ service: z.string(), configKey: z.string().min(1) });
export type Night = z.output<typeof Night>;

/** @throws DrillError `DataCorrupt` for a schedule that starts something else. */
export const readNight = async (schedule: string, sdk: SdkSettings): Promise<Night> => {
  const client = new SchedulerClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });
  try {
    const { Target } = await client.send(new GetScheduleCommand({ Name: schedule }));
    return Night.parse(JSON.parse(Target?.Input ?? ''));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new DrillError('DataCorrupt', `the schedule ${schedule} starts no drill`, {}, error);
  } finally {
    client.destroy();
  }
};
