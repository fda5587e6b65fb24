import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { choiceSpace } from '../search/choice-space.ts';
import type { Genome, GenomeSpace, Outcome, SearchProblem } from '../search/problem.ts';
import type { Candidate } from './candidates.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';
import type { ExploredGene } from './exploration.ts';
import { type Architecture, OBJECTIVE_NAMES, type ObjectiveWord } from './explore-request.ts';
import { energyOf, type LayerOption, type LayerOptions } from './layer-options.ts';
import type { NetworkStream } from './stream-comparison.ts';

/** What a genome stands for. */
export type Options = ReadonlyMap<string, LayerOption>;

export interface ExplorationProblemRequest {
  readonly layerOptions: LayerOptions;
  readonly candidates: readonly Candidate[];
  readonly objectives: readonly ObjectiveWord[];
  readonly referencePoint: readonly number[];
  readonly stream: NetworkStream;
  readonly maxMultipliers?: number;
  readonly architecture: Architecture;
  readonly exact: VariantScore;
  readonly evaluator: Evaluator;
  readonly inputs: Readonly<Record<string, string>>;
  readonly onScored: () => void;
}

/** The assignments of one level as a problem for the searches of src/search. */
export function explorationProblem(request: ExplorationProblemRequest): SearchProblem {
  const { layerOptions, objectives, referencePoint, inputs, onScored } = request;
  const { genes, optionsOf } = layerOptions;
  return {
    name: 'exploration',
    space: spaceOf(genes, request.maxMultipliers),
    objectives: objectives.map((word) => OBJECTIVE_NAMES[word]),
    referencePoint,
    inputs,
    async evaluate(genomes) {
      const found = genomes.map(optionsOf);
      const scores = await request.evaluator.score(found.map(variantOfOptions), onScored);
      return found.map((options, i) => outcomeOf(options, scores[i]!, request));
    },
  };
}

/**
 * Genomes of a level, crossed at a single point as NSGA-II does with its binary strings: the genes stand in the order of
 * the network, so a child begins like one of its parents and much of its outputs is known. Where the number of different multipliers is limited, chance draws so many first and then the genes
 * out of them (a gene that has none of them takes its first choice); crossover and mutation may exceed the limit, which
 * costs a violation.
 */
export function spaceOf(genes: readonly ExploredGene[], maxMultipliers?: number): GenomeSpace {
  const space = choiceSpace(genes.map(({ choices, skips }) => skips?.length ?? choices.length));
  const ordered: GenomeSpace = {
    ...space,
    identity: { ...space.identity, crossover: 'single-point' },
    cross(a, b, rng) {
      if (a.length < 2) return [a, b];
      const at = rng.nextInt(1, a.length - 1);
      return [
        [...a.slice(0, at), ...b.slice(at)],
        [...b.slice(0, at), ...a.slice(at)],
      ];
    },
  };
  if (maxMultipliers === undefined) return ordered;
  const all = [...new Set(genes.flatMap(({ choices }) => choices))];
  return {
    ...ordered,
    identity: { ...ordered.identity, maxMultipliers },
    draw(rng) {
      const rest = [...all];
      const drawn = Array.from(
        { length: Math.min(maxMultipliers, all.length) },
        () => rest.splice(rng.nextInt(0, rest.length - 1), 1)[0]!,
      );
      return genes.map(({ choices, skips }) => {
        if (skips !== undefined) return rng.nextInt(0, skips.length - 1);
        const own = drawn.map((one) => choices.indexOf(one)).filter((choice) => choice >= 0);
        return own.length === 0 ? 0 : own[rng.nextInt(0, own.length - 1)]!;
      });
    },
  };
}

