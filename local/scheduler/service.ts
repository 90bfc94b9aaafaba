import path from 'node:path';
import type {
  CreateScheduleInput,
  DeleteScheduleInput,
  GetScheduleGroupInput,
  GetScheduleInput,
  ListScheduleGroupsInput,
  ListSchedulesInput,
  UpdateScheduleInput,
} from '@aws-sdk/client-scheduler';
import { nextOccurrence } from '../../core/schedule/next.ts';
import type { Clock } from '../clock.ts';
import { type Delivery, type Gateway, openDeliveries } from '../delivery/deliveries.ts';
import { pageOf } from '../pages.ts';
import { openStateFile } from '../state/stateFile.ts';
import { randomUuid } from '../stepfunctions/random.ts';
import { createTimetable } from '../timetable.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { invocationOf } from './invocation.ts';
import { checkGroup, invalid, readSchedule } from './read.ts';
import { GROUP, groupArn, type ScheduleState, scheduleArn, schedulerState } from './state.ts';

export type SchedulerOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1; gives ids, jitter and the place in a flexible time window. */
  readonly random: () => number;
  readonly gateway: Gateway;
  /** Whether a schedule may fire in this process; all may unless given. */
  readonly fires?: (name: string) => boolean;
  /** Hears of invocations that are given up, and why. */
  readonly onDropped: (delivery: Delivery, error: unknown) => void;
};

export type Scheduler = {
  readonly operations: Operations;
  close(): Promise<void>;
};

const PAGE_MAX = 100;

/** When a schedule is due next. A rate without a start date is due at once when it is made. */
const nextDue = (schedule: ScheduleState, afterMs: number): number | undefined => {
  const { expression, timeZone, startMs = 0, endMs = Number.POSITIVE_INFINITY } = schedule;
  const from = Math.max(afterMs, startMs - 1);
  const dueMs = nextOccurrence(expression, timeZone, from, schedule.anchorMs);
  return dueMs !== undefined && dueMs <= endMs ? dueMs : undefined;
};

const toWire = (schedule: ScheduleState) => {
  const { target, startMs, endMs, description, windowMinutes } = schedule;
  return {
    Arn: scheduleArn(schedule.region, schedule.name),
    GroupName: GROUP,
    Name: schedule.name,
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: schedule.timeZone,
    ...(startMs !== undefined && { StartDate: new Date(startMs) }),
    ...(endMs !== undefined && { EndDate: new Date(endMs) }),
    ...(description !== undefined && { Description: description }),
    State: schedule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    CreationDate: new Date(schedule.createdAtMs),
    LastModificationDate: new Date(schedule.modifiedAtMs),
    Target: {
      Arn: target.arn,
      RoleArn: target.roleArn,
      ...(target.input !== undefined && { Input: target.input }),
      ...(target.event && {
        EventBridgeParameters: {
          Source: target.event.source,
          DetailType: target.event.detailType,
        },
      }),
      RetryPolicy: {
        MaximumRetryAttempts: target.retriesMax,
        MaximumEventAgeInSeconds: target.ageMsMax / 1_000,
      },
    },
    FlexibleTimeWindow:
      windowMinutes === 0
        ? { Mode: 'OFF' as const }
        : { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: windowMinutes },
    ActionAfterCompletion: schedule.deleteAfterCompletion ? ('DELETE' as const) : ('NONE' as const),
  };
};

const groupToWire = (region: string) => ({
  Arn: groupArn(region),
  Name: GROUP,
  State: 'ACTIVE' as const,
});

