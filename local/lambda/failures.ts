/** Error payloads as Lambda writes them: `errorType` is what ASL and callers match on. */

const failure = (errorType: string, errorMessage: string): string =>
  JSON.stringify({ errorType, errorMessage });

export const timedOut = (requestId: string, timeoutMs: number): string =>
  failure(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  );

export const outOfMemory = (requestId: string): string =>
  failure(
    'Runtime.OutOfMemory',
    `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
  );

const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGTERM: 'terminated',
  SIGSEGV: 'segmentation fault',
  SIGBUS: 'bus error',
  SIGTRAP: 'trace/breakpoint trap',
};

/** The runtime process ended in the middle of an invocation or before the first one. */
export const runtimeExited = (
  requestId: string,
  exitCode: number | null,
  signal: string | null,
): string => {
  const reason =
    signal !== null
      ? `Runtime exited with error: signal: ${SIGNAL_WORDS[signal] ?? signal}`
      : exitCode === 0
        ? 'Runtime exited without providing a reason'
        : `Runtime exited with error: exit status ${exitCode}`;
  return failure('Runtime.ExitError', `RequestId: ${requestId} Error: ${reason}`);
};

export const responseTooLarge = (bytesMax: number): string =>
  failure(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${bytesMax} bytes).`,
  );
