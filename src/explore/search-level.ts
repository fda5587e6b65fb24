import { join } from 'node:path';
import { type Level, printLevel } from '../assign/level-text.ts';
import { digestOf } from '../base/artifact.ts';
import type { OnProgress } from '../base/progress.ts';
import { isWeighted, multiplicationsByLayer } from '../dnn/quantised-network.ts';
import type { Evaluated, Genome } from '../search/problem.ts';
import type { Candidate } from './candidates.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';
import type { SearchRecord } from './exploration.ts';
import {
  explorationProblem,
  firstGenome,
  referencePointOf,
  uniformGenomes,
  WORST_KL_NATS,
} from './exploration-problem.ts';
import type { ExploreRequest, VariantOf } from './explore-request.ts';
import { createLayerOptions, type LayerOptions } from './layer-options.ts';
import type { AloneScore } from './measure-sensitivity.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import { type Choice, pruneChoices } from './prune-choices.ts';
import { runOneSearch } from './run-one-search.ts';
import { geneCosts, greedyPath } from './sensitivity-greedy.ts';

export interface SearchLevelRequest {
  readonly request: ExploreRequest;
  readonly level: Level;
  readonly candidates: readonly Candidate[];
  readonly energies: MultiplierEnergies;
  readonly alone: readonly AloneScore[];
  readonly exact: VariantScore;
  readonly exactEnergyNj: number;
  readonly variantOf: VariantOf;
  readonly evaluator: Evaluator;
  readonly inputs: Readonly<Record<string, string>>;
  readonly onProgress: OnProgress;
}

/** What the searches of one level found. */
export interface SearchedLevel {
  readonly level: Level;
  /** Absent where the exploration has but one level. */
  readonly levelName?: string;
  readonly layerOptions: LayerOptions;
  readonly referencePoint: readonly number[];
  readonly searches: readonly {
    readonly record: Omit<SearchRecord, 'front'>;
    readonly front: readonly Evaluated[];
  }[];
}

/** Multipliers that a layer chooses from unless the request says otherwise. */
export const CHOICES = 12;

/** Prunes the choices of each layer, then runs every search of the budget. */
export async function searchLevel(request: SearchLevelRequest): Promise<SearchedLevel> {
  const { level, candidates, energies, alone, exact, variantOf, inputs, onProgress } = request;
  const { network, objectives, stream, budget, architecture, maxMultipliers, folder, levels } =
    request.request;
  const name = printLevel(level);
  const named = levels.length > 1 ? { levelName: name } : {};
  const limit = maxMultipliers === undefined ? {} : { maxMultipliers };
  const layerOptions = createLayerOptions({
    network,
    level,
    ...named,
    candidates,
    choices: choicesByLayer(request),
    ...(request.request.skips === undefined ? {} : { skips: request.request.skips }),
    energies,
    variantOf,
  });
  const referencePoint = referencePointOf(objectives, {
    candidates,
    exactEnergyNj: request.exactEnergyNj,
    clockNs: energies.clockNs,
    architecture,
    ...limit,
  });
  const start = firstGenome(layerOptions);
  const multiplications = multiplicationsByLayer(network);
  const path = greedyPath(
    start,
    geneCosts(layerOptions.genes, (layer, multiplier) => ({
      klNats: alone.find((one) => one.layer === layer && one.multiplier === multiplier)!.klNats,
      energyNj: (multiplications.get(layer)! * candidates[multiplier]!.energyPj.get(layer)!) / 1000,
    })),
    (genome) => keepsConstraints(layerOptions, genome, request.request),
  );
  const initial = firstMembers(budget.population, start, uniformGenomes(layerOptions), path);
  const searches = [];
  for (const method of budget.methods) {
    const { evaluations, convergence, front } = await runOneSearch({
      method,
      budget,
      problemWith: (onScored) =>
        explorationProblem({
          layerOptions,
          candidates,
          objectives,
          referencePoint,
          stream,
          ...limit,
          architecture,
          exact,
          evaluator: request.evaluator,
          inputs: { ...inputs, genes: digestOf(layerOptions.genes) },
          onScored,
        }),
      initial: method === 'nsga2' ? initial : [start],
      path,
      stage: `${method} ${name}`,
      checkpointPath: join(folder, 'checkpoints', `${method}-${name}.json`),
      inputs: { ...inputs, search: digestOf([method, name, layerOptions.genes]) },
      onProgress,
    });
    const given = method === 'nsga2' ? { given: String(initial.length) } : {};
    const settings =
      method === 'greedy' ? { steps: String(path.length - 1) } : { ...settingsOf(budget), ...given };
    const record = { method, ...(levels.length > 1 ? { level: name } : {}), seed: budget.seed, settings };
    searches.push({ record: { ...record, evaluations, convergence }, front });
  }
  return { level, ...named, layerOptions, referencePoint, searches };
}

function settingsOf({ population, generations }: ExploreRequest['budget']): Record<string, string> {
  return { population: String(population), generations: String(generations) };
}

/**
 * Members of the first population that are not drawn: the start, uniform assignments (a quarter at most) and places of
 * the greedy path at equal distances (half), each once.
 */
function firstMembers(
  population: number,
  start: Genome,
  uniform: readonly Genome[],
  path: readonly Genome[],
): readonly Genome[] {
  const half = Math.min(path.length, Math.floor(population / 2));
  const places = Array.from({ length: half }, (_, i) => path[Math.floor((i * path.length) / half)]!);
  const members = [start, ...uniform.slice(0, Math.floor(population / 4) - 1), ...places];
  return [...new Map(members.map((genome) => [genome.join(), genome])).values()];
}

function keepsConstraints(
  { genes }: LayerOptions,
  genome: Genome,
  { maxMultipliers = Number.POSITIVE_INFINITY, architecture }: ExploreRequest,
): boolean {
  const used = new Map<string, Set<number>>();
  for (const [i, { layer, choices, skips }] of genes.entries()) {
    if (skips === undefined) used.set(layer, (used.get(layer) ?? new Set()).add(choices[genome[i]!]!));
  }
  const all = new Set([...used.values()].flatMap((own) => [...own]));
  const isMixed = [...used.values()].some(({ size }) => size > 1);
  return all.size <= maxMultipliers && !(architecture === 'tiled' && isMixed);
}

/** The multipliers that each layer chooses from, the one with the least KL first. */
function choicesByLayer({
  request: { network, scope = {}, objectives },
  candidates,
  alone,
}: SearchLevelRequest): ReadonlyMap<string, readonly number[]> {
  return new Map(
    network.layers.filter(isWeighted).map(({ name }) => {
      const choices = alone
        .filter(({ layer }) => layer === name)
        .map(({ multiplier, klNats }): Choice => {
          const { energyPj, areaUm2, delayNs } = candidates[multiplier]!;
          const others = [
            ...(objectives.includes('area') ? [areaUm2] : []),
            ...(objectives.includes('delay') ? [delayNs] : []),
          ];
          return { multiplier, klNats, energyPj: energyPj.get(name)!, others };
        });
      const most = scope.layers === undefined || scope.layers.includes(name) ? (scope.choices ?? CHOICES) : 1;
      const kept = [...pruneChoices(choices, { worstKlNats: WORST_KL_NATS, most })];
      kept.sort((x, y) => x.klNats - y.klNats || x.energyPj - y.energyPj);
      return [name, kept.map(({ multiplier }) => multiplier)];
    }),
  );
}
