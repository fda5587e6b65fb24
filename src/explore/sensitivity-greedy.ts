import { nonDominated } from '../search/domination.ts';
import type { Genome } from '../search/problem.ts';
import { runSearch, type SearchRequest, type SearchResult } from '../search/run-search.ts';
import type { ExploredGene } from './exploration.ts';

/** What a gene's choices cost, as measured with each layer alone. */
export interface GeneCosts {
  /** By choice: KL of the layer alone, shared out over its genes by weights. */
  readonly klNats: readonly number[];
  /** By choice, nJ per image. */
  readonly energyNj: readonly number[];
}

/**
 * The assignments that one would try by hand: from the exact one, always the change of one gene that saves most energy
 * for the KL that its layer costs alone. Ends where no change saves. Nothing is evaluated on the way.
 * @param isAllowed whether a genome keeps the constraints; changes to others are not taken
 * @returns genomes, the start first
 */
export function greedyPath(
  start: Genome,
  costs: readonly (GeneCosts | undefined)[],
  isAllowed: (genome: Genome) => boolean,
): readonly Genome[] {
  const path: Genome[] = [start];
  for (;;) {
    const here = path.at(-1)!;
    let best: { genome: Genome; perLoss: number; saved: number } | undefined;
    for (const [gene, own] of costs.entries()) {
      const from = here[gene]!;
      for (let choice = 0; own !== undefined && choice < own.energyNj.length; choice++) {
        const saved = own.energyNj[from]! - own.energyNj[choice]!;
        if (saved <= 0) continue;
        const lost = own.klNats[choice]! - own.klNats[from]!;
        const perLoss = lost > 0 ? saved / lost : Number.POSITIVE_INFINITY;
        if (best && (perLoss < best.perLoss || (perLoss === best.perLoss && saved <= best.saved))) continue;
        const genome = here.with(gene, choice);
        if (isAllowed(genome)) best = { genome, perLoss, saved };
      }
    }
    if (best === undefined) return path;
    path.push(best.genome);
  }
}

/** Costs of the genes of a level; undefined for a gene that chooses what to skip. */
export function geneCosts(
  genes: readonly ExploredGene[],
  alone: (layer: string, multiplier: number) => GeneCost,
): readonly (GeneCosts | undefined)[] {
  const sharing = (layer: string): number =>
    genes.filter((gene) => gene.layer === layer && gene.skips === undefined).length;
  return genes.map(({ layer, choices, skips }) => {
    if (skips !== undefined) return undefined;
    const own = choices.map((multiplier) => alone(layer, multiplier));
    const share = 1 / sharing(layer);
    return {
      klNats: own.map(({ klNats }) => klNats * share),
      energyNj: own.map(({ energyNj }) => energyNj * share),
    };
  });
}

interface GeneCost {
  readonly klNats: number;
  readonly energyNj: number;
}

/** Evaluates the genomes of a path, `perGeneration` at a time, as a search that can be resumed. */
export function searchPath(
  request: SearchRequest<{ readonly path: readonly Genome[]; readonly perGeneration: number }>,
): Promise<SearchResult> {
  const { path, perGeneration } = request.settings;
  const part = (number: number): readonly Genome[] =>
    path.slice(number * perGeneration, (number + 1) * perGeneration);
  let generation = request.resume?.generation ?? 0;
  return runSearch(
    {
      method: 'greedy',
      settings: { path, perGeneration },
      seed: 0,
      generations: Math.ceil(path.length / perGeneration) - 1,
      first: ({ evaluate }) => evaluate(part(0)),
      next: async (_population, { evaluate }) => evaluate(part(++generation)),
      front: (_population, evaluated) => nonDominated(evaluated),
      faultOf: () => undefined,
    },
    request,
  );
}
