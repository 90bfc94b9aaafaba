/** What was opened is closed in the opposite order, also when a later part could not be opened. */
export type Closing = {
  <T extends { close(): Promise<void> | void }>(part: T): T;
  /** Something to do at the end that no part does by itself. */
  also(end: () => Promise<void> | void): void;
  /** Closes everything; the first failure is thrown once all has been tried. */
  closeAll(): Promise<void>;
};

export const openClosing = (): Closing => {
  const ends: (() => Promise<void> | void)[] = [];
  const keep = <T extends { close(): Promise<void> | void }>(part: T): T => {
    ends.push(() => part.close());
    return part;
  };
  return Object.assign(keep, {
    also: (end: () => Promise<void> | void) => void ends.push(end),
    closeAll: async () => {
      const failures: unknown[] = [];
      for (const end of ends.splice(0).reverse()) {
        try {
          await end();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  });
};
