import { isMixture } from '../dnn/assignment.ts';
import { multiplierDigest } from '../dnn/layer-digest.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import type { VariantOf } from './explore-request.ts';

/** Keeps the variant of each layer and multiplier; mixtures, of which there are too many, are made each time. */
export function memoiseVariants(variantOf: VariantOf): VariantOf {
  const kept = new Map<string, LayerVariant>();
  return (layer, multiplier) => {
    if (isMixture(multiplier)) return variantOf(layer, multiplier);
    const key = `${layer} ${multiplierDigest(multiplier)}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = variantOf(layer, multiplier);
    kept.set(key, made);
    return made;
  };
}
