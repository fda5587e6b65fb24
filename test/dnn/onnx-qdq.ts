import type { Dataset } from '../../src/dnn/data/dataset.ts';
import { runFloat } from '../../src/dnn/float-inference.ts';
import { foldBatchNorm, groupLayers } from '../../src/dnn/fold.ts';
import type { FloatLayer, FloatNetwork, Tensor } from '../../src/dnn/network.ts';
import { encodeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import {
  ATTRIBUTE_TYPES,
  DATA_TYPES,
  MODEL_MESSAGE,
  type RawModel,
  type RawNode,
  type RawTensor,
} from '../../src/dnn/onnx/schema.ts';
import { encodeTensor } from './onnx-model.ts';

export interface QdqOptions {
  readonly activations: 'uint8' | 'int8';
  readonly perChannel: boolean;
  /** Without, the logits stay float. */
  readonly quantisesLogits: boolean;
  /** Share of the image's range that its codes cover, so that they are not those of the pixels; default 1. */
  readonly imageShare?: number;
}

/** A model with QuantizeLinear/DequantizeLinear pairs, and the codes that they make as further outputs, "<layer>:0_q". */
export interface QdqModel {
  /** As it is given away: one output. */
  readonly model: Uint8Array;
  readonly withCodes: Uint8Array;
  readonly codes: readonly string[];
}

/** Batch norms folded, every layer's output range from the images, weights symmetric. */
export function quantiseToQdq(given: FloatNetwork, images: Dataset, options: QdqOptions): QdqModel {
  const network = folded(given);
  const ranges = new Map<string, readonly [number, number]>();
  runFloat(network, images, (name, values) => {
    const [low, high] = [
      values.reduce((a, b) => Math.min(a, b), 0),
      values.reduce((a, b) => Math.max(a, b), 0),
    ];
    ranges.set(name === 'input' ? 'image' : `${name}:0`, [low, high]);
    if (name === network.layers.at(-1)!.name) ranges.set('logits', [low, high]);
  });
  const raw = MODEL_MESSAGE.toObject(MODEL_MESSAGE.decode(encodeOnnx(network)), {
    longs: Number,
  }) as RawModel;
  const graph = raw.graph!;
  const nodes: RawNode[] = [];
  const tensors = new Map((graph.initializer ?? []).map((tensor) => [tensor.name!, tensor]));
  const scales = new Map<string, number>();
  const renamed = new Map<string, string>();
  const codes: string[] = [];
  const store = (tensor: RawTensor): void => void tensors.set(tensor.name!, tensor);
  const pair = (value: string, scale: number, zeroPoint: number): void => {
    const type = options.activations;
    store(encodeTensor(`${value}_scale`, { type: 'float32', shape: [], values: [scale] }));
    store(encodeTensor(`${value}_zero`, { type, shape: [], values: [zeroPoint] }));
    const parameters = [`${value}_scale`, `${value}_zero`];
    nodes.push(
      { opType: 'QuantizeLinear', input: [value, ...parameters], output: [`${value}_q`] },
      { opType: 'DequantizeLinear', input: [`${value}_q`, ...parameters], output: [`${value}_dq`] },
    );
    renamed.set(value, `${value}_dq`);
    scales.set(value, scale).set(`${value}_dq`, scale);
    zeros.set(value, zeroPoint);
    codes.push(`${value}_q`);
  };
  const zeros = new Map<string, number>();
  const measured = (value: string): readonly [number, number] => {
    const [low, high] = ranges.get(value)!;
    const scale = Math.fround((high - low) / 255 || 1);
    const bottom = options.activations === 'uint8' ? 0 : -128;
    return [scale, Math.min(Math.max(Math.round(bottom - low / scale), bottom), bottom + 255)];
  };
  const share = options.imageShare ?? 1;
  const [low, high] = ranges.get('image')!;
  ranges.set('image', [low * share, high * share]);
  pair('image', ...measured('image'));
  for (const node of graph.node ?? []) {
    const input = (node.input ?? []).map((name) => renamed.get(name) ?? name);
    const output = node.output![0]!;
    if (node.opType === 'Conv' || node.opType === 'Gemm') {
      const axis = node.opType === 'Conv' ? 0 : 1;
      const weightScales = quantiseWeights(tensors, nodes, input[1]!, axis, options.perChannel);
      input[1] = `${input[1]}_dq`;
      if (input[2] !== undefined) {
        quantiseBias(tensors, nodes, input[2], weightScales, scales.get(input[0]!)!);
        input[2] = `${input[2]}_dq`;
      }
    }
    nodes.push({ ...node, input });
    const readers = (graph.node ?? []).filter((each) => each.input?.includes(output));
    const isRectified = readers.length === 1 && ['Relu', 'Clip'].includes(readers[0]!.opType!);
    if (node.opType === 'Flatten' && output !== 'logits') scales.set(output, scales.get(input[0]!)!);
    else if (output === 'logits' ? options.quantisesLogits : !isRectified) {
      const from = node.input![0]!;
      const hasPads = node.attribute?.some(
        ({ name, ints }) => name === 'pads' && ints?.some((pad) => pad > 0),
      );
      const keeps = ['MaxPool', 'Pad'].includes(node.opType!) || (node.opType === 'AveragePool' && hasPads);
      pair(output, ...(keeps ? ([scales.get(from)!, zeros.get(from)!] as const) : measured(output)));
    }
  }
  const outputs = (graph.output ?? []).map((info) => ({
    ...info,
    name: renamed.get(info.name!) ?? info.name!,
  }));
  const encode = (more: readonly string[]): Uint8Array => {
    const infos = more.map((name) => ({
      name,
      type: { tensorType: { elemType: DATA_TYPES[options.activations] } },
    }));
    const initializer = [...tensors.values()];
    const made = { ...raw, graph: { ...graph, node: nodes, initializer, output: [...outputs, ...infos] } };
    return MODEL_MESSAGE.encode(MODEL_MESSAGE.fromObject(made)).finish();
  };
  return { model: encode([]), withCodes: encode(codes), codes };
}

type Tensors = Map<string, RawTensor>;

function floatsOf(tensor: RawTensor): Float32Array {
  const bytes = tensor.rawData!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function quantiseWeights(
  tensors: Tensors,
  nodes: RawNode[],
  name: string,
  axis: number,
  perChannel: boolean,
): readonly number[] {
  const tensor = tensors.get(name)!;
  const shape = tensor.dims!;
  const values = floatsOf(tensor);
  const channels = perChannel ? shape[axis]! : 1;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const largest = new Float64Array(channels);
  values.forEach((value, i) => {
    largest[channelOf(i)] = Math.max(largest[channelOf(i)]!, Math.abs(value));
  });
  const scales = Array.from(largest, (value) => Math.fround(value / 127 || 1));
  const codes = Array.from(values, (value, i) =>
    Math.max(-127, Math.min(127, Math.round(value / scales[channelOf(i)]!))),
  );
  const sizes = perChannel ? [channels] : [];
  tensors.set(`${name}_q`, encodeTensor(`${name}_q`, { type: 'int8', shape, values: codes }));
  dequantise(tensors, nodes, name, 'int8', scales, sizes, axis);
  tensors.delete(name);
  return scales;
}

function quantiseBias(
  tensors: Tensors,
  nodes: RawNode[],
  name: string,
  weightScales: readonly number[],
  inputScale: number,
): void {
  const tensor = tensors.get(name)!;
  const values = floatsOf(tensor);
  const scales = weightScales.map((scale) => Math.fround(scale * inputScale));
  const codes = Array.from(values, (value, o) => Math.round(value / scales[scales.length === 1 ? 0 : o]!));
  tensors.set(`${name}_q`, encodeTensor(`${name}_q`, { type: 'int32', shape: tensor.dims!, values: codes }));
  dequantise(tensors, nodes, name, 'int32', scales, scales.length === 1 ? [] : [scales.length], 0);
  tensors.delete(name);
}

function dequantise(
  tensors: Tensors,
  nodes: RawNode[],
  name: string,
  type: 'int8' | 'int32',
  scales: readonly number[],
  shape: readonly number[],
  axis: number,
): void {
  tensors.set(`${name}_s`, encodeTensor(`${name}_s`, { type: 'float32', shape, values: scales }));
  tensors.set(`${name}_z`, encodeTensor(`${name}_z`, { type, shape, values: scales.map(() => 0) }));
  const attribute = shape.length === 0 ? [] : [{ name: 'axis', i: axis, type: ATTRIBUTE_TYPES.int }];
  nodes.push({
    opType: 'DequantizeLinear',
    input: [`${name}_q`, `${name}_s`, `${name}_z`],
    output: [`${name}_dq`],
    attribute,
  });
}

/** The network with its batch norms folded. */
function folded(network: FloatNetwork): FloatNetwork {
  const tensors = new Map<string, Tensor>();
  const renamed = new Map<string, string>();
  const layers: FloatLayer[] = [];
  const groups = groupLayers(network);
  const normalised = new Map(
    groups.flatMap((group) => (group.batchNorm ? [[group.main.name, group] as const] : [])),
  );
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => renamed.get(name) ?? name);
    const group = normalised.get(layer.name);
    if (layer.op === 'batchNorm') {
      renamed.set(layer.name, inputs[0]!);
    } else if (group && (layer.op === 'conv2d' || layer.op === 'dense')) {
      const { weights, bias } = foldBatchNorm(network, group);
      const { shape } = network.tensors.get(layer.weights)!;
      tensors.set(layer.weights, { shape, data: Float32Array.from(weights) });
      tensors.set(`${layer.name}/folded`, { shape: [bias.length], data: Float32Array.from(bias) });
      layers.push({ ...layer, inputs, bias: `${layer.name}/folded` });
    } else {
      layers.push({ ...layer, inputs });
      if (layer.op !== 'conv2d' && layer.op !== 'dense') continue;
      tensors.set(layer.weights, network.tensors.get(layer.weights)!);
      if (layer.bias !== undefined) tensors.set(layer.bias, network.tensors.get(layer.bias)!);
    }
  }
  return { ...network, layers, tensors };
}
