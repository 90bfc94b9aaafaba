/** Quotas of Lambda, from the AWS Lambda developer guide ("Lambda quotas") and the Invoke API page. */

/** Largest request payload of a synchronous invocation, in bytes. */
export const SYNC_REQUEST_BYTES_MAX = 6 * 1024 * 1024;

/** Largest response payload; the service allows 100 bytes more than for a request. */
export const SYNC_RESPONSE_BYTES_MAX = SYNC_REQUEST_BYTES_MAX + 100;

/** Largest payload of an asynchronous invocation, in bytes: 1 MB since October 2025. */
export const ASYNC_REQUEST_BYTES_MAX = 1024 * 1024;

/** An environment must ask for its first event within this time. */
export const INIT_TIMEOUT_MS = 10_000;

/** Waits before the second and third try of an asynchronous invocation whose function failed. */
export const ASYNC_RETRY_DELAYS_MS = [60_000, 120_000] as const;

/** An asynchronous event older than this is discarded instead of tried again. */
export const ASYNC_AGE_MS_MAX = 6 * 3_600_000;

/** Bytes of log that `LogType: Tail` returns. */
export const LOG_TAIL_BYTES = 4096;
