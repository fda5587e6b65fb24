import { badInput } from '../base/errors.ts';

/**
 * Exact hypervolume: area (2 objectives) or volume (3) of what the points dominate, up to the reference point; all
 * objectives minimised. A point that is not better than the reference in every objective adds nothing. 0 without points.
 * Two objectives by one sweep, three by slices along the third: O(n log n) and O(n² log n).
 * Source: E. Zitzler, L. Thiele, "Multiobjective evolutionary algorithms: a comparative case study and the strength
 * Pareto approach", IEEE TEC 3(4), 1999.
 * @throws bad-input for another number of objectives, or points of another length than the reference
 */
export function hypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  if (reference.length !== 2 && reference.length !== 3) {
    throw badInput(
      { where: 'reference point', wanted: '2 or 3 objectives', found: String(reference.length) },
      'Leave out objectives until 3 are left.',
    );
  }
  const wrong = points.findIndex((point) => point.length !== reference.length);
  if (wrong >= 0) {
    throw badInput(
      {
        where: `point ${wrong}`,
        wanted: `${reference.length} objectives, as the reference point has`,
        found: String(points[wrong]!.length),
      },
      'Points and reference point must come from the same problem.',
    );
  }
  const counted = points.filter((point) => point.every((value, m) => value < reference[m]!));
  return reference.length === 2 ? area(counted, reference) : volume(counted, reference);
}

/** From left to right: each point that is lower than all before it adds the rectangle up to the lowest so far. */
function area(points: readonly (readonly number[])[], [xEnd, yEnd]: readonly number[]): number {
  let total = 0;
  let lowest = yEnd!;
  for (const [x, y] of [...points].sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)) {
    if (y! >= lowest) continue;
    total += (xEnd! - x!) * (lowest - y!);
    lowest = y!;
  }
  return total;
}

/** Between two neighbouring values of the third objective the cross-section is that of all points below. */
function volume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const rising = [...points].sort((a, b) => a[2]! - b[2]!);
  return rising.reduce((total, [, , z], i) => {
    const next = rising[i + 1]?.[2] ?? reference[2]!;
    return next === z ? total : total + (next - z!) * area(rising.slice(0, i + 1), reference);
  }, 0);
}
