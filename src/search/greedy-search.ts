import { badInput, type Fault, show } from '../base/errors.ts';
import { neighbours } from './choice-space.ts';
import { nonDominated } from './domination.ts';
import type { Evaluated, Genome } from './problem.ts';
import { runSearch, type SearchRequest, type SearchResult } from './run-search.ts';
import { checkGenomes } from './search-state.ts';

export interface GreedySettings {
  /** Where it begins: the all-exact assignment. */
  readonly start: Genome;
  /** Name of the objective that each step must lower, e.g. "energyUj". */
  readonly cost: string;
  /** Name of the objective that pays for it, e.g. "lossPoints". */
  readonly loss: string;
  /** Steps at most; it ends where no change lowers the cost (default: no limit). */
  readonly generations?: number;
}

/**
 * Greedy search as one would do it by hand: of all changes of a single gene, take the one that saves most cost per loss;
 * again from there. Changes that lower the cost without loss come first, the largest saving before others; a change that
 * violates the constraints more is not taken. Each step evaluates every neighbour: Σ (choices − 1) genomes. The front is
 * that of everything evaluated; the population of its state is the path, the latest genome last.
 * @throws bad-input where the space is not of choices, for a start or an objective that the problem lacks; as runSearch
 */
export async function searchGreedy(request: SearchRequest<GreedySettings>): Promise<SearchResult> {
  const { problem, settings } = request;
  const { start, cost, loss, generations = Number.MAX_SAFE_INTEGER } = settings;
  const { space, objectives } = problem;
  const choices = space.identity.choices as readonly number[] | undefined;
  const faults: Fault[] = [];
  if (choices === undefined) {
    faults.push({ where: problem.name, wanted: 'genes with choices', found: show(space.identity.genes) });
  }
  for (const [where, name] of Object.entries({ cost, loss })) {
    if (!objectives.includes(name)) {
      faults.push({ where, wanted: `one of ${objectives.join(', ')}`, found: show(name) });
    }
  }
  if (cost === loss) faults.push({ where: 'loss', wanted: 'another objective than cost', found: show(loss) });
  if (!Number.isInteger(generations) || generations < 0) {
    faults.push({ where: 'generations', wanted: 'an integer ≥ 0', found: String(generations) });
  }
  if (faults.length > 0) throw badInput(faults, 'Greedy search saves cost for loss, one gene at a time.');
  checkGenomes(space, 'start', [start]);

  const costOf = (one: Evaluated): number => one.objectives[objectives.indexOf(cost)]!;
  const lossOf = (one: Evaluated): number => one.objectives[objectives.indexOf(loss)]!;
  return runSearch(
    {
      method: 'greedy',
      settings: { start, cost, loss },
      seed: 0,
      generations,
      first: ({ evaluate }) => evaluate([start]),
      next: async (path, { evaluate }) => {
        const here = path.at(-1)!;
        const changes = (await evaluate(neighbours(choices!, here.genome)))
          .filter((one) => costOf(one) < costOf(here) && one.violation <= here.violation)
          .map((one) => {
            const saved = costOf(here) - costOf(one);
            const lost = lossOf(one) - lossOf(here);
            return { one, saved, perLoss: lost > 0 ? saved / lost : Number.POSITIVE_INFINITY };
          });
        if (changes.length === 0) return undefined;
        const best = changes.reduce((a, b) =>
          b.perLoss > a.perLoss || (b.perLoss === a.perLoss && b.saved > a.saved) ? b : a,
        );
        return [...path, best.one];
      },
      front: (_path, evaluated) => nonDominated(evaluated),
      faultOf: (path) =>
        path.length > 0 ? undefined : { wanted: 'a path of at least one genome', found: 'none' },
    },
    request,
  );
}
