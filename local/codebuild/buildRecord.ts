import { createWriteStream } from 'node:fs';
import { parseSteps, type TimedLine } from '../../core/build/steps.ts';
import type { Clock } from '../clock.ts';
import type { PhaseOutcome } from './runPhases.ts';
import { SourceError } from './source.ts';
import { type Build, type BuildStatus, beginPhase, endPhase, type PhaseRecord } from './state.ts';

const LINES_MAX = 200_000;
const LAST_LINES = 4;
/** How far back the last lines are looked for. */
const LOOK_BACK_LINES = 50;

/** The output of a build: a file, the sink, and what the step parser and error messages need. */
export const openOutput = (file: string, clock: Clock, onLine: (line: string) => void) => {
  const stream = createWriteStream(file, { flags: 'a' });
  stream.on('error', () => {});
  const lines: TimedLine[] = [];
  const line = (text: string): void => {
    stream.write(`${text}\n`);
    if (lines.length < LINES_MAX) lines.push({ text, atMs: clock.monotonicMs() });
    onLine(text);
  };
  const lastLines = () =>
    lines
      .slice(-LOOK_BACK_LINES)
      .map(({ text }) => text.trim())
      .filter((text) => text !== '' && !text.startsWith('[Container]'))
      .slice(-LAST_LINES);
  const close = () => new Promise<void>((resolve) => stream.end(resolve));
  return { line, lastLines, close, steps: () => parseSteps(lines) };
};

export type Output = ReturnType<typeof openOutput>;

const contextOf = (error: unknown): PhaseRecord['contexts'] => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof SourceError) return [{ statusCode: 'CLIENT_ERROR', message }];
  const statusCode = message.startsWith('YAML_FILE_ERROR') ? 'YAML_FILE_ERROR' : 'CLIENT_ERROR';
  return [{ statusCode, message }];
};

export type RecordOptions = {
  readonly clock: Clock;
  readonly save: (build: Build) => Promise<void>;
  readonly stop: AbortSignal;
};

/** What a running build was asked to end with: stopped, or out of time. */
export const askedStatus = (stop: AbortSignal): BuildStatus | undefined =>
  stop.aborted ? stop.reason : undefined;

/** Keeps a build's phases as they begin and end, on disk and in its output. */
export const openRecord = (first: Build, output: Output, { clock, save, stop }: RecordOptions) => {
  let build = first;
  const change = async (next: Build): Promise<void> => {
    build = next;
    await save(build);
  };

  const begin = (phase: string): Promise<void> => {
    output.line(`[Container] Entering phase ${phase}`);
    return change(beginPhase(build, phase, clock.now()));
  };

  const end = async (phase: string, { failed, contexts }: PhaseOutcome): Promise<void> => {
    const asked = askedStatus(stop);
    const status = asked ?? (failed ? 'FAILED' : 'SUCCEEDED');
    output.line(`[Container] Phase complete: ${phase} State: ${status}`);
    for (const { statusCode, message } of contexts) {
      output.line(`[Container] Phase context status code: ${statusCode} Message: ${message}`);
    }
    await change(endPhase(build, status, clock.now(), asked ? [] : contexts));
  };

  /** A phase that fails when `work` throws, with the error as its context. */
  const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    await begin(name);
    try {
      const result = await work();
      await end(name, { failed: false, contexts: [] });
      return result;
    } catch (error) {
      await end(name, { failed: true, contexts: contextOf(error) });
      throw error;
    }
  };

  return { now: () => build, change, begin, end, phase };
};

export type BuildRecord = ReturnType<typeof openRecord>;
