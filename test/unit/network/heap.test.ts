// Goal: the heap gives items back by due time, equal ones in the order they came.
// Method: against a stable sort of the same random items.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDueHeap } from '../../../local/network/heap.ts';

describe('the due heap', () => {
  it('orders as a stable sort does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (dues) => {
        const heap = createDueHeap<number>();
        for (const [i, due] of dues.entries()) heap.push(due, i);
        const left: number[] = [];
        for (let item = heap.popDue(20); item !== undefined; item = heap.popDue(20))
          left.push(item);
        const sorted = [...dues.keys()].sort((a, b) => (dues[a] ?? 0) - (dues[b] ?? 0) || a - b);
        expect(left).toEqual(sorted);
      }),
    );
  });

  it('keeps what is not due', () => {
    const heap = createDueHeap<string>();
    heap.push(5, 'late');
    heap.push(2, 'soon');
    expect(heap.nextMs()).toBe(2);
    expect(heap.popDue(4)).toBe('soon');
    expect(heap.popDue(4)).toBeUndefined();
    expect(heap.size()).toBe(1);
    expect(heap.popDue(5)).toBe('late');
    expect(heap.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
