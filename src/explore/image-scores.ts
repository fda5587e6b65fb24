import { applyVariants } from '../dnn/apply-variants.ts';
import { EXACT_INT8, uniformAssignment } from '../dnn/assignment.ts';
import { argmax } from '../dnn/infer.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { createPrefixCache } from '../dnn/prefix-cache.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { EvaluatorSetup, VariantScore } from './evaluator.ts';

/** How a variant does on each image of a part of the set; plain data. */
export interface ImageScores {
  /** KL divergence to the exact network, nats, per image. */
  readonly klNats: Float64Array;
  /** 1 where the class with the largest logit is the label. */
  readonly correct: Uint8Array;
}

/** Scores variants on all images of a set, one after the other. */
export type ScoreImages = (variant: NetworkVariant) => ImageScores;

/**
 * Prepares a set of images. The exact network's logits are computed once; outputs of layers are kept, so that a variant
 * that begins like an earlier one costs only what comes behind (prefix-cache.ts).
 */
export function createImageScorer(
  { network, images, roundedOperand }: EvaluatorSetup,
  cacheBytes: number,
): ScoreImages {
  const cache = createPrefixCache(network, images, roundedOperand, cacheBytes);
  const exactEngine = cache.prepare(uniformAssignment(network, EXACT_INT8));
  const exact = Array.from({ length: images.images }, (_, image) => {
    const logs = logProbabilities(exactEngine.infer(image), logitScale(network));
    return { logs, probabilities: logs.map(Math.exp) };
  });
  /** Of the variant on one image; an array of its own for each would cost as much as the numbers in it. */
  const logs = new Float64Array(exact[0]?.logs.length ?? 0);
  return (variant) => {
    const applied = applyVariants(network, variant);
    const engine = cache.prepare(applied.assignment, applied.network);
    const scale = logitScale(applied.network);
    const scores = { klNats: new Float64Array(images.images), correct: new Uint8Array(images.images) };
    for (let image = 0; image < images.images; image++) {
      const logits = engine.infer(image);
      scores.klNats[image] = klDivergence(exact[image]!, logProbabilities(logits, scale, logs));
      scores.correct[image] = Number(argmax(logits) === images.labels[image]);
    }
    return scores;
  };
}

/** One score of the parts of a set, summed image by image in their order, so that it does not depend on the parts. */
export function joinScores(parts: readonly ImageScores[]): VariantScore {
  let [images, correct, klNats] = [0, 0, 0];
  for (const part of parts) {
    for (const [image, kl] of part.klNats.entries()) {
      images += 1;
      correct += part.correct[image]!;
      klNats += kl;
    }
  }
  return { images, correct, klNats: klNats / images };
}

/** What one step of a logit stands for. */
function logitScale(network: QuantisedNetwork): number {
  return network.layers.at(-1)!.outputScale;
}

/** Logarithm of the softmax of logits × scale, written into `logs`. */
function logProbabilities(
  logits: Int32Array,
  scale: number,
  logs: Float64Array = new Float64Array(logits.length),
): Float64Array {
  const largest = logits[argmax(logits)]!;
  let sum = 0;
  for (let i = 0; i < logs.length; i++) {
    const shifted = (logits[i]! - largest) * scale;
    logs[i] = shifted;
    sum += Math.exp(shifted);
  }
  const logSum = Math.log(sum);
  for (let i = 0; i < logs.length; i++) logs[i]! -= logSum;
  return logs;
}

/** A distribution and its logarithms. */
interface Distribution {
  readonly probabilities: Float64Array;
  readonly logs: Float64Array;
}

/** KL(p ‖ q) in nats of two distributions, q given by its logarithms; never negative. */
function klDivergence({ probabilities, logs }: Distribution, logQ: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += probabilities[i]! * (logs[i]! - logQ[i]!);
  return Math.max(0, sum);
}
