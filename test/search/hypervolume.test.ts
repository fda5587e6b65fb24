import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { hypervolume } from '../../src/search/hypervolume.ts';

test('two objectives by hand', () => {
  expect(hypervolume([], [4, 4])).toBe(0);
  expect(hypervolume([[1, 2]], [4, 4])).toBe(6);
  const stairs = [
    [3, 1],
    [1, 3],
    [2, 2],
  ];
  // Columns of width 1 and height 1, 2, 3.
  expect(hypervolume(stairs, [4, 4])).toBe(6);
  // Dominated, twice the same, on the border and outside: nothing more.
  const idle = [
    [3, 3],
    [2, 2],
    [4, 0],
    [0, 4],
    [9, 0],
  ];
  expect(hypervolume([...stairs, ...idle], [4, 4])).toBe(6);
});

test('three objectives by hand', () => {
  expect(hypervolume([[1, 2, 3]], [4, 4, 4])).toBe(3 * 2 * 1);
  const corners = [
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ];
  // Of 2×2×2 unit cubes: the far one and, seen from each corner point, one more.
  expect(hypervolume(corners, [2, 2, 2])).toBe(4);
  expect(hypervolume([...corners, [1, 1, 1], [0, 1, 1], [0, 0, 2]], [2, 2, 2])).toBe(4);
  expect(hypervolume([[-1, -1, -1], ...corners], [2, 2, 2])).toBe(27);
});

/** Unit cells of the grid that some point dominates. */
function countCells(points: readonly (readonly number[])[], reference: readonly number[]): number {
  let cells = 0;
  const visit = (cell: readonly number[]): void => {
    if (cell.length < reference.length) {
      for (let i = 0; i < reference[cell.length]!; i++) visit([...cell, i]);
    } else if (points.some((point) => point.every((value, m) => value <= cell[m]!))) cells++;
  };
  visit([]);
  return cells;
}

test.each([2, 3])('%i objectives: as many unit cells as counted one by one', (objectives) => {
  const rng = createRng(objectives);
  let compared = 0;
  for (let run = 0; run < 40; run++, compared++) {
    const reference = Array.from({ length: objectives }, () => rng.nextInt(4, 8));
    const points = Array.from({ length: rng.nextInt(1, 12) }, () =>
      Array.from({ length: objectives }, () => rng.nextInt(0, 8)),
    );
    expect(hypervolume(points, reference)).toBe(countCells(points, reference));
    const moved = reference.with(0, reference[0]! + 1);
    expect(hypervolume(points, moved)).toBe(countCells(points, moved));
  }
  expect(compared).toBe(40);
});

describe('bad input', () => {
  test('another number of objectives', () => {
    expect(() => hypervolume([], [1])).toThrow('reference point: wanted 2 or 3 objectives, found 1');
    expect(() => hypervolume([], [1, 1, 1, 1])).toThrow('wanted 2 or 3 objectives, found 4');
  });
  test('points of another length', () => {
    expect(() => hypervolume([[0, 0], [0]], [1, 1])).toThrow(
      'point 1: wanted 2 objectives, as the reference point has, found 1',
    );
  });
});
