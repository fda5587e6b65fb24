import type { LayerPlan } from './integer-conv.ts';

/** Plans of layers by the digest of all that they follow from; mapping and packing takes longer than some images. */
export interface LayerPlans {
  /** The plan of a key, made where it is not kept. What `make` throws is thrown on. */
  planOf(key: string, make: () => LayerPlan): LayerPlan;
}

/** Default limit, per thread. */
const LAYER_PLANS_BYTES = 64 * 2 ** 20;

/** Keeps plans, the least recently used go first. */
export function createLayerPlans(maxBytes: number = LAYER_PLANS_BYTES): LayerPlans {
  const kept = new Map<string, { readonly plan: LayerPlan; readonly bytes: number }>();
  let usedBytes = 0;
  return {
    planOf(key, make) {
      const found = kept.get(key);
      if (found !== undefined) {
        kept.delete(key);
        kept.set(key, found);
        return found.plan;
      }
      const plan = make();
      const bytes = bytesOf(plan);
      for (const [oldest, { bytes: freed }] of kept) {
        if (usedBytes + bytes <= maxBytes) break;
        kept.delete(oldest);
        usedBytes -= freed;
      }
      kept.set(key, { plan, bytes });
      usedBytes += bytes;
      return plan;
    },
  };
}

function bytesOf({ terms, matrix }: LayerPlan): number {
  const mapped = terms.terms.reduce((sum, { weights }) => sum + weights.byteLength, 0);
  return mapped + (matrix?.packed.weights.buffer.byteLength ?? 0);
}
