import { badInput, type Fault } from '../base/errors.ts';
import { nonDominated } from './domination.ts';
import type { Genome } from './problem.ts';
import { runSearch, type SearchRequest, type SearchResult } from './run-search.ts';
import { checkGenomes } from './search-state.ts';

export interface RandomSettings {
  /** Genomes drawn per generation, ≥ 1; those drawn before cost nothing. */
  readonly population: number;
  /** Generations after the first. */
  readonly generations: number;
  /** Any integer; only its low 32 bits count. */
  readonly seed: number;
  /** Genomes of the first generation that are given, e.g. the all-exact one. */
  readonly initial?: readonly Genome[];
}

/**
 * Random search, the least that any other must beat: genomes drawn evenly, of which the non-dominated ones are kept. The
 * population of its state is that front.
 * @throws bad-input for settings out of range, and as runSearch
 */
export async function searchRandom(request: SearchRequest<RandomSettings>): Promise<SearchResult> {
  const { population: size, generations, seed, initial = [] } = request.settings;
  const { space } = request.problem;
  const faults: Fault[] = Object.entries({ population: [size, 1], generations: [generations, 0] } as const)
    .filter(([, [value, least]]) => !Number.isInteger(value) || value < least)
    .map(([where, [value, least]]) => ({ where, wanted: `an integer ≥ ${least}`, found: String(value) }));
  if (!Number.isInteger(seed)) faults.push({ where: 'seed', wanted: 'an integer', found: String(seed) });
  if (initial.length > size) {
    faults.push({ where: 'initial', wanted: `at most ${size} genomes`, found: String(initial.length) });
  }
  if (faults.length > 0) throw badInput(faults, 'Give population × (generations + 1) as the genomes to try.');
  checkGenomes(space, 'initial', initial);
  return runSearch(
    {
      method: 'random',
      settings: { population: size, seed, initial },
      seed,
      generations,
      first: async ({ rng, evaluate }) => {
        const drawn = Array.from({ length: size - initial.length }, () => space.draw(rng));
        return nonDominated(await evaluate([...initial, ...drawn]));
      },
      next: async (front, { rng, evaluate }) => {
        const drawn = Array.from({ length: size }, () => space.draw(rng));
        return nonDominated([...front, ...(await evaluate(drawn))]);
      },
      front: nonDominated,
      faultOf: () => undefined,
    },
    request,
  );
}
