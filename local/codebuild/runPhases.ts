import type { Buildspec, PhaseName } from './buildspec.ts';
import { PHASES } from './buildspec.ts';
import type { Shell } from './shell.ts';
import type { PhaseRecord } from './state.ts';

type Contexts = PhaseRecord['contexts'];

/** What a phase led to. `killed` stands for a shell that is gone: stopped or timed out. */
export type PhaseOutcome = { readonly failed: boolean; readonly contexts: Contexts };

export type PhaseListener = {
  begin(phase: string): Promise<void>;
  end(phase: string, outcome: PhaseOutcome): Promise<void>;
  line(text: string): void;
  /** The last lines of output, for the message of a failed command. */
  lastLines(): readonly string[];
};

const NAMES: Readonly<Record<PhaseName, string>> = {
  install: 'INSTALL',
  pre_build: 'PRE_BUILD',
  build: 'BUILD',
  post_build: 'POST_BUILD',
};

const COMMAND_CHARS_MAX = 120;

const shorten = (command: string): string => {
  const line = command.trim().replace(/\s+/g, ' ');
  return line.length > COMMAND_CHARS_MAX ? `${line.slice(0, COMMAND_CHARS_MAX)}...` : line;
};

const runCommands = async (
  commands: readonly string[],
  shell: Shell,
  listener: PhaseListener,
): Promise<Contexts> => {
  for (const command of commands) {
    listener.line(`[Container] Running command ${shorten(command)}`);
    const code = await shell.run(command);
    if (code === 0) continue;
    const said = listener.lastLines().join(' | ');
    return [
      {
        statusCode: 'COMMAND_EXECUTION_ERROR',
        message: `Error while executing command: ${shorten(command)}. Reason: exit status ${code}${
          said === '' ? '' : `. Output: ${said}`
        }`,
      },
    ];
  }
  return [];
};

/** After a failed phase: does the build go on? Without `on-failure`, only BUILD leads on, to POST_BUILD. */
const goesOn = (name: PhaseName, onFailure: 'ABORT' | 'CONTINUE' | undefined): boolean =>
  onFailure === undefined ? name === 'build' : onFailure === 'CONTINUE';

/**
 * Runs the phases of a buildspec as CodeBuild does: a failing command ends its phase, `finally`
 * commands run in any case, and `on-failure` says whether later phases run.
 * @returns true when no phase failed.
 */
export const runPhases = async (
  spec: Buildspec,
  shell: Shell,
  listener: PhaseListener,
  stopped: () => boolean,
): Promise<boolean> => {
  let succeeding = true;
  for (const name of PHASES) {
    const phase = spec.phases[name];
    if (!phase || stopped()) continue;
    await listener.begin(NAMES[name]);
    await shell.set('CODEBUILD_BUILD_SUCCEEDING', succeeding ? '1' : '0');
    let contexts = await runCommands(phase.commands, shell, listener);
    if (!stopped()) {
      const last = await runCommands(phase.finally, shell, listener);
      contexts = contexts.length > 0 ? contexts : last;
    }
    const failed = contexts.length > 0;
    if (failed) succeeding = false;
    await listener.end(NAMES[name], { failed, contexts });
    if (failed && !goesOn(name, phase.onFailure)) break;
  }
  return succeeding;
};
