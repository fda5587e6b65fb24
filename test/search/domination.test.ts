import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../src/base/rng.ts';
import { BOUNDARY, crowdingDistances } from '../../src/search/crowding.ts';
import { constraintDominates, dominates, nonDominated, sortFronts } from '../../src/search/domination.ts';
import { isPreferred, selectBest } from '../../src/search/nsga2.ts';
import type { Evaluated } from '../../src/search/problem.ts';

const at = (objectives: readonly number[], violation = 0, genome: readonly number[] = []): Evaluated => ({
  genome,
  objectives,
  violation,
});

test('dominates: nowhere worse, somewhere better', () => {
  expect(dominates([1, 2], [1, 3])).toBe(true);
  expect(dominates([1, 3], [1, 2])).toBe(false);
  expect(dominates([1, 2], [1, 2])).toBe(false);
  expect(dominates([1, 2], [2, 1])).toBe(false);
  expect(dominates([1, 2, 3], [1, 2, 4])).toBe(true);
});

test('constraint domination: the whole truth table of definition 1', () => {
  // [violation of a, violation of b, a dominates b in objectives, expected]
  const table = [
    [0, 0, true, true],
    [0, 0, false, false],
    [0, 1, true, true],
    [0, 1, false, true],
    [1, 0, true, false],
    [1, 0, false, false],
    [1, 2, true, true],
    [1, 2, false, true],
    [2, 1, true, false],
    [2, 1, false, false],
    [1, 1, true, false],
    [1, 1, false, false],
  ] as const;
  for (const [violationA, violationB, better, expected] of table) {
    const [a, b] = [at(better ? [1, 1] : [3, 1], violationA), at([2, 2], violationB)];
    expect([violationA, violationB, better, constraintDominates(a, b)]).toEqual([
      violationA,
      violationB,
      better,
      expected,
    ]);
  }
  expect(table).toHaveLength(12);
});

/** Points on a coarse grid: many ties and duplicates; a third of them infeasible. */
function drawMembers(rng: Rng, count: number, objectives: number): readonly Evaluated[] {
  return Array.from({ length: count }, () => {
    const values = Array.from({ length: objectives }, () => rng.nextInt(0, 7));
    return at(values, Math.max(0, rng.nextInt(-3, 2)), values);
  });
}

/** Peels front after front, straight from the definition. */
function peel(members: readonly Evaluated[]): readonly (readonly number[])[] {
  let left = members.map((_, i) => i);
  const fronts: number[][] = [];
  while (left.length > 0) {
    const front = left.filter((i) => !left.some((j) => constraintDominates(members[j]!, members[i]!)));
    fronts.push(front);
    left = left.filter((i) => !front.includes(i));
  }
  return fronts;
}

/** Members whose front differs between the sort under test and brute force, of how many. */
function compareSorts(beats: typeof constraintDominates) {
  const rng = createRng(5);
  let compared = 0;
  let duplicates = 0;
  let different = 0;
  for (const objectives of [2, 3]) {
    for (const count of [1, 2, 10, 60, 100]) {
      for (let run = 0; run < 4; run++) {
        const members = drawMembers(rng, count, objectives);
        const rankOf = (fronts: readonly (readonly number[])[]): readonly number[] =>
          members.map((_, i) => fronts.findIndex((front) => front.includes(i)));
        const [own, brute] = [rankOf(sortFronts(members, beats)), rankOf(peel(members))];
        compared += members.length;
        different += own.filter((rank, i) => rank !== brute[i]).length;
        duplicates += members.length - new Set(members.map((m) => m.objectives.join())).size;
      }
    }
  }
  return { compared, duplicates, different };
}

describe('fast non-dominated sort', () => {
  test('ranks as brute force does, with ties, duplicates and infeasible members', () => {
    const { compared, duplicates, different } = compareSorts(constraintDominates);
    expect(different).toBe(0);
    expect(compared).toBe(2 * 4 * 173);
    expect(duplicates).toBeGreaterThan(200);
  });

  test('sabotage: a comparison that forgets ties or constraints is noticed', () => {
    const strict = (a: Evaluated, b: Evaluated): boolean =>
      a.violation < b.violation ||
      (a.violation === 0 && b.violation === 0 && a.objectives.every((value, m) => value < b.objectives[m]!));
    const unconstrained = (a: Evaluated, b: Evaluated): boolean => dominates(a.objectives, b.objectives);
    expect(compareSorts(strict).different).toBeGreaterThan(100);
    expect(compareSorts(unconstrained).different).toBeGreaterThan(100);
  });

  test('nothing has no fronts', () => expect(sortFronts([])).toEqual([]));
});

test('nonDominated is the feasible first front, each genome once', () => {
  const rng = createRng(8);
  let compared = 0;
  for (let run = 0; run < 20; run++) {
    const members = drawMembers(rng, 60, 3);
    const first = peel(members)[0]!.map((i) => members[i]!);
    const keys = new Set(first.filter((m) => m.violation === 0).map((m) => m.genome.join()));
    expect(
      nonDominated(members)
        .map((m) => m.genome.join())
        .sort(),
    ).toEqual([...keys].sort());
    compared += keys.size;
  }
  expect(compared).toBeGreaterThan(100);
  expect(nonDominated([at([1, 1], 0.5)])).toEqual([]);
});

describe('crowding distance', () => {
  test('by hand', () => {
    // f1 runs over 0 … 10, f2 over 0 … 20: (2, 12) lies between (0, 20) and (5, 4): 5/10 + 16/20.
    const points = [
      [0, 20],
      [5, 4],
      [10, 0],
      [2, 12],
    ];
    expect(crowdingDistances(points)).toEqual([BOUNDARY, 8 / 10 + 12 / 20, BOUNDARY, 5 / 10 + 16 / 20]);
  });

  test('one, two and equal points; an objective without range', () => {
    expect(crowdingDistances([])).toEqual([]);
    expect(crowdingDistances([[1, 2]])).toEqual([BOUNDARY]);
    expect(crowdingDistances(Array(3).fill([1, 2]))).toEqual([BOUNDARY, 0, BOUNDARY]);
    const flat = [
      [0, 7],
      [1, 7],
      [4, 7],
    ];
    expect(crowdingDistances(flat)).toEqual([BOUNDARY, 1, BOUNDARY]);
  });
});

test('crowded comparison: rank first, then distance', () => {
  expect(isPreferred({ rank: 0, crowding: 0 }, { rank: 1, crowding: BOUNDARY })).toBe(true);
  expect(isPreferred({ rank: 1, crowding: 2 }, { rank: 1, crowding: 1 })).toBe(true);
  expect(isPreferred({ rank: 1, crowding: 1 }, { rank: 1, crowding: 1 })).toBe(false);
  expect(isPreferred({ rank: 2, crowding: 9 }, { rank: 1, crowding: 1 })).toBe(false);
});

test('selection fills front by front and thins the last one where it is crowded', () => {
  const members = [at([5, 5]), at([0, 4]), at([1, 2.9]), at([1.1, 2.8]), at([4, 0]), at([9, 9], 1)];
  const best = selectBest(members, 3);
  // Distances in the first front: ends, 1.1/4 + 1.2/4 for (1, 2.9) and 3/4 + 2.9/4 for (1.1, 2.8).
  expect(best.map(({ objectives }) => objectives)).toEqual([
    [0, 4],
    [4, 0],
    [1.1, 2.8],
  ]);
  expect(selectBest(members, 6).map(({ rank }) => rank)).toEqual([0, 0, 0, 0, 1, 2]);
});
