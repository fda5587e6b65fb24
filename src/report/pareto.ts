/** A point that wants little energy and much of the other quantity. */
export interface TradeOff {
  readonly energyPj: number;
  /** Higher is better; negate an error. */
  readonly merit: number;
}

/**
 * The points that no other point beats: none needs at most the energy for at least the merit and is better in one
 * of the two. By rising energy; equal points are all kept.
 */
export function paretoFront<T extends TradeOff>(points: readonly T[]): readonly T[] {
  return findUndominated(points, ({ energyPj, merit }) => [energyPj, -merit]).toSorted(
    (p, q) => p.energyPj - q.energyPj || p.merit - q.merit,
  );
}

/**
 * The points that no other point dominates: none is at most as large in every objective and smaller in one. In the
 * order given; equal points are all kept.
 * @param objectives of a point, as many for each, all of them the better the smaller
 */
export function findUndominated<T>(
  points: readonly T[],
  objectives: (point: T) => readonly number[],
): readonly T[] {
  const entries = points.map((point, index) => ({ point, index, values: objectives(point) }));
  // In lexicographic order nothing is dominated by what comes after it.
  const sorted = entries.toSorted((p, q) => compareLexically(p.values, q.values));
  const front: typeof entries = [];
  for (const entry of sorted) {
    if (!front.some((kept) => dominates(kept.values, entry.values))) front.push(entry);
  }
  return front.toSorted((p, q) => p.index - q.index).map(({ point }) => point);
}

/** True when `p` is at most as large in every objective and smaller in one. */
export function dominates(p: readonly number[], q: readonly number[]): boolean {
  return p.every((value, index) => value <= q[index]!) && p.some((value, index) => value < q[index]!);
}

function compareLexically(p: readonly number[], q: readonly number[]): number {
  const at = p.findIndex((value, index) => value !== q[index]);
  return at < 0 ? 0 : p[at]! - q[at]!;
}
