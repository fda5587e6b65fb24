import { expect, test } from 'vitest';
import { allocate, type Lifetime } from '../../src/accel/allocate.ts';
import { createRng } from '../../src/base/rng.ts';

/** Pairs that live at the same step and overlap, and how many live at the same step at all. */
function overlaps(lifetimes: readonly Lifetime[], bases: ReadonlyMap<string, number>) {
  let [together, overlapping] = [0, 0];
  for (const [i, one] of lifetimes.entries()) {
    for (const other of lifetimes.slice(i + 1)) {
      if (one.first > other.last || other.first > one.last) continue;
      together++;
      const [a, b] = [bases.get(one.name)!, bases.get(other.name)!];
      if (a < b + other.words && b < a + one.words) overlapping++;
    }
  }
  return { together, overlapping };
}

const random = (seed: number): readonly Lifetime[] => {
  const rng = createRng(seed);
  return Array.from({ length: 20 }, (_, i) => {
    const first = rng.nextInt(0, 15);
    return { name: `t${i}`, words: rng.nextInt(1, 50), first, last: first + rng.nextInt(0, 5) };
  });
};

test('tensors that live at the same step do not overlap', () => {
  let compared = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const lifetimes = random(seed);
    const { bases, used } = allocate(lifetimes);
    const { together, overlapping } = overlaps(lifetimes, bases);
    expect(overlapping).toBe(0);
    compared += together;
    const ends = lifetimes.map(({ name, words }) => bases.get(name)! + words);
    expect(used).toBe(Math.max(...ends));
    const busiest = Array.from({ length: 21 }, (_, step) =>
      lifetimes
        .filter(({ first, last }) => first <= step && step <= last)
        .reduce((n, { words }) => n + words, 0),
    );
    expect(used).toBeGreaterThanOrEqual(Math.max(...busiest));
    expect(used).toBeLessThan(1.6 * Math.max(...busiest));
  }
  expect(compared).toBeGreaterThan(1000);
});

test('sabotage: a tensor that lives one step longer than said overlaps', () => {
  const lifetimes = random(1);
  const { bases } = allocate(lifetimes);
  const longer = lifetimes.map((one) => ({ ...one, last: one.last + 1 }));
  expect(overlaps(longer, bases).overlapping).toBeGreaterThan(0);
});
