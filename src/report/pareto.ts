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
  const beaten = (p: T): boolean =>
    points.some(
      (q) => q.energyPj <= p.energyPj && q.merit >= p.merit && (q.energyPj < p.energyPj || q.merit > p.merit),
    );
  return points.filter((p) => !beaten(p)).sort((p, q) => p.energyPj - q.energyPj || p.merit - q.merit);
}
