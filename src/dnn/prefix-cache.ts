import { MaxdnnError } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import type { MixedAssignment, RoundedOperand } from './assignment.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { createEngine, outputsReadFrom } from './infer.ts';
import { layerDigest, multiplierDigest } from './layer-digest.ts';
import { createLayerPlans } from './layer-plans.ts';
import { INPUT_NAME } from './network.ts';
import {
  codeRanges,
  isWeighted,
  multiplicationsByLayer,
  type QuantisedNetwork,
  quantisedShapes,
  quantisedZeroPoints,
  sizeOf,
} from './quantised-network.ts';

/** One network and its variants on one set of images under many assignments. */
export interface PrefixCache {
  /**
   * Prepares an assignment. Layers that are the same as in an earlier one, with the same multipliers, and all layers
   * before them too, are not computed again as long as their outputs are kept.
   * @param variant the network with other constants (layers, shapes and connections as they are); default: itself
   * @throws bad-input when a multiplier does not fit its layer
   */
  prepare(assignment: MixedAssignment, variant?: QuantisedNetwork): CachedEngine;
  /** Bytes of the complete outputs kept at present, at most the limit; those of the assignment at work come on top. */
  usedBytes(): number;
}

export interface CachedEngine {
  /** How many layers are taken from earlier assignments. */
  readonly reusedLayers: number;
  /** int32 logits of an image of the set. Outputs are kept for later when images come in order, each once. */
  infer(image: number): Int32Array;
}

/** Codes of a layer for all images, image × height × width × channel. */
interface Output {
  readonly key: string;
  readonly name: string;
  readonly codes: Int8Array;
}

/** Default limit, per thread. */
export const PREFIX_CACHE_BYTES = 96 * 2 ** 20;

/**
 * Keeps outputs of layers for all images: what is read behind a place, in front of each convolution and dense layer.
 * Places share outputs. The least recently used outputs go first. Of a new assignment at most half of the room is
 * filled, first with what saves the most multiplications per byte.
 */
export function createPrefixCache(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  maxBytes: number = PREFIX_CACHE_BYTES,
): PrefixCache {
  const places = placesOf(network, images.images);
  const byWorth = [...places].sort((x, y) => y.worth - x.worth);
  const plans = createLayerPlans(maxBytes === 0 ? 0 : undefined);
  /** Complete outputs, the least recently used first. */
  const kept = new Map<string, Output>();
  let usedBytes = 0;
  const remove = (output: Output): void => {
    kept.delete(output.key);
    usedBytes -= output.codes.length;
  };
  const keep = (output: Output): void => {
    const before = kept.get(output.key);
    if (before !== undefined) remove(before);
    for (const oldest of kept.values()) {
      if (usedBytes + output.codes.length <= maxBytes) break;
      remove(oldest);
    }
    kept.set(output.key, output);
    usedBytes += output.codes.length;
  };
  /** The kept outputs of the names, undefined where one is missing. */
  const keptOf = (names: Iterable<string>, keys: ReadonlyMap<string, string>): Output[] | undefined => {
    const outputs = [...names].map((name) => kept.get(keys.get(name)!));
    return outputs.every((output) => output !== undefined) ? outputs : undefined;
  };
  /** Room for what the assignment at work leaves behind the place where it starts. */
  const startOutputs = (first: number, keys: ReadonlyMap<string, string>): readonly Output[] => {
    const outputs = new Map<string, Output>();
    let room = maxBytes / 2;
    for (const place of byWorth) {
      if (place.first <= first) continue;
      const missing = [...place.sizes].filter(([name]) => !outputs.has(name) && !kept.has(keys.get(name)!));
      const bytes = missing.reduce((sum, [, size]) => sum + images.images * size, 0);
      if (bytes > room) continue;
      room -= bytes;
      for (const [name, size] of missing) {
        outputs.set(name, { key: keys.get(name)!, name, codes: new Int8Array(images.images * size) });
      }
    }
    return [...outputs.values()];
  };
  return {
    usedBytes: () => usedBytes,
    prepare(assignment, variant = network) {
      const keys = outputKeys(variant, assignment);
      let first = 0;
      let start: readonly Output[] | undefined;
      // Backwards: what stands in front of the network comes back more often and is to go last.
      for (const place of [...places].reverse()) {
        const found = keptOf(place.sizes.keys(), keys);
        if (found === undefined) continue;
        if (start === undefined) [first, start] = [place.first, found];
        for (const output of found) keep(output);
      }
      const engine = createEngine(variant, assignment, roundedOperand, {
        first,
        kept: { plans, keys: planKeys(variant, assignment) },
      });
      const growing = startOutputs(first, keys);
      let filled = 0;
      return {
        reusedLayers: first,
        infer(image) {
          if (!(image >= 0 && image < images.images)) throw new MaxdnnError('internal', `No image ${image}`);
          const logits = start
            ? engine.resume(new Map(start.map(({ name, codes }) => [name, imagePart(codes, image)])))
            : engine.infer(imageCodes(images, image));
          if (image !== filled) return logits;
          for (const { name, codes } of growing) engine.readCodes(name, imagePart(codes, image));
          filled++;
          if (filled === images.images) for (const output of growing) keep(output);
          return logits;
        },
      };
    },
  };

  function imagePart(codes: Int8Array, image: number): Int8Array {
    const size = codes.length / images.images;
    return codes.subarray(image * size, (image + 1) * size);
  }
}

