/** At most `limit` of the items, spread evenly in steps that no row or column of an array repeats in. */
export function sampleInstances<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items;
  const chosen = new Set<number>();
  for (let k = 0; chosen.size < limit; k++) {
    chosen.add(Math.floor((((k + 0.5) * GOLDEN) % 1) * items.length));
  }
  return [...chosen].sort((one, other) => one - other).map((index) => items[index]!);
}

/** The golden ratio's fraction: multiples of it fill 0 … 1 most evenly. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
