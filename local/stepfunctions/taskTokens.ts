import { isObject, parseJson } from './json.ts';
import type { TaskTokens } from './runtime.ts';

/** What a task token says; outsiders take it as an opaque text. */
export type TokenParts = {
  readonly executionArn: string;
  readonly frame: number;
  readonly nonce: string;
};

export const makeToken = (executionArn: string, frame: number, nonce: string): string =>
  Buffer.from(JSON.stringify({ executionArn, frame, nonce })).toString('base64');

/** Reads a token; undefined when it is none of ours. */
export const readToken = (token: string): TokenParts | undefined => {
  try {
    const value = parseJson(Buffer.from(token, 'base64').toString('utf8'));
    if (!isObject(value)) return undefined;
    const { executionArn, frame, nonce } = value;
    if (typeof executionArn !== 'string' || typeof frame !== 'number') return undefined;
    return typeof nonce === 'string' ? { executionArn, frame, nonce } : undefined;
  } catch {
    return undefined;
  }
};

type Waiter = Parameters<TaskTokens['open']>[1];

/** The tokens somebody waits for. */
export const createTaskTokens = (): TaskTokens & { find(token: string): Waiter | undefined } => {
  const waiters = new Map<string, Waiter>();
  return {
    open: (token, waiter) => {
      waiters.set(token, waiter);
      return () => waiters.delete(token);
    },
    find: (token) => waiters.get(token),
  };
};
