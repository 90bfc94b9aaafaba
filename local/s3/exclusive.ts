/** Runs work on one name after the other; work on different names runs side by side. */
export const createExclusive = () => {
  const tails = new Map<string, Promise<unknown>>();
  return <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(name) ?? Promise.resolve();
    const running = before.then(work, work);
    const end = (): void => {
      if (tails.get(name) === tail) tails.delete(name);
    };
    const tail: Promise<void> = running.then(end, end);
    tails.set(name, tail);
    return running;
  };
};
