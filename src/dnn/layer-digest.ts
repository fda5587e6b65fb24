import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { isMixture, type LayerMultiplier } from './assignment.ts';
import { isWeighted, type QuantisedLayer, type QuantisedNetwork } from './quantised-network.ts';

const layers = new WeakMap<QuantisedLayer, string>();
const multipliers = new WeakMap<LayerMultiplier, string>();

/** SHA-256 over all that decides what a layer makes of its inputs: constants, code range, names; not the multiplier. */
export function layerDigest(layer: QuantisedLayer): string {
  const known = layers.get(layer);
  if (known !== undefined) return known;
  const { buffer, byteOffset, byteLength } = isWeighted(layer) ? layer.weights : new Int8Array(0);
  const digest = digestOf(
    isWeighted(layer)
      ? { ...layer, weights: sha256(new Uint8Array(buffer, byteOffset, byteLength)), bias: [...layer.bias] }
      : layer,
  );
  layers.set(layer, digest);
  return digest;
}

/** SHA-256 over the multipliers of a layer. */
export function multiplierDigest(multiplier: LayerMultiplier): string {
  const known = multipliers.get(multiplier);
  if (known !== undefined) return known;
  const digest = digestOf(isMixture(multiplier) ? [multiplier.specs, sha256(multiplier.index)] : multiplier);
  multipliers.set(multiplier, digest);
  return digest;
}

/** SHA-256 over names, operations, connections and shapes: the same for all variants of a network. */
export function structureDigest({ input, layers: all }: QuantisedNetwork): string {
  const { height, width, channels } = input;
  return digestOf([
    [height, width, channels],
    all.map((layer) => [
      layer.name,
      layer.op,
      layer.inputs,
      'kernel' in layer ? [layer.kernel, layer.stride] : [],
      'pads' in layer ? layer.pads : [],
      'before' in layer ? [layer.before, layer.after] : [],
      isWeighted(layer) ? [layer.weights.length, layer.bias.length] : [],
    ]),
  ]);
}
