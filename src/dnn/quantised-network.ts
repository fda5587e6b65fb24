import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { windowCount } from './float-shapes.ts';
import { INPUT_NAME, type InputDescription, type Shape } from './network.ts';

interface LayerBase {
  readonly name: string;
  /** Names of the layers it reads; "input" is the image's codes, u8 − 128. */
  readonly inputs: readonly string[];
  /** What one step of the output code stands for in the float network. */
  readonly outputScale: number;
}

/** Ends of the output codes: −128 … 127, 0 … 127 with the ReLU inside, or the whole of int32 for logits. */
interface Clamped {
  readonly low: number;
  readonly high: number;
}

/** Weights of a layer whose multiplications go through the multiplier, and the way from its sums to codes. */
interface Weighted extends Clamped {
  /** int8, out × kh × kw × in (OHWI). */
  readonly weights: Int8Array;
  /** int32 per output channel, added to the sum of products. */
  readonly bias: Int32Array;
  /** Per output channel, 0 … 65535 and 1 … 46: code = clamp(rescale(sum + bias)), see requantise.ts. */
  readonly multipliers: readonly number[];
  readonly shifts: readonly number[];
  /** What one step of a weight stands for, per output channel. */
  readonly weightScales: readonly number[];
}

export interface QuantisedConv extends LayerBase, Weighted {
  readonly op: 'conv2d';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, left, bottom, right; the code 0, which goes through the multiplier like any other. */
  readonly pads: readonly [number, number, number, number];
}

/** A convolution of the whole input at once; the input is flattened in NHWC order. */
export interface QuantisedDense extends LayerBase, Weighted {
  readonly op: 'dense';
}

/** clamp(floor((a · factors[0] + b · factors[1] + 2^(shift−1)) / 2^shift)); factors 0 … 65535, shift 1 … 24. */
export interface QuantisedAdd extends LayerBase, Clamped {
  readonly op: 'add';
  readonly factors: readonly [number, number];
  readonly shift: number;
}

/** clamp(rescale(sum over the window)), without padding. */
export interface QuantisedAveragePool extends LayerBase, Clamped {
  readonly op: 'averagePool';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly multiplier: number;
  readonly shift: number;
}

/** Channels of code 0 in front of and behind the others. */
export interface QuantisedPadChannels extends LayerBase {
  readonly op: 'padChannels';
  readonly before: number;
  readonly after: number;
}

/** max(code, 0); only where it could not be merged into the layer before. */
export interface QuantisedRelu extends LayerBase {
  readonly op: 'relu';
}

export type WeightedLayer = QuantisedConv | QuantisedDense;

export type QuantisedLayer =
  | WeightedLayer
  | QuantisedAdd
  | QuantisedAveragePool
  | QuantisedPadChannels
  | QuantisedRelu;

/** An int8 network; the last layer gives the logits (int32, one common scale). */
export interface QuantisedNetwork {
  readonly name: string;
  readonly input: InputDescription;
  readonly layers: readonly QuantisedLayer[];
}

export const INT8: Clamped = { low: -128, high: 127 };
export const INT8_RECTIFIED: Clamped = { low: 0, high: 127 };
export const INT32: Clamped = { low: -(2 ** 31), high: 2 ** 31 - 1 };

/** True when every multiplication of this layer goes through the multiplier. */
export function isWeighted(layer: QuantisedLayer): layer is WeightedLayer {
  return layer.op === 'conv2d' || layer.op === 'dense';
}

/** SHA-256 over everything that decides the logits and the scales; independent of the network's name. */
export function quantisedNetworkDigest(network: QuantisedNetwork): string {
  const layers = network.layers.map((layer) =>
    isWeighted(layer) ? { ...layer, weights: sha256(bytesOf(layer.weights)), bias: [...layer.bias] } : layer,
  );
  return digestOf({ input: network.input, layers });
}

/** Output shape of the image and of each layer. */
export function quantisedShapes(network: QuantisedNetwork): ReadonlyMap<string, Shape> {
  const { height, width, channels } = network.input;
  const shapes = new Map<string, Shape>([[INPUT_NAME, { height, width, channels }]]);
  for (const layer of network.layers)
    shapes.set(layer.name, quantisedOutputShape(layer, shapes.get(layer.inputs[0]!)!));
  return shapes;
}

/** Shape of what a layer makes of a (first) input of the given shape. */
export function quantisedOutputShape(layer: QuantisedLayer, from: Shape): Shape {
  switch (layer.op) {
    case 'conv2d': {
      const [top, left, bottom, right] = layer.pads;
      return {
        height: windowCount(from.height + top + bottom, layer.kernel[0], layer.stride[0]),
        width: windowCount(from.width + left + right, layer.kernel[1], layer.stride[1]),
        channels: layer.bias.length,
      };
    }
    case 'averagePool':
      return {
        height: windowCount(from.height, layer.kernel[0], layer.stride[0]),
        width: windowCount(from.width, layer.kernel[1], layer.stride[1]),
        channels: from.channels,
      };
    case 'dense':
      return { height: 1, width: 1, channels: layer.bias.length };
    case 'padChannels':
      return { ...from, channels: from.channels + layer.before + layer.after };
    default:
      return from;
  }
}

/** Smallest and largest code of the image and of each layer. */
export function codeRanges(network: QuantisedNetwork): ReadonlyMap<string, Clamped> {
  const ranges = new Map<string, Clamped>([[INPUT_NAME, INT8]]);
  for (const layer of network.layers) {
    const from = ranges.get(layer.inputs[0]!)!;
    if (layer.op === 'relu') ranges.set(layer.name, { low: 0, high: from.high });
    else if (layer.op === 'padChannels') ranges.set(layer.name, from);
    else ranges.set(layer.name, { low: layer.low, high: layer.high });
  }
  return ranges;
}

/** A weighted layer as a convolution: a dense layer has one tap over the flattened input. */
export interface ConvGeometry {
  readonly from: Shape;
  readonly to: Shape;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

export function convGeometry(layer: WeightedLayer, from: Shape, to: Shape): ConvGeometry {
  if (layer.op === 'conv2d')
    return { from, to, kernel: layer.kernel, stride: layer.stride, pads: layer.pads };
  const flat = { height: 1, width: 1, channels: sizeOf(from) };
  return { from: flat, to, kernel: [1, 1], stride: [1, 1], pads: [0, 0, 0, 0] };
}

/** Multiplications per image of each weighted layer, those with padding included, in the order of the layers. */
export function multiplicationsByLayer(network: QuantisedNetwork): ReadonlyMap<string, number> {
  const shapes = quantisedShapes(network);
  return new Map(
    network.layers.filter(isWeighted).map((layer) => {
      const { height, width } = shapes.get(layer.name)!;
      return [layer.name, height * width * layer.weights.length];
    }),
  );
}

/** Multiplications per image in all convolutions and dense layers. */
export function countMultiplications(network: QuantisedNetwork): number {
  return [...multiplicationsByLayer(network).values()].reduce((sum, count) => sum + count, 0);
}

export function sizeOf(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

function bytesOf(values: Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
