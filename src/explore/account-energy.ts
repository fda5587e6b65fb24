import { isMixture, type LayerMultiplier, type MixedAssignment } from '../dnn/assignment.ts';
import { countWeights } from '../dnn/mixture.ts';
import {
  isWeighted,
  multiplicationsByLayer,
  type QuantisedNetwork,
  type WeightedLayer,
} from '../dnn/quantised-network.ts';
import type { ArrayShape } from '../dnn/record-operands-schedule.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import type { EnergyGains, EnergySplit, EnergyTotals, LayerEnergy } from './accelerator-energy.ts';
import { type LayerStorage, storageEnergy } from './storage-energy.ts';
import type { StorageParameters } from './storage-parameters.ts';

/** Energy of a processing element with one multiplier in one layer, pJ per multiplication. */
export interface ElementEnergy {
  readonly multiplyPj: number;
  readonly accumulatePj: number;
  readonly operandRegistersPj: number;
  readonly clockPj: number;
  /** A cycle without a multiplication: clock pins and leakage, the multiplier's included. */
  readonly idlePj: number;
}

export interface AccountRequest {
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  /** @throws where it is not known */
  readonly elementOf: (layer: string, spec: MultiplierSpec) => ElementEnergy;
  readonly array: ArrayShape;
  readonly accumulatorBits: number;
  readonly storage: StorageParameters;
}

/**
 * Energy of one image, layer by layer: #multiplications × energy of the element, the cycles in which elements idle,
 * and the accesses to the memories. Skipped weights are not multiplied; their cycles are idle.
 * @throws bad-input as storageEnergy; what elementOf throws
 */
export function accountEnergy(request: AccountRequest): {
  readonly layers: readonly LayerEnergy[];
  readonly total: EnergyTotals;
} {
  const { network, assignment, array, accumulatorBits, storage } = request;
  const stored = new Map(
    storageEnergy(network, array, accumulatorBits, storage).map((own) => [own.layer, own]),
  );
  const multiplications = multiplicationsByLayer(network);
  const layers = network.layers
    .filter(isWeighted)
    .map((layer) =>
      layerEnergy(
        layer,
        assignment.get(layer.name)!,
        multiplications.get(layer.name)!,
        stored.get(layer.name)!,
        request.elementOf,
      ),
    );
  return { layers, total: withSums(sumSplits(layers.map(({ energy }) => energy))) };
}

/** Gains of `total` against `baseline`, percent. */
export function gainsOf(total: EnergyTotals, baseline: EnergyTotals): EnergyGains {
  const percent = (own: number, other: number): number => 100 * (1 - own / other);
  return {
    multiplyPercent: percent(total.multiplyNj, baseline.multiplyNj),
    macPercent: percent(total.macNj, baseline.macNj),
    totalPercent: percent(total.totalNj, baseline.totalNj),
  };
}

function layerEnergy(
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  perImage: number,
  { accesses, dram, energy: storageSplit }: LayerStorage,
  elementOf: AccountRequest['elementOf'],
): LayerEnergy {
  const counts = countWeights(layer, multiplier);
  const perWeight = perImage / layer.weights.length;
  const used = [...counts].map(([spec, weights]) => ({ spec, weights, of: elementOf(layer.name, spec) }));
  const weightsUsed = used.reduce((sum, { weights }) => sum + weights, 0);
  const nj = (of: keyof ElementEnergy): number =>
    used.reduce((sum, { weights, of: element }) => sum + weights * element[of], 0) * perWeight * 1e-3;
  const idleCycles = accesses.elementCycles - perWeight * weightsUsed;
  const split: EnergySplit = {
    multiplyNj: nj('multiplyPj'),
    accumulateNj: nj('accumulatePj'),
    operandRegistersNj: nj('operandRegistersPj'),
    clockNj: nj('clockPj'),
    idleNj: idleCycles * idlePj(layer.name, multiplier, counts, elementOf) * 1e-3,
    ...storageSplit,
  };
  return {
    layer: layer.name,
    multiplications: perWeight * weightsUsed,
    designs: used.map(({ spec, weights }) => ({ design: designName(spec), weights })),
    accesses,
    dram,
    energy: withSums(split),
  };
}

/** Mean over the layer's multipliers by their weights; evenly where all weights are skipped. */
function idlePj(
  layer: string,
  multiplier: LayerMultiplier,
  counts: ReadonlyMap<MultiplierSpec, number>,
  elementOf: AccountRequest['elementOf'],
): number {
  const specs = isMixture(multiplier) ? multiplier.specs : [multiplier];
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return specs.reduce((sum, spec) => {
    const share = total === 0 ? 1 / specs.length : (counts.get(spec) ?? 0) / total;
    return share === 0 ? sum : sum + share * elementOf(layer, spec).idlePj;
  }, 0);
}

function sumSplits(splits: readonly EnergySplit[]): EnergySplit {
  const sum = (of: keyof EnergySplit): number => splits.reduce((total, split) => total + split[of], 0);
  return {
    multiplyNj: sum('multiplyNj'),
    accumulateNj: sum('accumulateNj'),
    operandRegistersNj: sum('operandRegistersNj'),
    clockNj: sum('clockNj'),
    idleNj: sum('idleNj'),
    activationSramNj: sum('activationSramNj'),
    weightSramNj: sum('weightSramNj'),
    accumulatorSramNj: sum('accumulatorSramNj'),
    dramNj: sum('dramNj'),
  };
}

function withSums(split: EnergySplit): EnergyTotals {
  const { multiplyNj, accumulateNj, operandRegistersNj, clockNj, idleNj } = split;
  const { activationSramNj, weightSramNj, accumulatorSramNj, dramNj } = split;
  const macNj = multiplyNj + accumulateNj + operandRegistersNj + clockNj + idleNj;
  const storageNj = activationSramNj + weightSramNj + accumulatorSramNj + dramNj;
  return { ...split, macNj, storageNj, totalNj: macNj + storageNj };
}