/** Where an engine may start. */
interface Place {
  /** Number of the layer behind it. */
  readonly first: number;
  /** Codes per image of the layers in front of it that are read behind it. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Multiplications in front of it per byte. */
  readonly worth: number;
}

/** In front of each convolution and dense layer that has another one before it, in the order of the network. */
function placesOf(network: QuantisedNetwork, images: number): readonly Place[] {
  const shapes = quantisedShapes(network);
  const multiplications = multiplicationsByLayer(network);
  let saved = 0;
  return network.layers.flatMap((layer, first) => {
    if (!isWeighted(layer)) return [];
    const before = saved;
    saved += multiplications.get(layer.name)!;
    if (before === 0) return [];
    const names = outputsReadFrom(network, first);
    const sizes = new Map(names.map((name) => [name, sizeOf(shapes.get(name)!)] as const));
    const bytes = images * [...sizes.values()].reduce((sum, size) => sum + size, 0);
    return [{ first, sizes, worth: before / bytes }];
  });
}

/** Of the image and each layer a digest of all that decides its codes. */
function outputKeys(network: QuantisedNetwork, assignment: MixedAssignment): ReadonlyMap<string, string> {
  const keys = new Map([[INPUT_NAME, INPUT_NAME]]);
  for (const layer of network.layers) {
    const multiplier = isWeighted(layer) ? assignment.get(layer.name) : undefined;
    const inputs = layer.inputs.map((name) => keys.get(name)!).join(' ');
    const own = multiplier ? multiplierDigest(multiplier) : '';
    keys.set(layer.name, sha256(`${inputs} ${layerDigest(layer)} ${own}`));
  }
  return keys;
}

/** Per convolution and dense layer a key of all that its plan follows from. */
function planKeys(network: QuantisedNetwork, assignment: MixedAssignment): ReadonlyMap<string, string> {
  const ranges = codeRanges(network);
  const zeroPoints = quantisedZeroPoints(network);
  return new Map(
    network.layers.filter(isWeighted).flatMap((layer) => {
      const multiplier = assignment.get(layer.name);
      const [input] = layer.inputs;
      const { low, high } = ranges.get(input!)!;
      const key = `${layerDigest(layer)} ${low} ${high} ${zeroPoints.get(input!)}`;
      return multiplier ? [[layer.name, `${key} ${multiplierDigest(multiplier)}`] as const] : [];
    }),
  );
}
