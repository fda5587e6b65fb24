import { createRng } from '../base/rng.ts';
import type { MixedAssignment, RoundedOperand } from './assignment.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { createEngine } from './infer.ts';
import {
  convGeometry,
  type QuantisedNetwork,
  quantisedShapes,
  quantisedZeroPoints,
  type WeightedLayer,
} from './quantised-network.ts';

/** Output positions of a layer that are looked at, the same number in each image. */
export interface SamplePositions {
  /** Rows and columns of the output, image after image: 2 · samples entries. */
  readonly places: Int32Array;
  readonly perImage: number;
}

/**
 * Draws output positions of a layer for each image, each at most once per image.
 * @param samples about how many in all; never more than the layer has
 */
export function drawPositions(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  images: number,
  samples: number,
  seed: number,
): SamplePositions {
  const { height, width } = quantisedShapes(network).get(layer.name)!;
  const all = height * width;
  const perImage = Math.min(all, Math.max(1, Math.ceil(samples / images)));
  const rng = createRng(seed);
  const places = new Int32Array(2 * perImage * images);
  const order = Int32Array.from({ length: all }, (_, i) => i);
  for (let image = 0; image < images; image++) {
    for (let i = 0; i < perImage; i++) {
      const other = rng.nextInt(i, all - 1);
      const chosen = order[other]!;
      order[other] = order[i]!;
      order[i] = chosen;
      const at = 2 * (image * perImage + i);
      places[at] = Math.floor(chosen / width);
      places[at + 1] = chosen % width;
    }
  }
  return { places, perImage };
}

/** Codes that a layer multiplies at sampled positions, tap by tap. */
export interface LayerSamples {
  /** Taps of all groups, as in the weights of a filter: kernel row, kernel column, channel (of all groups). */
  readonly taps: number;
  readonly samples: number;
  /** int8 [tap][sample]; padding reads the input's zero point. */
  readonly codes: Int8Array;
}

/**
 * Runs the network over all images and keeps what each layer reads at its positions.
 * @param positions by layer name
 */
export function sampleLayers(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand,
  images: Dataset,
  positions: ReadonlyMap<string, SamplePositions>,
): ReadonlyMap<string, LayerSamples> {
  const shapes = quantisedShapes(network);
  const zeroPoints = quantisedZeroPoints(network);
  const engine = createEngine(partRead(network, positions), assignment, roundedOperand);
  const readers = network.layers
    .filter((layer): layer is WeightedLayer => positions.has(layer.name))
    .map((layer) => {
      const input = layer.inputs[0]!;
      const { places, perImage } = positions.get(layer.name)!;
      const geometry = convGeometry(layer, shapes.get(input)!, shapes.get(layer.name)!);
      const taps = geometry.kernel[0] * geometry.kernel[1] * geometry.from.channels;
      const samples = perImage * images.images;
      return {
        layer,
        input,
        places,
        perImage,
        geometry,
        zero: zeroPoints.get(input)!,
        own: { taps, samples, codes: new Int8Array(taps * samples) },
      };
    });
  for (let image = 0; image < images.images; image++) {
    const pixels = imageCodes(images, image);
    engine.infer(pixels);
    for (const { input, places, perImage, geometry, zero, own } of readers) {
      const codes = input === 'input' ? pixels : engine.codesOf(input);
      const { from, kernel, stride, pads } = geometry;
      const { samples, codes: out } = own;
      for (let i = 0; i < perImage; i++) {
        const sample = image * perImage + i;
        const top = places[2 * sample]! * stride[0] - pads[0];
        const left = places[2 * sample + 1]! * stride[1] - pads[1];
        let at = sample;
        for (let ky = 0; ky < kernel[0]; ky++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            const [y, x] = [top + ky, left + kx];
            const inside = y >= 0 && x >= 0 && y < from.height && x < from.width;
            const base = (y * from.width + x) * from.channels;
            for (let channel = 0; channel < from.channels; channel++, at += samples) {
              out[at] = inside ? codes[base + channel]! : zero;
            }
          }
        }
      }
    }
  }
  return new Map(readers.map(({ layer, own }) => [layer.name, own]));
}

/** Tap of the layer's input that tap k of a filter of a group reads. */
export function inputTap(
  layer: WeightedLayer,
  taps: number,
  groups: number,
  group: number,
  k: number,
): number {
  const [kh, kw] = layer.op === 'conv2d' ? layer.kernel : [1, 1];
  const channels = taps / (kh * kw);
  return Math.floor(k / channels) * channels * groups + group * channels + (k % channels);
}

/** The layers up to the last one whose output is sampled; at least one. */
function partRead(
  network: QuantisedNetwork,
  positions: ReadonlyMap<string, SamplePositions>,
): QuantisedNetwork {
  const read = new Set(
    network.layers.filter(({ name }) => positions.has(name)).map(({ inputs }) => inputs[0]!),
  );
  const last = network.layers.findLastIndex(({ name }) => read.has(name));
  return { ...network, layers: network.layers.slice(0, Math.max(last, 0) + 1) };
}
