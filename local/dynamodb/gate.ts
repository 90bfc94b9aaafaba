/** Lets many share, or one alone; first come, first served. */
export type Gate = {
  shared<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
};

export const createGate = (): Gate => {
  let lastAlone: Promise<unknown> = Promise.resolve();
  let sharing: Promise<unknown>[] = [];

  const quiet = (work: Promise<unknown>): Promise<void> =>
    work.then(
      () => undefined,
      () => undefined,
    );

  return {
    shared(work) {
      const running = lastAlone.then(work);
      const done = quiet(running);
      sharing.push(done);
      void done.then(() => {
        sharing = sharing.filter((other) => other !== done);
      });
      return running;
    },
    alone(work) {
      const before = Promise.all([lastAlone, ...sharing]);
      const running = before.then(work);
      lastAlone = quiet(running);
      return running;
    },
  };
};
