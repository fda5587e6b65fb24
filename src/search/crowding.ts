/** Crowding distance of the ends of a front: infinity of the paper, as a number that JSON can hold. */
export const BOUNDARY: number = Number.MAX_VALUE;

/**
 * Crowding distance of each point of one front: the sum over the objectives of the gap between its two neighbours, as a
 * share of the front's range. The least and the greatest of each objective get BOUNDARY, others 0 … number of
 * objectives. Equal values keep the order of the points; an objective without range adds nothing.
 * Source: Deb et al. 2002, section III-B.
 */
export function crowdingDistances(points: readonly (readonly number[])[]): readonly number[] {
  const distances = new Array<number>(points.length).fill(0);
  const objectives = points[0]?.length ?? 0;
  for (let m = 0; m < objectives; m++) {
    const value = (i: number): number => points[i]![m]!;
    const order = points.map((_, i) => i).sort((a, b) => value(a) - value(b));
    const [first, last] = [order[0]!, order.at(-1)!];
    distances[first] = BOUNDARY;
    distances[last] = BOUNDARY;
    const range = value(last) - value(first);
    if (range === 0) continue;
    for (let k = 1; k < order.length - 1; k++) {
      const i = order[k]!;
      if (distances[i] !== BOUNDARY) distances[i]! += (value(order[k + 1]!) - value(order[k - 1]!)) / range;
    }
  }
  return distances;
}
