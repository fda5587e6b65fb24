import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { createEventQueue } from '../../src/power/event-queue.ts';

const DRIVERS = 200;

describe('the event queue', () => {
  // Longest delays of 1 fs, within one bucket of 1024 fs, at its edge, over several words of buckets.
  it.each([1, 700, 1023, 1024, 33_000, 250_000])(
    'gives the order of a sorted list, delays to %d fs',
    (max) => {
      const rng = createRng(max);
      const queue = createEventQueue(DRIVERS, max);
      const pending = new Map<number, number>();
      const due = new Int32Array(DRIVERS);
      let now = 0;
      let popped = 0;
      let removed = 0;
      for (let step = 0; step < 20_000; step++) {
        const driver = rng.nextInt(0, DRIVERS - 1);
        if (pending.has(driver)) {
          if (rng.nextInt(0, 3) === 0) {
            queue.remove(driver);
            pending.delete(driver);
            removed++;
          }
        } else {
          const time = now + rng.nextInt(1, max);
          queue.insert(driver, time);
          pending.set(driver, time);
        }
        if (rng.nextInt(0, 4) > 0) continue;
        const count = queue.popEarliest(due);
        const earliest = Math.min(...pending.values());
        const want = [...pending].filter(([, time]) => time === earliest).map(([first]) => first);
        expect([...due.subarray(0, count)].sort(compare)).toEqual(want.sort(compare));
        if (count === 0) continue;
        expect(queue.nowFs()).toBe(earliest);
        now = earliest;
        for (const first of want) pending.delete(first);
        popped += count;
      }
      expect(popped).toBeGreaterThan(2000);
      expect(removed).toBeGreaterThan(50);
    },
  );

  it('begins again at 0', () => {
    const queue = createEventQueue(2, 50_000);
    const due = new Int32Array(2);
    queue.insert(0, 40_000);
    expect([queue.popEarliest(due), queue.nowFs(), queue.popEarliest(due)]).toEqual([1, 40_000, 0]);
    queue.restart();
    queue.insert(1, 7);
    expect([queue.popEarliest(due), due[0], queue.nowFs()]).toEqual([1, 1, 7]);
  });
});

function compare(left: number, right: number): number {
  return left - right;
}
