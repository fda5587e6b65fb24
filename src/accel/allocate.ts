import { badInput } from '../base/errors.ts';

/** How long a tensor takes its words: from the first step to the last, both included. */
export interface Lifetime {
  readonly name: string;
  readonly words: number;
  readonly first: number;
  readonly last: number;
}

/**
 * First word of each tensor, so that no two that live at the same step overlap: each gets the lowest free place, in
 * the order of their first step or, where that needs less, the largest first.
 * @param available words of the memory
 * @throws bad-input when they do not fit, with the smallest memory that this allocation needs
 */
export function allocate(
  lifetimes: readonly Lifetime[],
  available: number,
): { readonly bases: ReadonlyMap<string, number>; readonly used: number } {
  const bySteps = [...lifetimes].sort((a, b) => a.first - b.first);
  const bySize = [...lifetimes].sort((a, b) => b.words - a.words);
  const [one, two] = [firstFit(bySteps), firstFit(bySize)];
  const best = two.used < one.used ? two : one;
  if (best.used <= available) return best;
  throw badInput(
    { where: 'activation memory', wanted: `at least ${best.used} words`, found: `${available}` },
    `The maps of the network need activationWords ${best.used} (--activation-words).`,
  );
}

function firstFit(order: readonly Lifetime[]) {
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
