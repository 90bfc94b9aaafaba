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

/** When a signal ends, and who waits for that. */
class Deadline {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #dueMs: number;
  readonly #listeners = new Set<unknown>();
  #cancel: (() => void) | undefined;
  #isJoined = false;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#dueMs = clock.monotonicMs() + ms;
  }
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  isOver(): boolean {
    const { signal } = this;
    const isEnded: boolean = abortedOf?.call(signal);
    if (isEnded || this.#clock.monotonicMs() < this.#dueMs) return isEnded;
    this.#controller.abort(TIMED_OUT);
    return abortedOf?.call(signal);
  }
  listened(listener: unknown): void {
    this.#listeners.add(listener);
    if (!this.isOver()) this.#arm();
  }
  left(listener: unknown): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0 || this.#isJoined) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }
  joined(): void {
    this.#isJoined = true;
    this.#arm();
  }
  #arm(): void {
    this.#cancel ??= this.#clock.after(this.#dueMs - this.#clock.monotonicMs(), () =>
      this.#controller.abort(TIMED_OUT),
    );
  }
}

const DEADLINE = Symbol('deadline');
type Timed = AbortSignal & { readonly [DEADLINE]: Deadline };

const { addEventListener, removeEventListener, throwIfAborted } = AbortSignal.prototype;

/** What signals with a deadline have in the place of what others have. */
const TIMED = Object.create(AbortSignal.prototype, {
  aborted: {
    get(this: Timed) {
      return this[DEADLINE].isOver();
    },
  },
  reason: {
    get(this: Timed) {
      return this[DEADLINE].isOver() ? reasonOf?.call(this) : undefined;
    },
  },
  throwIfAborted: {
    value(this: Timed) {
      if (this[DEADLINE].isOver()) throwIfAborted.call(this);
    },
  },
  addEventListener: {
    value(this: Timed, ...listening: Listening) {
      this[DEADLINE].listened(listening[1]);
      addEventListener.apply(this, listening);
    },
  },
  removeEventListener: {
    value(this: Timed, ...leaving: Leaving) {
      removeEventListener.apply(this, leaving);
      this[DEADLINE].left(leaving[1]);
    },
  },
});

/** What is in the place of `timeout` and `any` of `AbortSignal`. */
export const timeoutSignals = (clock: Clock) => {
  const timeout = (ms: number): AbortSignal => {
    const deadline = new Deadline(clock, ms);
    return Object.setPrototypeOf(Object.assign(deadline.signal, { [DEADLINE]: deadline }), TIMED);
  };

  /** Who joins signals hears of them in a way of its own. */
  const { any } = AbortSignal;
  const joined = (signals: AbortSignal[]): AbortSignal => {
    for (const signal of signals) if (DEADLINE in signal) (signal as Timed)[DEADLINE].joined();
    return any.call(AbortSignal, signals);
  };

  return { timeout, any: joined };
};
