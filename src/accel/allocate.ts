/** How long a tensor takes its words: from the first step to the last, both included. */
export interface Lifetime {
  readonly name: string;
  readonly words: number;
  readonly first: number;
  readonly last: number;
}

export interface Allocation {
  /** First word of each tensor. */
  readonly bases: ReadonlyMap<string, number>;
  /** Words of the memory that this takes. */
  readonly used: number;
}

/**
 * Places tensors so that no two that live at the same step overlap: each gets the lowest free place, in the order of
 * their first step or, where that needs less, the largest first.
 */
export function allocate(lifetimes: readonly Lifetime[]): Allocation {
  const bySteps = [...lifetimes].sort((a, b) => a.first - b.first);
  const bySize = [...lifetimes].sort((a, b) => b.words - a.words);
  const [one, two] = [firstFit(bySteps), firstFit(bySize)];
  return two.used < one.used ? two : one;
}

function firstFit(order: readonly Lifetime[]): Allocation {
  const placed: (Lifetime & { readonly base: number })[] = [];
  for (const one of order) {
    const others = placed
      .filter((other) => other.first <= one.last && one.first <= other.last)
      .sort((a, b) => a.base - b.base);
    let base = 0;
    for (const other of others) {
      if (base + one.words <= other.base) break;
      base = Math.max(base, other.base + other.words);
    }
    placed.push({ ...one, base });
  }
  return {
    bases: new Map(placed.map(({ name, base }) => [name, base])),
    used: Math.max(0, ...placed.map(({ base, words }) => base + words)),
  };
}
