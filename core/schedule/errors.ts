/**
 * A schedule expression or time zone that AWS would refuse. The message says what was found and
 * where.
 */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}
