/** Looking at an account changes nothing, so it can be given up at any moment. */
import { DrillError } from '../../core/errors.ts';

const interrupted = (): DrillError =>
  new DrillError('Interrupted', 'interrupted: nothing was changed');

/** What a look finds. @throws DrillError `Interrupted` at once, whatever answers it still waits for. */
export const unlessGivenUp = async <T>(look: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  if (signal.aborted) throw interrupted();
  const given = Promise.withResolvers<never>();
  const giveUp = (): void => given.reject(interrupted());
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([look(), given.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
};
