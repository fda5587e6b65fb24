interface LayerBase {
  readonly name: string;
  /** Names of the layers it reads; "input" is the image's codes, u8 − 128. */
  readonly inputs: readonly string[];
  /** What one step of the output code stands for in the float network. */
  readonly outputScale: number;
  /** Output code that stands for 0, −128 … 127: value = (code − zeroPoint) · outputScale. Default 0. */
  readonly zeroPoint?: number;
}

/** Ends of the output codes, within −128 … 127 (a ReLU inside: low = zeroPoint), or all of int32 for logits. */
export interface CodeRange {
  readonly low: number;
  readonly high: number;
}

/** Which rule brings sums to codes: see requantise.ts and requantise-tflite.ts. */
export type Rounding = 'half-up-16' | 'tflite';

/** Multiplier and shift of half-up-16: 0 … 65535 and 1 … 46; of tflite: 0 … 2^31 − 1 and −30 … 31. */
interface Rounded {
  /** Default half-up-16. */
  readonly rounding?: Rounding;
}

/**
 * Weights of a layer whose multiplications go through the multiplier, and the way from its sums to codes. With z the
 * input's zero point and ax the multiplier,
 *
 *     sum  = bias + Σ ax(w, q) − z · Σ w          (over all taps; taps in the padding read the code z)
 *     code = clamp(zeroPoint + rescale(sum), low, high)
 */
interface Weighted extends CodeRange, Rounded {
  /** int8, out × kh × kw × in/groups (OHWI). */
  readonly weights: Int8Array;
  /** int32 per output channel, added to the sum of products. */
  readonly bias: Int32Array;
  /** Per output channel. */
  readonly multipliers: readonly number[];
  readonly shifts: readonly number[];
  /** What one step of a weight stands for, per output channel. */
  readonly weightScales: readonly number[];
}

type Pair = readonly [number, number];

/** top, left, bottom, right. */
type Pads = readonly [number, number, number, number];

export interface QuantisedConv extends LayerBase, Weighted {
  readonly op: 'conv2d';
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Filled with the input's zero point, which goes through the multiplier like any other code. */
  readonly pads: Pads;
  /** Divides the channels of input and output; default 1. Input channels = groups: depthwise. */
  readonly groups?: number;
}

/** A convolution of the whole input at once; the input is flattened in NHWC order. */
export interface QuantisedDense extends LayerBase, Weighted {
  readonly op: 'dense';
}

/**
 * clamp(zeroPoint + floor(((a − za) · factors[0] + (b − zb) · factors[1] + 2^(shift−1)) / 2^shift)); factors
 * 0 … 65535, shift 1 … 24; za and zb the inputs' zero points.
 */
export interface QuantisedAdd extends LayerBase, CodeRange {
  readonly op: 'add';
  readonly factors: Pair;
  readonly shift: number;
}

/**
 * TensorFlow Lite's ADD: clamp(zeroPoint + r(r((a − za) · 2^20, 0) + r((b − zb) · 2^20, 1), output)) with r the
 * rescaling of rounding "tflite" by inputMultipliers/inputShifts and outputMultiplier/outputShift.
 */
export interface QuantisedTfliteAdd extends LayerBase, CodeRange {
  readonly op: 'tfliteAdd';
  /** 0 … 2^31 − 1. */
  readonly inputMultipliers: Pair;
  /** Right shifts, 0 … 31. */
  readonly inputShifts: Pair;
  readonly outputMultiplier: number;
  readonly outputShift: number;
}

/** clamp(zeroPoint + rescale(Σ over the window of (code − z))), without padding; z the input's zero point. */
export interface QuantisedAveragePool extends LayerBase, CodeRange, Rounded {
  readonly op: 'averagePool';
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * clamp(mean of the codes of that part of the window that lies inside, halves away from 0): TensorFlow Lite's
 * AVERAGE_POOL_2D. Scale and zero point are the input's.
 */
export interface QuantisedTfliteAveragePool extends LayerBase, CodeRange {
  readonly op: 'tfliteAveragePool';
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Smaller than the kernel. */
  readonly pads: Pads;
}

/** Largest code of that part of the window that lies inside. Scale and zero point are the input's. */
export interface QuantisedMaxPool extends LayerBase {
  readonly op: 'maxPool';
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Smaller than the kernel. */
  readonly pads: Pads;
}

/**
 * Channels of the first input, then those of the second, …: clamp(zeroPoint + rescale(code − z_i)) with multiplier
 * and shift i of half-up-16; 32768 and 15 change nothing.
 */
export interface QuantisedConcat extends LayerBase, CodeRange {
  readonly op: 'concat';
  readonly multipliers: readonly number[];
  readonly shifts: readonly number[];
}

/** Rows and columns of the zero point around the image. Scale and zero point are the input's. */
export interface QuantisedPad extends LayerBase {
  readonly op: 'pad';
  readonly pads: Pads;
}

/** Channels of the zero point in front of and behind the others. Scale and zero point are the input's. */
export interface QuantisedPadChannels extends LayerBase {
  readonly op: 'padChannels';
  readonly before: number;
  readonly after: number;
}

/** max(code, zeroPoint); only where it could not be merged into the layer before. Scale and zero point are the input's. */
export interface QuantisedRelu extends LayerBase {
  readonly op: 'relu';
}

/** clamp(code, low, high); only where it could not be merged. Scale and zero point are the input's. */
export interface QuantisedClip extends LayerBase, CodeRange {
  readonly op: 'clip';
}

export type WeightedLayer = QuantisedConv | QuantisedDense;

export type QuantisedLayer =
  | WeightedLayer
  | QuantisedAdd
  | QuantisedTfliteAdd
  | QuantisedAveragePool
  | QuantisedTfliteAveragePool
  | QuantisedMaxPool
  | QuantisedConcat
  | QuantisedPad
  | QuantisedPadChannels
  | QuantisedRelu
  | QuantisedClip;

export const INT8: CodeRange = { low: -128, high: 127 };
export const INT32: CodeRange = { low: -(2 ** 31), high: 2 ** 31 - 1 };

/** True when every multiplication of this layer goes through the multiplier. */
export function isWeighted(layer: QuantisedLayer): layer is WeightedLayer {
  return layer.op === 'conv2d' || layer.op === 'dense';
}
