import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8 } from '../../src/dnn/assignment.ts';
import type { LayerVariant, NetworkVariant } from '../../src/dnn/layer-variant.ts';
import { perFilter } from '../../src/dnn/mixture.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import type { EvaluatorSetup, VariantScore } from '../../src/explore/evaluator.ts';
import { startLocalEvaluator } from '../../src/explore/local-evaluator.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { registerTable } from '../../src/multiplier/table-registry.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

/** A small network with images, and truth tables among its multipliers. */
export function sampleSetup(images: number): EvaluatorSetup {
  const network = randomNetwork(5);
  const dataset = randomImages(network, images, 9);
  return { network: quantiseNetwork(network, dataset), images: dataset, roundedOperand: 'activations' };
}

const coarse: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };

/** A multiplier from outside: the worker gets its truth table from Redis. */
const table: MultiplierSpec = {
  family: 'table',
  name: 'lower_bits_lost',
  operands: 'signed',
  sha256: registerTable(
    Uint16Array.from({ length: 65536 }, (_, i) => ((((i >> 8) << 24) >> 24) * ((i << 24) >> 24)) & 0xfff0),
  ),
};

const CHOICES = [EXACT_INT8, coarse, table];

/** Different variants with everything that a variant can have. */
export function sampleVariants({ network }: EvaluatorSetup, count: number, seed: number): NetworkVariant[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, index) => {
    const entries = network.layers.filter(isWeighted).map((layer, at): readonly [string, LayerVariant] => {
      const spec = CHOICES[rng.nextInt(0, CHOICES.length - 1)]!;
      // The first layer makes each variant another one.
      if (at === 0) return [layer.name, { multiplier: spec, bias: layer.bias.map((value) => value + index) }];
      if (rng.nextInt(0, 2) === 0) {
        return [layer.name, { multiplier: perFilter(layer, [spec, coarse], (filter) => filter % 2) }];
      }
      return [
        layer.name,
        { multiplier: spec, weights: layer.weights.map((code) => Math.max(-127, code - 1)) },
      ];
    });
    return new Map(entries);
  });
}

/** The scores as one thread of this process finds them. */
export async function localScores(
  setup: EvaluatorSetup,
  variants: readonly NetworkVariant[],
): Promise<readonly VariantScore[]> {
  const evaluator = startLocalEvaluator(setup, { workers: 0 });
  try {
    return await evaluator.score(variants);
  } finally {
    await evaluator.close();
  }
}
