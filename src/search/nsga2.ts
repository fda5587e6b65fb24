import { badInput, type Fault } from '../base/errors.ts';
import type { Rng } from '../base/rng.ts';
import { crowdingDistances } from './crowding.ts';
import { nonDominated, sortFronts } from './domination.ts';
import { type Evaluated, type Genome, type GenomeSpace, genomeKey } from './problem.ts';
import { runSearch, type SearchContext, type SearchRequest, type SearchResult } from './run-search.ts';
import { checkGenomes, type Member } from './search-state.ts';

export interface Nsga2Settings {
  /** Members of the population; even, ≥ 4. */
  readonly population: number;
  /** Generations after the first population; evaluations ≤ population × (generations + 1). */
  readonly generations: number;
  /** Any integer; only its low 32 bits count. */
  readonly seed: number;
  /** Probability that two parents are crossed; else the children are copies before mutation (default 0.9). */
  readonly crossoverProbability?: number;
  /** Probability per gene (default 1 / genes). */
  readonly mutationProbability?: number;
  /** Members of the first population that are given, e.g. the all-exact one; chance makes the others. */
  readonly initial?: readonly Genome[];
  /**
   * Not in the paper: children that equal a member or each other are made again, up to 100 times each (default false).
   * Of use where there are few genomes.
   */
  readonly distinct?: boolean;
}

/** A member with its place in the order of selection. */
type Ranked = Member & { readonly rank: number; readonly crowding: number };

/**
 * NSGA-II: parents by binary tournament with the crowded comparison, each member in two tournaments; the next population
 * is the best of parents and children by front, in the last front by crowding distance. Constraints by
 * constraint-domination. The front is that of the last population.
 * Source: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II",
 * IEEE Transactions on Evolutionary Computation 6(2), 2002.
 * @throws bad-input for settings out of range, and as runSearch
 */
export async function searchNsga2(request: SearchRequest<Nsga2Settings>): Promise<SearchResult> {
  const { problem, settings } = request;
  const { space } = problem;
  checkSettings(settings);
  const { population: size, generations, seed, initial = [], distinct = false } = settings;
  const { crossoverProbability = 0.9, mutationProbability = 1 / space.genes } = settings;
  checkGenomes(space, 'initial', initial);
  const breed = { crossoverProbability, mutationProbability, distinct };
  return runSearch(
    {
      method: 'nsga2',
      settings: { population: size, seed, initial, ...breed },
      seed,
      generations,
      first: async ({ rng, evaluate }) => {
        const drawn = Array.from({ length: size - initial.length }, () => space.draw(rng));
        return selectBest(await evaluate([...initial, ...drawn]), size);
      },
      next: async (population, { rng, evaluate }: SearchContext) => {
        const children = await evaluate(makeChildren(population as readonly Ranked[], space, breed, rng));
        return selectBest([...population, ...children], size);
      },
      front: nonDominated,
      faultOf: (population) =>
        population.length === size && population.every((m) => 'rank' in m && 'crowding' in m)
          ? undefined
          : { wanted: `${size} members with rank and crowding distance`, found: String(population.length) },
    },
    request,
  );
}

function checkSettings(settings: Nsga2Settings): void {
  const { population, generations, seed, crossoverProbability = 0.9, mutationProbability = 0 } = settings;
  const { initial = [] } = settings;
  const faults: Fault[] = [];
  if (!Number.isInteger(population) || population < 4 || population % 2 !== 0) {
    faults.push({ where: 'population', wanted: 'an even number ≥ 4', found: String(population) });
  }
  if (!Number.isInteger(generations) || generations < 0) {
    faults.push({ where: 'generations', wanted: 'an integer ≥ 0', found: String(generations) });
  }
  if (!Number.isInteger(seed)) {
    faults.push({ where: 'seed', wanted: 'an integer', found: String(seed) });
  }
  for (const [where, value] of Object.entries({ crossoverProbability, mutationProbability })) {
    if (!(value >= 0 && value <= 1)) {
      faults.push({ where, wanted: 'a probability, 0 … 1', found: String(value) });
    }
  }
  if (initial.length > population) {
    faults.push({
      where: 'initial',
      wanted: `at most ${population} genomes, the population`,
      found: String(initial.length),
    });
  }
  if (faults.length > 0) throw badInput(faults, 'The paper uses a population of 100 and 250 generations.');
}

/** The crowded comparison: the better front, in the same front the lonelier one. */
export function isPreferred(
  a: Pick<Ranked, 'rank' | 'crowding'>,
  b: Pick<Ranked, 'rank' | 'crowding'>,
): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.crowding > b.crowding);
}

/** The best `size` members, front by front; the front that does not fit whole by falling crowding distance. */
export function selectBest(members: readonly Evaluated[], size: number): readonly Ranked[] {
  const selected: Ranked[] = [];
  for (const [rank, front] of sortFronts(members).entries()) {
    const crowding = crowdingDistances(front.map((i) => members[i]!.objectives));
    const ranked = front.map((i, k) => {
      const { genome, objectives, violation } = members[i]!;
      return { genome, objectives, violation, rank, crowding: crowding[k]! };
    });
    if (selected.length + ranked.length > size) ranked.sort((a, b) => b.crowding - a.crowding);
    selected.push(...ranked.slice(0, size - selected.length));
    if (selected.length === size) break;
  }
  return selected;
}

interface Breed {
  readonly crossoverProbability: number;
  readonly mutationProbability: number;
  readonly distinct: boolean;
}

/** Attempts at a child that is new. */
const ATTEMPTS = 100;

/** As many children as there are members. */
function makeChildren(
  population: readonly Ranked[],
  space: GenomeSpace,
  { crossoverProbability, mutationProbability, distinct }: Breed,
  rng: Rng,
): readonly Genome[] {
  const parents = selectParents(population, rng);
  const taken = new Set(distinct ? population.map(({ genome }) => genomeKey(genome)) : []);
  const children: Genome[] = [];
  for (let i = 0; i < parents.length; i += 2) {
    const [a, b] = [parents[i]!.genome, parents[i + 1]!.genome];
    const pair = rng.nextFloat() < crossoverProbability ? space.cross(a, b, rng) : [a, b];
    for (const bred of pair) {
      let child = space.mutate(bred, mutationProbability, rng);
      for (let n = 1; distinct && n < ATTEMPTS && taken.has(genomeKey(child)); n++) {
        child = space.mutate(bred, mutationProbability, rng);
      }
      if (distinct) taken.add(genomeKey(child));
      children.push(child);
    }
  }
  return children;
}

/** Winners of tournaments between neighbours in two random orders; a draw is decided by chance. */
function selectParents(population: readonly Ranked[], rng: Rng): readonly Ranked[] {
  const order = [...shuffle(population, rng), ...shuffle(population, rng)];
  return population.map((_, i) => {
    const [a, b] = [order[2 * i]!, order[2 * i + 1]!];
    if (isPreferred(a, b)) return a;
    if (isPreferred(b, a)) return b;
    return rng.nextInt(0, 1) === 0 ? a : b;
  });
}

/** Fisher-Yates. */
function shuffle<T>(items: readonly T[], rng: Rng): readonly T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = rng.nextInt(0, i);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
