import { digestOf } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { createRng, type Rng, restoreRng } from '../base/rng.ts';
import { hypervolume } from './hypervolume.ts';
import {
  checkProblem,
  type Evaluated,
  type Genome,
  genomeKey,
  joinOutcomes,
  type SearchProblem,
} from './problem.ts';
import {
  checkState,
  type Member,
  problemDigest,
  type SearchMethod,
  type SearchState,
} from './search-state.ts';

/** How far a search is. */
export interface SearchProgress {
  readonly method: SearchMethod;
  readonly generation: number;
  /** Last generation; a greedy search may end before. */
  readonly generations: number;
  /** Genomes evaluated so far, each counted once. */
  readonly evaluations: number;
  /** Different feasible genomes of the front. */
  readonly frontSize: number;
  /** Of the front, to the problem's reference point. */
  readonly hypervolume: number;
}

/** What every search takes. */
export interface SearchRequest<Settings> {
  readonly problem: SearchProblem;
  readonly settings: Settings;
  /** State of an earlier run; the result is as if that had never stopped. Only `generations` may differ. */
  readonly resume?: SearchState;
  /** Called after each generation, the first population included. */
  readonly onProgress?: (progress: SearchProgress) => void;
  /** Called with the state after each generation and awaited; write it to a file to be able to resume. */
  readonly onCheckpoint?: (state: SearchState) => void | Promise<void>;
}

/** What every search gives. */
export interface SearchResult {
  /** Feasible, not dominated, each genome once, ordered by the first objective. */
  readonly front: readonly Evaluated[];
  readonly hypervolume: number;
  readonly state: SearchState;
}

/** What a strategy may use. */
export interface SearchContext {
  readonly problem: SearchProblem;
  readonly rng: Rng;
  /** Results of genomes in their order; those that are known are not evaluated again. */
  evaluate(genomes: readonly Genome[]): Promise<readonly Evaluated[]>;
}

/** How one kind of search goes from a population to the next. */
export interface Strategy {
  readonly method: SearchMethod;
  /** Plain data; a state made with other settings is refused. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly generations: number;
  first(context: SearchContext): Promise<readonly Member[]>;
  /** The next population; undefined when there is nothing left to do. */
  next(population: readonly Member[], context: SearchContext): Promise<readonly Member[] | undefined>;
  front(population: readonly Member[], evaluated: readonly Evaluated[]): readonly Evaluated[];
  /** What a population of a state lacks to be one of this strategy. */
  faultOf(population: readonly Member[]): Omit<Fault, 'where'> | undefined;
}

/**
 * Runs a strategy generation by generation, from the beginning or from a state.
 * @throws bad-input for a problem, an outcome or a state that cannot be right
 */
export async function runSearch(strategy: Strategy, request: SearchRequest<unknown>): Promise<SearchResult> {
  const { problem, resume, onProgress = () => {}, onCheckpoint = () => {} } = request;
  checkProblem(problem);
  const owner = {
    method: strategy.method,
    problem: problemDigest(problem),
    settings: digestOf(strategy.settings),
  };
  const from = resume === undefined ? undefined : checkState(resume, owner, problem);
  const fault = from && strategy.faultOf(from.population);
  if (fault) {
    throw badInput({ where: 'checkpoint: population', ...fault }, 'The checkpoint is damaged: begin again.');
  }
  const rng = from ? restoreRng(from.rng) : createRng(strategy.seed);
  const known = new Map<string, Evaluated>();
  const remember = (evaluated: readonly Evaluated[]): void => {
    for (const one of evaluated) known.set(genomeKey(one.genome), one);
  };
  let evaluations = from?.evaluations ?? 0;
  const evaluate = async (genomes: readonly Genome[]): Promise<readonly Evaluated[]> => {
    const fresh = new Map(genomes.map((genome) => [genomeKey(genome), genome]));
    for (const key of fresh.keys()) if (known.has(key)) fresh.delete(key);
    if (fresh.size > 0) {
      const batch = [...fresh.values()];
      remember(joinOutcomes(problem, batch, await problem.evaluate(batch)));
      evaluations += batch.length;
    }
    return genomes.map((genome) => known.get(genomeKey(genome))!);
  };
  const context = { problem, rng, evaluate };

  let generation = from?.generation ?? 0;
  const finish = async (population: readonly Member[]): Promise<SearchResult> => {
    if (!problem.space.discrete) {
      known.clear();
      remember(population.map(({ genome, objectives, violation }) => ({ genome, objectives, violation })));
    }
    const evaluated = [...known.values()];
    const state: SearchState = {
      kind: 'search-state',
      formatVersion: 1,
      ...owner,
      generation,
      evaluations,
      rng: rng.state(),
      population,
      evaluated: problem.space.discrete ? evaluated : [],
    };
    const front = strategy
      .front(population, evaluated)
      .map(({ genome, objectives, violation }) => ({ genome, objectives, violation }));
    const points = front.map(({ objectives }) => objectives);
    return { front, hypervolume: hypervolume(points, problem.referencePoint), state };
  };
  const tell = async (result: SearchResult): Promise<void> => {
    await onCheckpoint(result.state);
    onProgress({
      method: strategy.method,
      generation,
      generations: strategy.generations,
      evaluations,
      frontSize: result.front.length,
      hypervolume: result.hypervolume,
    });
  };

  let result: SearchResult;
  if (from) {
    remember(
      problem.space.discrete
        ? from.evaluated
        : from.population.map(({ genome, objectives, violation }) => ({ genome, objectives, violation })),
    );
    result = await finish(from.population);
  } else {
    result = await finish(await strategy.first(context));
    await tell(result);
  }
  while (generation < strategy.generations) {
    const population = await strategy.next(result.state.population, context);
    if (population === undefined) break;
    generation++;
    result = await finish(population);
    await tell(result);
  }
  return result;
}
