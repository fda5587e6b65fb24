import { inputOf } from './layer-operands.ts';
import {
  type ConvGeometry,
  convGeometry,
  type QuantisedNetwork,
  quantisedShapes,
  type WeightedLayer,
} from './quantised-network.ts';
import { type LayerSchedule, nextRun, runPositions, type WeightRun } from './record-operands-schedule.ts';

/** Operand pairs in order; both arrays have the same length. */
export interface OperandPairs {
  /** Codes as the multiplier gets them: raw codes, the zero point not subtracted; padding reads the zero point. */
  readonly activations: Int8Array;
  readonly weights: Int8Array;
}

/** A layer with the images that it reads. */
export interface OperandSource {
  readonly layer: WeightedLayer;
  readonly geometry: ConvGeometry;
  /** Code of the padding. */
  readonly inputZeroPoint: number;
  /** Codes per image, height × width × channel. */
  readonly inputs: readonly Int8Array[];
}

/** What a layer multiplies in images whose input codes are given. */
export function operandSource(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  inputs: readonly Int8Array[],
): OperandSource {
  const shapes = quantisedShapes(network);
  const geometry = convGeometry(layer, shapes.get(layer.inputs[0]!)!, shapes.get(layer.name)!);
  return { layer, geometry, inputZeroPoint: inputOf(network, layer).inputZeroPoint, inputs };
}

/** The pairs of consecutive runs of one processing element, from `start` on. */
export function streamFrom(
  source: OperandSource,
  schedule: LayerSchedule,
  start: WeightRun,
  runs: number,
): OperandPairs {
  const activations: number[] = [];
  const weights: number[] = [];
  const taps = tapsOf(source.layer);
  let run = start;
  for (let n = 0; n < runs; n++) {
    const [first, length] = runPositions(schedule, run);
    for (let position = first; position < first + length; position++) {
      activations.push(activationAt(source, run.image, position, run.filter, run.tap));
      weights.push(source.layer.weights[run.filter * taps + run.tap]!);
    }
    run = nextRun(schedule, run);
  }
  return { activations: Int8Array.from(activations), weights: Int8Array.from(weights) };
}

/** The code that a weight of a filter meets at an output position. */
export function activationAt(
  { geometry, inputs, inputZeroPoint }: OperandSource,
  image: number,
  position: number,
  filter: number,
  tap: number,
): number {
  const { from, to, kernel, stride, pads, groups } = geometry;
  const channels = from.channels / groups;
  const channel = Math.floor((filter * groups) / to.channels) * channels + (tap % channels);
  const place = Math.floor(tap / channels);
  const y = Math.floor(position / to.width) * stride[0] + Math.floor(place / kernel[1]) - pads[0];
  const x = (position % to.width) * stride[1] + (place % kernel[1]) - pads[1];
  if (y < 0 || y >= from.height || x < 0 || x >= from.width) return inputZeroPoint;
  return inputs[image]![(y * from.width + x) * from.channels + channel]!;
}

/** Weights of one filter. */
export function tapsOf(layer: WeightedLayer): number {
  return layer.weights.length / layer.bias.length;
}
