import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted } from '../dnn/quantised-network.ts';
import { rescalableInput } from '../dnn/rescale-activation.ts';
import { ACTIVATION_FACTORS } from '../tune/activation-scale.ts';
import { type RefineRequest, refineVariant } from '../tune/refine.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';

/** A variant with its score. */
export interface PolishedVariant {
  readonly variant: NetworkVariant;
  readonly score: VariantScore;
}

/**
 * Activation-scale search by what the whole network makes of it: one layer's input after the other gets the next finer or
 * coarser scale as long as that lowers the KL divergence on the evaluator's images, with the layers from there on tuned
 * again. Ends after a round without a change.
 * @param variant as refineVariant left it
 * @param rounds at most this many times over all layers
 */
export async function polishScales(
  refine: RefineRequest,
  evaluator: Evaluator,
  variant: NetworkVariant,
  rounds = 2,
): Promise<PolishedVariant> {
  const scoreOf = async (one: NetworkVariant): Promise<PolishedVariant> => ({
    variant: one,
    score: (await evaluator.score([one]))[0]!,
  });
  const names = refine.network.layers.filter(isWeighted).map(({ name }) => name);
  let best = await scoreOf(variant);
  for (let round = 0; round < rounds; round++) {
    const before = best;
    for (const [index, name] of names.entries()) {
      if (rescalableInput(refine.network, name) === undefined) continue;
      for (const direction of [1, -1]) {
        for (;;) {
          const own = best.variant.get(name)!;
          const place = ACTIVATION_FACTORS.findIndex((factor) => factor === (own.inputScaleFactor ?? 1));
          const factor = ACTIVATION_FACTORS[place + direction];
          if (factor === undefined) break;
          const changed = new Map(best.variant).set(name, { ...own, inputScaleFactor: factor });
          const trial = await scoreOf(refineVariant(refine, changed, index));
          if (trial.score.klNats >= best.score.klNats) break;
          best = trial;
        }
      }
    }
    if (before === best) break;
  }
  return best;
}
