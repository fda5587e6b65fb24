import { badInput, show } from '../base/errors.ts';
import type { Rng } from '../base/rng.ts';
import type { GenomeSpace } from './problem.ts';

/** Least and greatest value of a gene. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** How near to their parents children are; larger is nearer. */
export interface RealOperators {
  /** Distribution index of simulated binary crossover (default 20). */
  readonly crossoverIndex?: number;
  /** Distribution index of polynomial mutation (default 20). */
  readonly mutationIndex?: number;
}

/**
 * Genomes of real numbers within bounds, with simulated binary crossover (each gene with probability ½) and polynomial
 * mutation, both in the form that respects bounds.
 * Source: K. Deb, R. B. Agrawal, "Simulated binary crossover for continuous search space", Complex Systems 9, 1995;
 * K. Deb, "Multi-objective optimization using evolutionary algorithms", Wiley 2001; indices 20 as in Deb et al. 2002.
 * @throws bad-input without genes, or for bounds or indices that make no sense
 */
export function realSpace(bounds: readonly Bounds[], operators: RealOperators = {}): GenomeSpace {
  const { crossoverIndex = 20, mutationIndex = 20 } = operators;
  const faults = bounds.flatMap(({ lower, upper }, gene) =>
    Number.isFinite(lower) && Number.isFinite(upper) && lower < upper
      ? []
      : [{ where: `bounds[${gene}]`, wanted: 'finite lower < upper', found: `${lower} … ${upper}` }],
  );
  if (bounds.length === 0) {
    faults.push({ where: 'bounds', wanted: 'at least one gene', found: 'an empty genome' });
  }
  for (const [name, index] of Object.entries({ crossoverIndex, mutationIndex })) {
    if (!(index >= 0 && Number.isFinite(index))) {
      faults.push({ where: name, wanted: 'a number ≥ 0', found: String(index) });
    }
  }
  if (faults.length > 0) throw badInput(faults, 'Give the range of each gene.');

  return {
    identity: { genes: 'real', bounds, crossoverIndex, mutationIndex },
    genes: bounds.length,
    discrete: false,
    draw: (rng) => bounds.map(({ lower, upper }) => lower + rng.nextFloat() * (upper - lower)),
    cross: (a, b, rng) => {
      const pairs = bounds.map((bound, i) =>
        rng.nextFloat() < 0.5
          ? crossGene(a[i]!, b[i]!, bound, crossoverIndex, rng)
          : ([a[i]!, b[i]!] as const),
      );
      return [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
    },
    mutate: (genome, probability, rng) =>
      genome.map((value, i) =>
        rng.nextFloat() < probability ? mutateGene(value, bounds[i]!, mutationIndex, rng) : value,
      ),
    faultOf: (genome) => {
      if (genome.length !== bounds.length) {
        return { wanted: `${bounds.length} genes`, found: `${genome.length} genes` };
      }
      const wrong = genome.findIndex((v, i) => !(v >= bounds[i]!.lower && v <= bounds[i]!.upper));
      return wrong < 0
        ? undefined
        : {
            wanted: `gene ${wrong} in ${bounds[wrong]!.lower} … ${bounds[wrong]!.upper}`,
            found: show(genome[wrong]),
          };
    },
  };
}

/** Genes nearer than this are equal: the spread factor has no meaning. */
const EQUAL = 1e-14;

function crossGene(a: number, b: number, bound: Bounds, index: number, rng: Rng): readonly [number, number] {
  if (Math.abs(a - b) <= EQUAL) return [a, b];
  const [low, high] = a < b ? [a, b] : [b, a];
  const u = rng.nextFloat();
  /** Spread factor whose distribution ends at the bound that is `room` away. */
  const spread = (room: number): number => {
    const alpha = 2 - (1 + (2 * room) / (high - low)) ** -(index + 1);
    return (u <= 1 / alpha ? u * alpha : 1 / (2 - u * alpha)) ** (1 / (index + 1));
  };
  const lower = clamp(0.5 * (low + high - spread(low - bound.lower) * (high - low)), bound);
  const upper = clamp(0.5 * (low + high + spread(bound.upper - high) * (high - low)), bound);
  return rng.nextFloat() < 0.5 ? [upper, lower] : [lower, upper];
}

function mutateGene(value: number, bound: Bounds, index: number, rng: Rng): number {
  const range = bound.upper - bound.lower;
  const u = rng.nextFloat();
  const power = index + 1;
  const step =
    u < 0.5
      ? (2 * u + (1 - 2 * u) * (1 - (value - bound.lower) / range) ** power) ** (1 / power) - 1
      : 1 - (2 * (1 - u) + 2 * (u - 0.5) * (1 - (bound.upper - value) / range) ** power) ** (1 / power);
  return clamp(value + step * range, bound);
}

/** Into the bounds; + 0 because JSON has no −0. */
function clamp(value: number, { lower, upper }: Bounds): number {
  return Math.min(upper, Math.max(lower, value)) + 0;
}