/** Objectives of an assignment, and by how much it is against the constraints. */
export function outcomeOf(
  options: Options,
  score: VariantScore,
  request: Pick<
    ExplorationProblemRequest,
    'objectives' | 'candidates' | 'stream' | 'architecture' | 'maxMultipliers' | 'exact'
  >,
): Outcome {
  const { candidates, stream, architecture, maxMultipliers, exact } = request;
  const used = usedMultipliers(options);
  const values: Readonly<Record<ObjectiveWord, () => number>> = {
    kl: () => lossOf('kl', score, exact),
    accuracy: () => lossOf('accuracy', score, exact),
    energy: () => energyOf(options, stream)!,
    area: () => elementAreaUm2(options, candidates, architecture),
    delay: () => Math.max(0, ...[...used.keys()].map((multiplier) => candidates[multiplier]!.delayNs)),
  };
  const mixed = [...options.values()].map(({ multiplications }) => Math.max(0, multiplications.size - 1));
  const violations = [
    ...(maxMultipliers === undefined ? [] : [used.size - maxMultipliers]),
    ...(architecture === 'tiled' ? [mixed.reduce((sum, count) => sum + count, 0)] : []),
  ];
  return { objectives: request.objectives.map((word) => values[word]()), violations };
}

/** What a score costs against the exact network: nats, or percentage points. */
export function lossOf(word: 'kl' | 'accuracy', score: VariantScore, exact: VariantScore): number {
  return word === 'kl' ? score.klNats : (100 * (exact.correct - score.correct)) / score.images;
}

/** Multiplications per image by multiplier over the whole network. */
export function usedMultipliers(options: Options): ReadonlyMap<number, number> {
  const used = new Map<number, number>();
  for (const { multiplications } of options.values()) {
    for (const [multiplier, count] of multiplications) {
      used.set(multiplier, (used.get(multiplier) ?? 0) + count);
    }
  }
  return used;
}

/**
 * Area of the multipliers of a processing element, µm²: power-gated, of all that the network uses; tiled, of the mean
 * element where tiles are shared out by multiplications.
 */
function elementAreaUm2(
  options: Options,
  candidates: readonly Candidate[],
  architecture: Architecture,
): number {
  const used = usedMultipliers(options);
  const total = [...used.values()].reduce((sum, count) => sum + count, 0);
  let area = 0;
  for (const [multiplier, count] of used) {
    area += candidates[multiplier]!.areaUm2 * (architecture === 'tiled' ? count / total : 1);
  }
  return area;
}

export function variantOfOptions(options: Options): NetworkVariant {
  return new Map([...options].map(([layer, { variant }]) => [layer, variant]));
}

/** A layer alone beyond this is not worth having, nor a network: about 14 points of accuracy lost. */
export const WORST_KL_NATS = 0.5;

const WORST_LOSS_POINTS = 20;

/** The worst values that count for the hypervolume, by objective. */
export function referencePointOf(
  objectives: readonly ObjectiveWord[],
  {
    candidates,
    exactEnergyNj,
    clockNs,
    architecture,
    maxMultipliers = Number.POSITIVE_INFINITY,
  }: {
    readonly candidates: readonly Candidate[];
    /** Of the exact multiplier that savings are quoted against. */
    readonly exactEnergyNj: number;
    readonly clockNs: number;
    readonly architecture: Architecture;
    readonly maxMultipliers?: number;
  },
): readonly number[] {
  const largest = candidates.map(({ areaUm2 }) => areaUm2).sort((a, b) => b - a);
  const together = largest.slice(0, architecture === 'tiled' ? 1 : Math.min(maxMultipliers, largest.length));
  const worst: Readonly<Record<ObjectiveWord, number>> = {
    kl: WORST_KL_NATS,
    accuracy: WORST_LOSS_POINTS,
    energy: exactEnergyNj,
    area: together.reduce((sum, area) => sum + area, 0),
    delay: clockNs,
  };
  return objectives.map((word) => worst[word]);
}

/** The genome with the first choice everywhere: the least KL of each layer, nothing skipped. */
export function firstGenome(layerOptions: LayerOptions): Genome {
  return layerOptions.genes.map(() => 0);
}

/** Genomes with one multiplier everywhere, as far as every layer may choose it; nothing skipped. */
export function uniformGenomes({ genes }: LayerOptions): readonly Genome[] {
  const searched = genes.filter(({ choices }) => choices.length > 1);
  const common = [...new Set(searched.flatMap(({ choices }) => choices))].filter((multiplier) =>
    searched.every(({ choices }) => choices.includes(multiplier)),
  );
  return common.map((multiplier) => genes.map(({ choices }) => Math.max(0, choices.indexOf(multiplier))));
}
