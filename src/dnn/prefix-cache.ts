import { MaxdnnError } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import type { MixedAssignment, RoundedOperand } from './assignment.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { createEngine, type Engine, outputsReadFrom } from './infer.ts';
import { layerDigest, multiplierDigest } from './layer-digest.ts';
import { createLayerPlans } from './layer-plans.ts';
import {
  codeRanges,
  countMultiplications,
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

/** Outputs of all images at one cut, that is, in front of one layer. */
interface Cut {
  readonly key: string;
  /** Number of the layer behind it. */
  readonly first: number;
  readonly bytes: number;
  /** Codes of the layers read behind the cut, image × height × width × channel. */
  readonly outputs: ReadonlyMap<string, Int8Array>;
  /** Images so far. */
  filled: number;
}

export interface PrefixCacheOptions {
  /**
   * Share of the network's multiplications, 0 … 1, that must lie between two places where outputs are kept; default 0,
   * in front of every convolution and dense layer. Fewer places make room for more assignments.
   */
  readonly spacing?: number;
}

/** Default limit, per thread. */
export const PREFIX_CACHE_BYTES = 96 * 2 ** 20;

/**
 * Keeps layer outputs of all images in front of convolutions and dense layers, the least recently used go first. Of a
 * new assignment at most half of the room is filled, first with what saves the most multiplications per byte.
 */
export function createPrefixCache(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  maxBytes: number = PREFIX_CACHE_BYTES,
  { spacing = 0 }: PrefixCacheOptions = {},
): PrefixCache {
  const places = cutPlaces(network, images.images, spacing);
  const plans = createLayerPlans(maxBytes === 0 ? 0 : undefined);
  /** Complete cuts, the least recently used first. */
  const cuts = new Map<string, Cut>();
  const usedBytes = (): number => [...cuts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const keep = (cut: Cut): void => {
    cuts.delete(cut.key);
    for (const oldest of cuts.values()) {
      if (usedBytes() + cut.bytes <= maxBytes) break;
      cuts.delete(oldest.key);
    }
    cuts.set(cut.key, cut);
  };
  return {
    usedBytes,
    prepare(assignment, variant = network) {
      const keys = prefixKeys(variant, assignment);
      let start: Cut | undefined;
      const wanted: CutPlace[] = [];
      let room = maxBytes / 2;
      for (const place of places) {
        const found = cuts.get(keys[place.first]!);
        if (found) keep(found);
        if (found && found.first > (start?.first ?? 0)) start = found;
        if (found || place.bytes > room) continue;
        room -= place.bytes;
        wanted.push(place);
      }
      const first = start?.first ?? 0;
      const kept = { plans, keys: planKeys(variant, assignment) };
      const engine = createEngine(variant, assignment, roundedOperand, { first, kept });
      const growing = wanted
        .filter((place) => place.first > first)
        .map((place) => newCut(place, keys[place.first]!, images.images));
      return {
        reusedLayers: first,
        infer(image) {
          if (!(image >= 0 && image < images.images)) throw new MaxdnnError('internal', `No image ${image}`);
          const logits = start
            ? engine.resume(outputsOf(start, image, images.images))
            : engine.infer(imageCodes(images, image));
          for (const cut of growing) {
            if (image !== cut.filled) continue;
            record(engine, cut, image, images.images);
            if (cut.filled === images.images) keep(cut);
          }
          return logits;
        },
      };
    },
  };
}

interface CutPlace {
  readonly first: number;
  readonly sizes: ReadonlyMap<string, number>;
  readonly bytes: number;
}

/** Where outputs may be kept, what saves most per byte first. */
function cutPlaces(network: QuantisedNetwork, images: number, spacing: number): readonly CutPlace[] {
  const shapes = quantisedShapes(network);
  const multiplications = multiplicationsByLayer(network);
  const apart = spacing * countMultiplications(network);
  let saved = 0;
  let savedBefore = 0;
  const places: (CutPlace & { readonly worth: number })[] = [];
  for (const [first, layer] of network.layers.entries()) {
    if (!isWeighted(layer)) continue;
    if (saved > 0 && saved - savedBefore >= apart) {
      savedBefore = saved;
      const names = outputsReadFrom(network, first);
      const sizes = new Map(names.map((name) => [name, sizeOf(shapes.get(name)!)] as const));
      const bytes = images * [...sizes.values()].reduce((sum, size) => sum + size, 0);
      places.push({ first, sizes, bytes, worth: saved / bytes });
    }
    saved += multiplications.get(layer.name)!;
  }
  return places.sort((x, y) => y.worth - x.worth);
}

/** Per layer a digest of all that decides the outputs of the layers before it. */
function prefixKeys(network: QuantisedNetwork, assignment: MixedAssignment): readonly string[] {
  let key = '';
  return network.layers.map((layer) => {
    const before = key;
    const multiplier = isWeighted(layer) ? assignment.get(layer.name) : undefined;
    key = sha256(`${before} ${layerDigest(layer)} ${multiplier ? multiplierDigest(multiplier) : ''}`);
    return before;
  });
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

function newCut({ first, sizes, bytes }: CutPlace, key: string, images: number): Cut {
  const outputs = new Map([...sizes].map(([name, size]) => [name, new Int8Array(images * size)] as const));
  return { key, first, bytes, outputs, filled: 0 };
}

function outputsOf(cut: Cut, image: number, images: number): ReadonlyMap<string, Int8Array> {
  return new Map([...cut.outputs].map(([name, codes]) => [name, imagePart(codes, image, images)] as const));
}

function record(engine: Engine, cut: Cut, image: number, images: number): void {
  for (const [name, codes] of cut.outputs) engine.readCodes(name, imagePart(codes, image, images));
  cut.filled++;
}

function imagePart(codes: Int8Array, image: number, images: number): Int8Array {
  const size = codes.length / images;
  return codes.subarray(image * size, (image + 1) * size);
}
