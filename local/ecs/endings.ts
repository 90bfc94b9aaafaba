import type { Exit } from './runners/types.ts';
import type { StopCode } from './state.ts';

/** How a task ended, in the words of ECS. */
export type Ending = {
  readonly stopCode: StopCode;
  readonly stoppedReason: string;
  readonly exitCode?: number;
  readonly containerReason?: string;
};

const EXIT_KILLED = 137;
const WORDS_CHARS_MAX = 300;

/** What the process runner's neighbours see when a program ignores PORT. */
const ADDRESS_IN_USE = /EADDRINUSE|address already in use/i;

type Ran = {
  readonly exit: Exit;
  readonly ranMs: number;
  readonly lastWords: string | undefined;
  /** The port a plain process was told to use. */
  readonly ownPort: number | undefined;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Why the container ended by itself. */
const reasonOf = ({ exit, lastWords, ownPort }: Ran): string | undefined => {
  if (exit.outOfMemory && exit.exitCode === EXIT_KILLED) {
    return 'OutOfMemoryError: Container killed due to memory usage';
  }
  if (ownPort !== undefined && ADDRESS_IN_USE.test(lastWords ?? '')) {
    return `The process did not listen on PORT=${ownPort}: without containers each task needs a port of its own`;
  }
  return undefined;
};

/** The ending of a task whose container ended by itself. */
export const exitEnding = (ran: Ran): Ending => {
  const reason = reasonOf(ran);
  const words = ran.lastWords?.slice(-WORDS_CHARS_MAX);
  const said = words === undefined || ran.exit.exitCode === 0 ? '' : `; last output: ${words}`;
  return {
    stopCode: 'EssentialContainerExited',
    stoppedReason: `Essential container in task exited: exit code ${ran.exit.exitCode} after ${seconds(ran.ranMs)}${
      reason === undefined ? '' : `; ${reason}`
    }${said}`,
    exitCode: ran.exit.exitCode,
    ...(reason === undefined ? {} : { containerReason: reason }),
  };
};
