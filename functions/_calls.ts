/** Every call that a step makes to the outside, as raw evidence. */
import type { Clock } from './_entry.ts';

export type Call = {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly requestId: string | null;
  readonly result: string;
};

type What = Pick<Call, 'service' | 'operation' | 'region' | 'attempt'>;
type Told = Pick<Call, 'requestId' | 'result'>;

export const openCalls = (clock: Pick<Clock, 'now' | 'monotonicMs'>) => {
  const made: Call[] = [];

  /** Makes one call, and notes what `told` says of its answer, or the error it ended with. */
  const timed = async <T>(
    what: What,
    call: () => Promise<T>,
    told: (answer: T) => Told,
  ): Promise<T> => {
    const startedAtMs = clock.now();
    const from = clock.monotonicMs();
    const note = (outcome: Told) =>
      void made.push({
        ...what,
        startedAtMs,
        tookMs: Math.round((clock.monotonicMs() - from) * 10) / 10,
        ...outcome,
      });
    try {
      const answer = await call();
      note(told(answer));
      return answer;
    } catch (error) {
      const result = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      note({ requestId: null, result: result.slice(0, 500) });
      throw error;
    }
  };

  return { made: made as readonly Call[], timed };
};

export type Calls = ReturnType<typeof openCalls>;
