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
  /** Always 1/128: the int8 code of a pixel is u8 − 128. */
  readonly scale: number;
  readonly zeroPoint: number;
}

interface LayerBase {
  readonly name: string;
  /** Names of the layers it reads; "input" is the image. */
  readonly inputs: readonly string[];
}

/** Cross-correlation; weights HWIO (kh, kw, cin, cout), pads top, left, bottom, right with zeros. */
export interface ConvLayer extends LayerBase {
  readonly op: 'conv2d';
  readonly weights: string;
  readonly bias?: string;
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
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

export interface AddLayer extends LayerBase {
  readonly op: 'add';
}

/** Mean over windows, without padding. */
export interface AveragePoolLayer extends LayerBase {
  readonly op: 'averagePool';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
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
  | AddLayer
  | AveragePoolLayer
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