/** Schedules on disk and their timers: what the operations work on. */
const openSchedules = async (options: SchedulerOptions) => {
  const { clock, random, onDropped, fires = () => true } = options;
  const folder = path.join(options.dataDir, 'scheduler');
  const state = await openStateFile(path.join(folder, 'state.json'), schedulerState, {
    schedules: [],
  });
  const deliveries = await openDeliveries({
    ...options,
    file: path.join(folder, 'deliveries.log'),
  });
  const timetable = createTimetable(clock);

  const find = (region: string, name: string | undefined) =>
    state.value.schedules.find((s) => s.region === region && s.name === name);
  const save = (schedules: ScheduleState[]) => state.save({ schedules });
  const remove = (schedule: ScheduleState) => {
    timetable.delete(scheduleArn(schedule.region, schedule.name));
    return save(state.value.schedules.filter((other) => other !== schedule));
  };

  const ring = async (schedule: ScheduleState, dueMs: number) => {
    const holdMs = Math.floor(random() * schedule.windowMinutes * 60_000);
    const id = randomUuid(random);
    const item = invocationOf(schedule, dueMs, holdMs, id);
    try {
      await deliveries.submit([{ id, item }]);
      const over = nextDue(schedule, clock.now()) === undefined;
      const current = find(schedule.region, schedule.name) === schedule;
      if (over && current && schedule.deleteAfterCompletion) await remove(schedule);
    } catch (error) {
      onDropped(item, error);
    }
  };
  const arm = (schedule: ScheduleState, afterMs: number) => {
    const key = scheduleArn(schedule.region, schedule.name);
    if (!schedule.enabled || !fires(schedule.name)) {
      timetable.delete(key);
      return;
    }
    timetable.set(
      key,
      {
        next: (after) => nextDue(schedule, after),
        ring: (dueMs) => void ring(schedule, dueMs),
      },
      afterMs,
    );
  };
  // What fell due while the process was down is not made up for.
  for (const schedule of state.value.schedules) arm(schedule, clock.now());

  return {
    list: () => state.value.schedules,
    find,
    remove,
    put: async (schedule: ScheduleState) => {
      const others = state.value.schedules.filter(
        ({ region, name }) => region !== schedule.region || name !== schedule.name,
      );
      await save([...others, schedule]);
      // A new rate is due at the very moment it was made.
      const { anchorMs, modifiedAtMs } = schedule;
      arm(schedule, anchorMs === modifiedAtMs ? modifiedAtMs - 1 : clock.now());
    },
    close: async () => {
      timetable.close();
      await deliveries.close();
      await save(state.value.schedules);
    },
  };
};

/**
 * The embedded EventBridge Scheduler of every region, with the default group. Schedules survive a
 * restart; an occurrence that falls due while the process is down is not made up for.
 */
export const createScheduler = async (options: SchedulerOptions): Promise<Scheduler> => {
  const { clock } = options;
  const schedules = await openSchedules(options);

  const named = (
    request: { Name?: string | undefined; GroupName?: string | undefined },
    call: CallContext,
  ) => {
    checkGroup(request.GroupName);
    const schedule = schedules.find(call.region, request.Name);
    if (schedule) return schedule;
    throw new AwsError('ResourceNotFoundException', `Schedule ${request.Name} does not exist.`);
  };
  const pageSize = (asked = PAGE_MAX): number => {
    if (asked >= 1 && asked <= PAGE_MAX) return asked;
    throw invalid(`MaxResults must be from 1 to ${PAGE_MAX}`);
  };

  const operations = {
    CreateSchedule: async (request: CreateScheduleInput, call: CallContext) => {
      const known = schedules.find(call.region, request.Name);
      const again = known?.clientToken !== undefined && known.clientToken === request.ClientToken;
      if (known && !again) {
        throw new AwsError('ConflictException', `Schedule ${request.Name} already exists.`);
      }
      if (!known) await schedules.put(readSchedule(request, call.region, clock.now()));
      return { ScheduleArn: scheduleArn(call.region, request.Name ?? '') };
    },
    UpdateSchedule: async (request: UpdateScheduleInput, call: CallContext) => {
      const known = named(request, call);
      await schedules.put(readSchedule(request, call.region, clock.now(), known));
      return { ScheduleArn: scheduleArn(known.region, known.name) };
    },
    GetSchedule: (request: GetScheduleInput, call: CallContext) => toWire(named(request, call)),
    DeleteSchedule: async (request: DeleteScheduleInput, call: CallContext) => {
      await schedules.remove(named(request, call));
      return {};
    },
    ListSchedules: (request: ListSchedulesInput, call: CallContext) => {
      checkGroup(request.GroupName);
      const own = schedules
        .list()
        .filter(
          (schedule) =>
            schedule.region === call.region &&
            schedule.name.startsWith(request.NamePrefix ?? '') &&
            (request.State === undefined || (request.State === 'ENABLED') === schedule.enabled),
        );
      const size = pageSize(request.MaxResults);
      const { found, next } = pageOf(own, ({ name }) => name, request.NextToken, size);
      const summaries = found.map((schedule) => {
        const { Arn, GroupName, Name, State, CreationDate, LastModificationDate, Target } =
          toWire(schedule);
        return {
          Arn,
          GroupName,
          Name,
          State,
          CreationDate,
          LastModificationDate,
          Target: { Arn: Target.Arn },
        };
      });
      return { Schedules: summaries, ...next };
    },
    ListScheduleGroups: ({ NamePrefix = '' }: ListScheduleGroupsInput, call: CallContext) => ({
      ScheduleGroups: GROUP.startsWith(NamePrefix) ? [groupToWire(call.region)] : [],
    }),
    GetScheduleGroup: ({ Name }: GetScheduleGroupInput, call: CallContext) => {
      checkGroup(Name);
      return groupToWire(call.region);
    },
  } satisfies Operations;

  return { operations, close: schedules.close };
};
