import { classCount } from '../assign/classes.ts';
import { type LayerPlan, planLayer } from '../assign/layer-plan.ts';
import type { Level } from '../assign/level-text.ts';
import type { SkipRule } from '../assign/skip-rule.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import { countWeights } from '../dnn/mixture.ts';
import { isWeighted, multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import type { Candidate } from './candidates.ts';
import type { ExploredGene } from './exploration.ts';
import type { VariantOf } from './explore-request.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import type { NetworkStream } from './stream-comparison.ts';

/** A layer as one part of a genome has it. */
export interface LayerOption {
  readonly plan: LayerPlan;
  readonly variant: LayerVariant;
  /** Multiplications per image by multiplier (index of the candidate); without skipped ones. */
  readonly multiplications: ReadonlyMap<number, number>;
  readonly skippedMultiplications: number;
  /** Per image, by stream; a stream is absent where one of the multipliers has no energy on it. */
  readonly energyNj: Readonly<Partial<Record<NetworkStream, number>>>;
}

/** Genes of a level, and what their values make of each layer. */
export interface LayerOptions {
  readonly genes: readonly ExploredGene[];
  /** Layers of a genome, in the order of the network. */
  optionsOf(genome: readonly number[]): ReadonlyMap<string, LayerOption>;
}

export interface LayerOptionsRequest {
  readonly network: QuantisedNetwork;
  readonly level: Level;
  /** Named in the genes. */
  readonly levelName?: string;
  readonly candidates: readonly Candidate[];
  /** Candidates that each layer may use. */
  readonly choices: ReadonlyMap<string, readonly number[]>;
  /** Rules that a layer with a choice of multipliers has a choice of; absent: none. */
  readonly skips?: readonly (SkipRule | undefined)[];
  readonly energies: MultiplierEnergies;
  readonly variantOf: VariantOf;
}

/** Layers kept by the values of their genes; mixtures hold a byte per weight. */
const KEPT_OPTIONS = 4096;

/** One gene per layer or class of its weights, and one more where there are skipping rules to choose from. */
export function createLayerOptions(request: LayerOptionsRequest): LayerOptions {
  const { network, level, choices, skips, levelName } = request;
  const multiplications = multiplicationsByLayer(network);
  const named = levelName === undefined ? {} : { level: levelName };
  const layers = network.layers.filter(isWeighted).map((layer) => {
    const own = choices.get(layer.name)!;
    const classes = own.length > 1 ? classCount(layer, level) : 1;
    const genes = Array.from({ length: classes }, (_, classIndex): ExploredGene => {
      if (classes === 1) return { name: layer.name, ...named, layer: layer.name, choices: own };
      const name = `${layer.name}/${classIndex}`;
      return { name, ...named, layer: layer.name, classIndex, choices: own };
    });
    if (skips !== undefined && skips.length > 1 && own.length > 1) {
      const name = `${layer.name}/skip`;
      genes.push({ name, ...named, layer: layer.name, choices: [], skips: skips.map(printSkip) });
    }
    return { layer, classes, genes };
  });
  const kept = new Map<string, LayerOption>();
  const optionOf = ({ layer, classes }: (typeof layers)[number], values: readonly number[]): LayerOption => {
    const key = `${layer.name} ${values.join()}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const own = choices.get(layer.name)!;
    const used = values.slice(0, classes).map((value) => own[value]!);
    const specs = used.map((index) => request.candidates[index]!.spec);
    const skip = skips?.[values[classes] ?? 0];
    const plan: LayerPlan = {
      level: classes === 1 ? { kind: 'llam' } : level,
      specs,
      ...(skip === undefined ? {} : { skip }),
    };
    const variant = request.variantOf(layer.name, planLayer(layer, plan));
    const perWeight = multiplications.get(layer.name)! / layer.weights.length;
    const counts = new Map<number, number>();
    for (const [spec, weights] of countWeights(layer, variant.multiplier)) {
      counts.set(used[specs.findIndex((own) => designName(own) === designName(spec))]!, weights * perWeight);
    }
    const multiplied = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const option: LayerOption = {
      plan,
      variant,
      multiplications: counts,
      skippedMultiplications: multiplications.get(layer.name)! - multiplied,
      energyNj: energiesOfLayer(request, layer.name, counts),
    };
    if (kept.size >= KEPT_OPTIONS) kept.delete(kept.keys().next().value!);
    kept.set(key, option);
    return option;
  };
  return {
    genes: layers.flatMap(({ genes }) => genes),
    optionsOf(genome) {
      let at = 0;
      return new Map(
        layers.map((own) => {
          const values = genome.slice(at, at + own.genes.length);
          at += own.genes.length;
          return [own.layer.name, optionOf(own, values)] as const;
        }),
      );
    },
  };
}

/** A skipping rule in words; "none" for none. */
export function printSkip(rule: SkipRule | undefined): string {
  if (rule === undefined) return 'none';
  const { withinSigma, beyondSigma } = rule;
  return [
    ...(withinSigma === undefined ? [] : [`|w-mu|<${withinSigma} sigma`]),
    ...(beyondSigma === undefined ? [] : [`|w-mu|>${beyondSigma} sigma`]),
  ].join(' or ');
}

function energiesOfLayer(
  { candidates, energies }: LayerOptionsRequest,
  layer: string,
  counts: ReadonlyMap<number, number>,
): LayerOption['energyNj'] {
  const found: Partial<Record<NetworkStream, number>> = {};
  for (const stream of energies.streams) {
    let sumPj: number | undefined = 0;
    for (const [multiplier, count] of counts) {
      const each = energies.energyPjOf(candidates[multiplier]!.design, layer, stream);
      sumPj = each === undefined || sumPj === undefined ? undefined : sumPj + count * each;
    }
    if (sumPj !== undefined) found[stream] = sumPj / 1000;
  }
  return found;
}

/**
 * Energy of the whole network on a stream, nJ per image; undefined where a layer has none.
 */
export function energyOf(
  options: ReadonlyMap<string, LayerOption>,
  stream: NetworkStream,
): number | undefined {
  let sum: number | undefined = 0;
  for (const { energyNj } of options.values()) {
    const own: number | undefined = energyNj[stream];
    sum = own === undefined || sum === undefined ? undefined : sum + own;
  }
  return sum;
}
