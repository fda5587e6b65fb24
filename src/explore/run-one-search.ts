import { type ArtifactHeader, artifactHeader, reusableArtifact } from '../base/artifact.ts';
import { writeFileAtomic } from '../base/files.ts';
import type { OnProgress } from '../base/progress.ts';
import { nonDominated } from '../search/domination.ts';
import { hypervolume } from '../search/hypervolume.ts';
import { searchNsga2 } from '../search/nsga2.ts';
import type { Evaluated, Genome, SearchProblem } from '../search/problem.ts';
import { searchRandom } from '../search/random-search.ts';
import type { SearchState } from '../search/search-state.ts';
import type { SearchRecord } from './exploration.ts';
import type { SearchBudget } from './explore-request.ts';
import { searchPath } from './sensitivity-greedy.ts';

type Convergence = SearchRecord['convergence'];

/** A search under way: its state with how it went so far. */
interface CheckpointFile extends ArtifactHeader<'exploration-checkpoint'> {
  readonly state: SearchState;
  readonly convergence: Convergence;
}

export interface OneSearchRequest {
  readonly method: SearchRecord['method'];
  readonly budget: SearchBudget;
  /** @param onScored called after each genome that was scored */
  readonly problemWith: (onScored: () => void) => SearchProblem;
  /** Given to the first population. */
  readonly initial: readonly Genome[];
  /** Of the greedy search. */
  readonly path: readonly Genome[];
  /** Name of the stage in the progress, e.g. "nsga2 llam". */
  readonly stage: string;
  readonly checkpointPath: string;
  /** SHA-256 of all that the search follows from. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly onProgress: OnProgress;
}

export interface OneSearchResult {
  readonly evaluations: number;
  readonly convergence: Convergence;
  /** Feasible and not dominated by anything that this search evaluated, by the first objective. */
  readonly front: readonly Evaluated[];
}

/**
 * Runs one search, or what a checkpoint has left of it. After each generation the state is written; a run that was
 * killed gives the same result as one that never stopped. Front and hypervolume are of everything evaluated.
 */
export async function runOneSearch(request: OneSearchRequest): Promise<OneSearchResult> {
  const { method, budget, initial, path, stage, checkpointPath, inputs, onProgress } = request;
  const { population, generations, seed } = budget;
  const isPath = method === 'greedy';
  const rounds = isPath ? Math.ceil(path.length / population) : generations + 1;
  const earlier = readCheckpoint(checkpointPath, inputs, rounds - 1);
  let convergence: Convergence = earlier?.convergence ?? [];
  const total = isPath ? path.length : rounds * population;
  const doneAfter = (round: number): number => Math.min(total, round * population);
  let scored = 0;
  const note = (): string => {
    const last = convergence.at(-1);
    if (last === undefined) return `generation 0/${rounds - 1}`;
    const volume = last.hypervolume.toPrecision(4);
    return `generation ${last.generation}/${rounds - 1}  front ${last.frontSize}  hypervolume ${volume}`;
  };
  const tell = (isReused = false): void => {
    const before = doneAfter(convergence.length);
    const done = Math.min(before + scored, doneAfter(convergence.length + 1));
    const reused = isReused ? { reused: true } : {};
    onProgress({ stage, done, total, unit: 'assignments', note: note(), ...reused });
  };
  const problem = request.problemWith(() => {
    scored += 1;
    // The last one of a generation is told with what came of it.
    if (doneAfter(convergence.length) + scored < doneAfter(convergence.length + 1)) tell();
  });
  const onCheckpoint = (state: SearchState): void => {
    const front = nonDominated(state.evaluated);
    const points = front.map(({ objectives }) => objectives);
    const { generation, evaluations } = state;
    const reached = {
      generation,
      evaluations,
      frontSize: front.length,
      hypervolume: hypervolume(points, problem.referencePoint),
    };
    convergence = [...convergence, reached];
    const file: CheckpointFile = {
      ...artifactHeader('exploration-checkpoint', 1, inputs),
      state,
      convergence,
    };
    writeFileAtomic(checkpointPath, JSON.stringify(file));
    scored = 0;
    tell();
  };
  if (earlier !== undefined) tell(true);
  const common = { problem, onCheckpoint, ...(earlier === undefined ? {} : { resume: earlier.state }) };
  const { state } = await {
    nsga2: () =>
      searchNsga2({ ...common, settings: { population, generations, seed, initial, distinct: true } }),
    random: () => searchRandom({ ...common, settings: { population, generations, seed, initial } }),
    greedy: () => searchPath({ ...common, settings: { path, perGeneration: population } }),
  }[method]();
  return { evaluations: state.evaluations, convergence, front: nonDominated(state.evaluated) };
}

/** A checkpoint that is not yet beyond the last generation. */
function readCheckpoint(
  path: string,
  inputs: Readonly<Record<string, string>>,
  generations: number,
): CheckpointFile | undefined {
  const found = reusableArtifact<CheckpointFile>(path, 'exploration-checkpoint', 1, inputs);
  return found !== undefined && found.state.generation <= generations ? found : undefined;
}
