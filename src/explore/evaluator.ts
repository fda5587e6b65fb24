import type { RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';

/** How a variant of a network does on the images of an evaluator. */
export interface VariantScore {
  readonly images: number;
  /** Images whose label is the class with the largest logit. */
  readonly correct: number;
  /**
   * Mean Kullback-Leibler divergence KL(p ‖ q) in nats, p the softmax of the exact int8 network's logits, q that of the
   * variant's; needs no labels. 0 for a network that gives the same logits.
   */
  readonly klNats: number;
}

/** What is scored: one network on one set of images. */
export interface EvaluatorSetup {
  readonly network: QuantisedNetwork;
  readonly images: Dataset;
  readonly roundedOperand: RoundedOperand;
}

/** Scores variants of one network on one set of images, wherever the work is done. */
export interface Evaluator {
  /**
   * Scores in the order of the variants.
   * @param onScored called once per variant as soon as its score is there, in any order
   */
  score(
    variants: readonly NetworkVariant[],
    onScored?: (index: number, score: VariantScore) => void,
  ): Promise<readonly VariantScore[]>;
  close(): Promise<void>;
}
