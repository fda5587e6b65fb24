import { sha256 } from '../base/files.ts';
import { multiplierDigest } from '../dnn/layer-digest.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';

const digests = new WeakMap<LayerVariant, string>();

/** SHA-256 over a layer's multiplier and tuned constants. */
export function layerVariantDigest(variant: LayerVariant): string {
  const known = digests.get(variant);
  if (known !== undefined) return known;
  const { multiplier, weights, weightScaleFactors = [], bias, inputScaleFactor = 1 } = variant;
  const bytes = (values: Int8Array | Int32Array | undefined): string =>
    values ? sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) : '';
  const digest = sha256(
    [
      multiplierDigest(multiplier),
      bytes(weights),
      bytes(bias),
      weightScaleFactors.join(),
      String(inputScaleFactor),
    ].join(' '),
  );
  digests.set(variant, digest);
  return digest;
}

/**
 * Indices of the variants in an order in which those that begin alike follow each other.
 * @param layers names in the order of the network
 */
export function orderByPrefix(
  variants: readonly NetworkVariant[],
  layers: readonly string[],
): readonly number[] {
  const keys = variants.map((variant) =>
    layers.map((name) => {
      const own = variant.get(name);
      return own === undefined ? '' : layerVariantDigest(own);
    }),
  );
  const compare = (a: readonly string[], b: readonly string[]): number => {
    const at = a.findIndex((key, i) => key !== b[i]);
    return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
  };
  return variants.map((_, i) => i).sort((i, j) => compare(keys[i]!, keys[j]!) || i - j);
}
