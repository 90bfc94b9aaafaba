/** A binary heap of things that fall due; those of the same due time leave in the order they came. */
export type DueHeap<T> = {
  push(dueMs: number, item: T): void;
  /** Due time of the first item; Infinity when empty. */
  nextMs(): number;
  /** The first item if it is due by `nowMs`. */
  popDue(nowMs: number): T | undefined;
  size(): number;
};

type Entry<T> = { readonly dueMs: number; readonly seq: number; readonly item: T };

const before = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.seq < b.seq);

export const createDueHeap = <T>(): DueHeap<T> => {
  const entries: Entry<T>[] = [];
  let seq = 0;

  const swapIfBefore = (child: number, parent: number): boolean => {
    const [a, b] = [entries[child], entries[parent]];
    if (a === undefined || b === undefined || !before(a, b)) return false;
    entries[child] = b;
    entries[parent] = a;
    return true;
  };

  const rise = (start: number): void => {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!swapIfBefore(at, parent)) return;
      at = parent;
    }
  };

  const sink = (): void => {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [l, r] = [entries[left], entries[left + 1]];
      if (l === undefined) return;
      const child = r !== undefined && before(r, l) ? left + 1 : left;
      if (!swapIfBefore(child, at)) return;
      at = child;
    }
  };

  return {
    push(dueMs, item) {
      entries.push({ dueMs, seq: seq++, item });
      rise(entries.length - 1);
    },
    nextMs: () => entries[0]?.dueMs ?? Number.POSITIVE_INFINITY,
    popDue(nowMs) {
      const first = entries[0];
      if (first === undefined || first.dueMs > nowMs) return undefined;
      const last = entries.pop();
      if (last !== undefined && last !== first) {
        entries[0] = last;
        sink();
      }
      return first.item;
    },
    size: () => entries.length,
  };
};
