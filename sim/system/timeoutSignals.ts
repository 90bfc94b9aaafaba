/**
 * `AbortSignal.timeout` in virtual time. Most of these signals end long after what they were for, so
 * each looks at the clock when it is asked, and has a timer only while somebody listens.
 */
import type { Clock } from '../../local/clock.ts';

/** One for all: most of them are never read. */
const TIMED_OUT = new DOMException('The operation was aborted due to timeout', 'TimeoutError');

type Listening = Parameters<AbortSignal['addEventListener']>;
type Leaving = Parameters<AbortSignal['removeEventListener']>;

const getterOf = (name: 'aborted' | 'reason') =>
  Object.getOwnPropertyDescriptor(AbortSignal.prototype, name)?.get;
const [abortedOf, reasonOf] = [getterOf('aborted'), getterOf('reason')];

/** What is in the place of `timeout` and `any` of `AbortSignal`. */
export const timeoutSignals = (clock: Clock) => {
  const arms = new WeakMap<AbortSignal, () => void>();

  const timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    const { signal } = controller;
    const { addEventListener, removeEventListener, throwIfAborted } = signal;
    const dueMs = clock.monotonicMs() + ms;
    const listeners = new Set<unknown>();
    let cancel: (() => void) | undefined;
    let [isEnded, isJoined] = [false, false];
    const end = () => {
      isEnded = true;
      controller.abort(TIMED_OUT);
    };
    const arm = () => {
      cancel ??= clock.after(dueMs - clock.monotonicMs(), end);
    };
    const isOver = (): boolean => {
      if (!isEnded && clock.monotonicMs() >= dueMs) end();
      return abortedOf?.call(signal);
    };
    arms.set(signal, () => {
      isJoined = true;
      arm();
    });
    Object.defineProperties(signal, {
      aborted: { get: isOver },
      reason: { get: () => (isOver() ? reasonOf?.call(signal) : undefined) },
      throwIfAborted: { value: () => isOver() && throwIfAborted.call(signal) },
      addEventListener: {
        value: (...listening: Listening) => {
          listeners.add(listening[1]);
          if (!isOver()) arm();
          addEventListener.apply(signal, listening);
        },
      },
      removeEventListener: {
        value: (...leaving: Leaving) => {
          removeEventListener.apply(signal, leaving);
          listeners.delete(leaving[1]);
          if (listeners.size > 0 || isJoined) return;
          cancel?.();
          cancel = undefined;
        },
      },
    });
    return signal;
  };

  /** Who joins signals hears of them in a way of its own. */
  const { any } = AbortSignal;
  const joined = (signals: AbortSignal[]): AbortSignal => {
    for (const signal of signals) arms.get(signal)?.();
    return any.call(AbortSignal, signals);
  };

  return { timeout, any: joined };
};
