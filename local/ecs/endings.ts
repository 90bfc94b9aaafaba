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

type Ran = {
  readonly exit: Exit;
  readonly ranMs: number;
  readonly lastWords: string | undefined;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const reasonOf = ({ outOfMemory, exitCode, reason }: Exit): string | undefined =>
  outOfMemory && exitCode === EXIT_KILLED
    ? 'OutOfMemoryError: Container killed due to memory usage'
    : reason;

/** The ending of a task whose container ended by itself. */
export const exitEnding = (ran: Ran): Ending => {
  const reason = reasonOf(ran.exit);
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
