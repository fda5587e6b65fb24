import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';

/** Shape of one image's data between layers; stored height × width × channels (NHWC without the N). */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** What the network reads: u8 pixels that stand for x = (u8 − zeroPoint) · scale. */
export interface InputDescription extends Shape {
  /** Above 0. Whatever it is, the int8 code of a pixel is u8 − 128. */
  readonly scale: number;
  /** 0 … 255; 128 where the code 0 stands for 0. A float network may have a fraction here (127.5). */
  readonly zeroPoint: number;
}

interface LayerBase {
  readonly name: string;
  /** Names of the layers it reads; "input" is the image. */
  readonly inputs: readonly string[];
}

/**
 * Cross-correlation; weights HWIO (kh, kw, cin/groups, cout), pads top, left, bottom, right with zeros. Output channels
 * o·cout/groups … (o+1)·cout/groups − 1 read input channels o·cin/groups … (o+1)·cin/groups − 1; groups = cin: depthwise.
 */
export interface ConvLayer extends LayerBase {
  readonly op: 'conv2d';
  readonly weights: string;
  readonly bias?: string;
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  /** Divides cin and cout; default 1. */
  readonly groups?: number;
}

/** gamma · (x − mean)/√(variance + epsilon) + beta per channel; mean and variance absent: not calibrated yet. */
export interface BatchNormLayer extends LayerBase {
  readonly op: 'batchNorm';
  readonly gamma: string;
  readonly beta: string;
  readonly mean?: string;
  readonly variance?: string;
  readonly epsilon: number;
}

export interface ReluLayer extends LayerBase {
  readonly op: 'relu';
}

/** min(max(x, low), high), low < high; ReLU6 is 0 … 6. */
export interface ClipLayer extends LayerBase {
  readonly op: 'clip';
  readonly low: number;
  readonly high: number;
}

export interface AddLayer extends LayerBase {
  readonly op: 'add';
}

/** Mean over that part of each window that lies within the input; pads (top, left, bottom, right) smaller than the window. */
export interface AveragePoolLayer extends LayerBase {
  readonly op: 'averagePool';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Default: none. */
  readonly pads?: readonly [number, number, number, number];
}

/** Largest value of that part of each window that lies within the input; pads as in an average pool. */
export interface MaxPoolLayer extends LayerBase {
  readonly op: 'maxPool';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

/** Channels of the first input, then those of the second, …; all of one height and width. */
export interface ConcatLayer extends LayerBase {
  readonly op: 'concat';
}

/** Zeros around the image: top, left, bottom, right. */
export interface PadLayer extends LayerBase {
  readonly op: 'pad';
  readonly pads: readonly [number, number, number, number];
}

/** Zero channels in front of and behind the others. */
export interface PadChannelsLayer extends LayerBase {
  readonly op: 'padChannels';
  readonly before: number;
  readonly after: number;
}

export interface GlobalAveragePoolLayer extends LayerBase {
  readonly op: 'globalAveragePool';
}

/** weights (height·width·channels, out); the input is flattened in NHWC order. */
export interface DenseLayer extends LayerBase {
  readonly op: 'dense';
  readonly weights: string;
  readonly bias?: string;
}

export type FloatLayer =
  | ConvLayer
  | BatchNormLayer
  | ReluLayer
  | ClipLayer
  | AddLayer
  | ConcatLayer
  | AveragePoolLayer
  | MaxPoolLayer
  | PadLayer
  | PadChannelsLayer
  | GlobalAveragePoolLayer
  | DenseLayer;

/** Numbers of a network, C order. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A float32 network: layers in an order in which each reads only earlier ones; the last one gives the logits. */
export interface FloatNetwork {
  readonly name: string;
  readonly input: InputDescription;
  readonly layers: readonly FloatLayer[];
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Name by which layers read the image. */
export const INPUT_NAME = 'input';

/** SHA-256 over graph and numbers; independent of the network's name and of how it is stored. */
export function floatNetworkDigest(network: FloatNetwork): string {
  const tensors = [...network.tensors].map(([name, { shape, data }]) => [
    name,
    { shape, sha256: sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) },
  ]);
  return digestOf({ input: network.input, layers: network.layers, tensors: Object.fromEntries(tensors) });
}

/** True when every batch norm has its statistics. */
export function isCalibrated(network: FloatNetwork): boolean {
  return network.layers.every((layer) => layer.op !== 'batchNorm' || layer.mean !== undefined);
}
