import { MaxdnnError } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import type { MixedAssignment, RoundedOperand } from './assignment.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { createEngine, outputsReadFrom } from './infer.ts';
import { instantiateKernels } from './kernels.ts';
import { layerDigest, multiplierDigest } from './layer-digest.ts';
import { createLayerPlans } from './layer-plans.ts';
import { INPUT_NAME } from './network.ts';
import { createOutputStore, type GrowingOutput, type KeptOutput } from './output-store.ts';
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
   * before them too, are not computed again as long as their outputs are kept. Engines prepared before are at an end.
   * @param variant the network with other constants (layers, shapes and connections as they are); default: itself
   * @throws bad-input when a multiplier does not fit its layer
   */
  prepare(assignment: MixedAssignment, variant?: QuantisedNetwork): CachedEngine;
  /** Bytes of the complete outputs kept at present; with those of the assignment at work at most the limit. */
  usedBytes(): number;
}

export interface CachedEngine {
  /** How many layers are taken from earlier assignments. */
  readonly reusedLayers: number;
  /** int32 logits of an image of the set. Outputs are kept for later when images come in order, each once. */
  infer(image: number): Int32Array;
}

/** A layer whose codes of all images are being collected, packed. */
interface Growing {
  readonly name: string;
  readonly output: GrowingOutput;
}

/** Default limit, per thread. */
export const PREFIX_CACHE_BYTES = 96 * 2 ** 20;

/**
 * Keeps outputs of layers for all images, packed: what is read behind a place, in front of each convolution and dense
 * layer. Places share outputs. Of a new assignment at most what fills half of the room before packing is kept, first
 * what saves the most multiplications per byte.
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
  const store = createOutputStore(maxBytes);
  /** One instance for all engines: fresh memory and growing it cost as much as some images. */
  const kernels = instantiateKernels();
  let latest = 0;
  /** Outputs that the assignment at work leaves behind the place where it starts. */
  const startGrowing = (start: Place | undefined, keys: ReadonlyMap<string, string>): readonly Growing[] => {
    let room = Math.min(maxBytes / 2, maxBytes - (start?.bytes ?? 0));
    const wanted = new Set<string>();
    for (const { first, sizes } of byWorth) {
      if (first <= (start?.first ?? 0)) continue;
      const missing = [...sizes].filter(([name]) => !wanted.has(name) && !store.find(keys.get(name)!));
      const bytes = missing.reduce((sum, [, size]) => sum + images.images * size, 0);
      if (bytes > room) continue;
      room -= bytes;
      for (const [name] of missing) wanted.add(name);
    }
    const spared = new Set([...(start?.sizes.keys() ?? [])].map((name) => keys.get(name)!));
    const names = [...wanted];
    const outputs = store.start(
      names.map((name) => keys.get(name)!),
      spared,
    );
    return names.map((name, i) => ({ name, output: outputs[i]! }));
  };
  return {
    usedBytes: store.usedBytes,
    prepare(assignment, variant = network) {
      const own = ++latest;
      const keys = outputKeys(variant, assignment);
      const outputOf = (name: string): KeptOutput | undefined => store.find(keys.get(name)!);
      const found = places.filter(({ sizes }) => [...sizes.keys()].every((name) => outputOf(name)));
      for (const { sizes } of found) for (const name of sizes.keys()) store.touch(keys.get(name)!);
      const start = found.at(-1);
      const first = start?.first ?? 0;
      const kept = [...(start?.sizes.keys() ?? [])].map((name) => [name, outputOf(name)!] as const);
      kernels.reset();
      const engine = createEngine(variant, assignment, roundedOperand, {
        first,
        kernels,
        kept: { plans, keys: planKeys(variant, assignment) },
      });
      const growing = startGrowing(start, keys);
      let filled = 0;
      return {
        reusedLayers: first,
        infer(image) {
          if (own !== latest) throw new MaxdnnError('internal', 'Another assignment was prepared since');
          if (!(image >= 0 && image < images.images)) throw new MaxdnnError('internal', `No image ${image}`);
          const logits = start
            ? engine.resume(new Map(kept.map(([name, output]) => [name, output.part(image)])))
            : engine.infer(imageCodes(images, image));
          if (image !== filled) return logits;
          for (const { name, output } of growing) output.append(engine.packCodes(name));
          filled++;
          if (filled === images.images) for (const { output } of growing) output.keep();
          return logits;
        },
      };
    },
  };
}

/** Where an engine may start. */
interface Place {
  /** Number of the layer behind it. */
  readonly first: number;
  /** Codes per image of the layers in front of it that are read behind it. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Bytes of all images before packing. */
  readonly bytes: number;
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
    return [{ first, sizes, bytes, worth: before / bytes }];
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
