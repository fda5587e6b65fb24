import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { findUndominated, paretoFront } from '../../src/report/pareto.ts';
import { changeScale, errorScale, linearScale } from '../../src/report/scale.ts';

describe('paretoFront', () => {
  it('keeps what nothing beats, equal points included', () => {
    const point = (energyPj: number, merit: number) => ({ energyPj, merit });
    const points = [
      point(3, 9),
      point(1, 2),
      point(2, 2),
      point(2, 5),
      point(2, 5),
      point(4, 9),
      point(3, 4),
    ];
    expect(paretoFront(points)).toEqual([point(1, 2), point(2, 5), point(2, 5), point(3, 9)]);
  });
});

describe('findUndominated', () => {
  it('equals the definition on random points with ties, in one to four objectives', () => {
    const rng = createRng(7);
    let compared = 0;
    for (let objectives = 1; objectives <= 4; objectives++) {
      for (let round = 0; round < 40; round++) {
        const points = Array.from({ length: 30 }, () =>
          Array.from({ length: objectives }, () => rng.nextInt(0, 6)),
        );
        const dominated = (p: readonly number[]): boolean =>
          points.some((q) => q.every((value, i) => value <= p[i]!) && q.some((value, i) => value < p[i]!));
        const front = findUndominated(points, (point) => point);
        expect(front).toEqual(points.filter((point) => !dominated(point)));
        compared += points.length;
      }
    }
    expect(compared).toBe(4 * 40 * 30);
  });

  it('has all points where they trade everything, and none of nothing', () => {
    const line = Array.from({ length: 20 }, (_, i) => [i, -i, 0]);
    expect(findUndominated(line, (point) => point)).toEqual(line);
    expect(findUndominated([], (point: readonly number[]) => point)).toEqual([]);
  });
});

describe('scales', () => {
  it('rise strictly within 0 … 1 and label only what they show', () => {
    const values = [-71, -24, -10, -1.9, -0.6, -0.5, -0.1, 0, 0.3];
    const errors = [0, 0.009, 0.02, 0.1, 1.6, 2];
    const cases = [
      { scale: changeScale(values), values },
      { scale: changeScale([-1, 0, 0.4]), values: [-1, 0, 0.4] },
      { scale: linearScale([0.04, 0.3, 0.6]), values: [0.04, 0.3, 0.6] },
      { scale: linearScale([2]), values: [2] },
      { scale: errorScale(errors), values: errors },
    ];
    let compared = 0;
    for (const { scale, values: own } of cases) {
      const at = own.map(scale.position);
      expect(at).toEqual([...at].sort((x, y) => x - y));
      expect(new Set(at).size).toBe(own.length);
      for (const position of [...at, ...scale.ticks.map((tick) => scale.position(tick.value))]) {
        expect(position).toBeGreaterThanOrEqual(0);
        expect(position).toBeLessThanOrEqual(1);
        compared++;
      }
      expect(new Set(scale.ticks.map((tick) => tick.label)).size).toBe(scale.ticks.length);
    }
    expect(compared).toBeGreaterThan(50);
  });
});
