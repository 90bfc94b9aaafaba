// Goal: nobody who waited on the machine's clock is woken before what he waited for is due.
import { expect, it } from 'vitest';
import { realClock, sleep } from '../../local/clock.ts';

it('wakes nobody early, whatever the fraction of a millisecond it began at', async () => {
  const early = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      await sleep(realClock, n / 7);
      const dueMs = realClock.now() + 20;
      await sleep(realClock, 20);
      return realClock.now() < dueMs;
    }),
  );
  expect(early).not.toContain(true);
});
