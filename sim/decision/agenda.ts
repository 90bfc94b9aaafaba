/** What is to happen, in the order of time; at the same time, in the order in which it was put. */

type Task = { atMs: number; readonly what: string; readonly run: (atMs: number) => void };

/** A list in order: there are never more than a few dozen tasks. */
export const openAgenda = () => {
  const tasks: Task[] = [];

  const put = (atMs: number, what: string, run: Task['run']): void => {
    let place = tasks.length;
    while (place > 0 && (tasks[place - 1]?.atMs ?? 0) > atMs) place--;
    tasks.splice(place, 0, { atMs, what, run });
  };

  return {
    put,
    nextMs: (): number => tasks[0]?.atMs ?? Number.POSITIVE_INFINITY,
    take: (): Task | undefined => tasks.shift(),
    /** Whether every task before a moment is of one of these kinds. */
    holdsOnly: (kinds: ReadonlySet<string>, untilMs: number): boolean =>
      tasks.every(({ what, atMs }) => atMs >= untilMs || kinds.has(what)),
    /** Puts off all tasks of these kinds. */
    shift: (kinds: ReadonlySet<string>, byMs: number): void => {
      for (const task of tasks) if (kinds.has(task.what)) task.atMs += byMs;
      tasks.sort((a, b) => a.atMs - b.atMs);
    },
  };
};

export type Agenda = ReturnType<typeof openAgenda>;
