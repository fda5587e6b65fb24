import { badInput } from '../../base/errors.ts';
import type { ShapeMap } from '../float-shapes.ts';
import { type FloatLayer, type FloatNetwork, INPUT_NAME, type Tensor } from '../network.ts';
import { ATTRIBUTE_TYPES, DATA_TYPES, type RawAttribute, type RawNode, type RawTensor } from './schema.ts';

/** Names of the graph's input and output. */
export const ONNX_INPUT = 'image';
export const ONNX_OUTPUT = 'logits';

/** Nodes and initialisers (by name) of a graph that is being written. */
export interface OnnxParts {
  readonly nodes: RawNode[];
  readonly initializers: Map<string, RawTensor>;
}

/**
 * Adds the nodes of one layer. A layer's output is the value "<layer>:0", which no tensor can be called.
 * @throws bad-input for a batch norm without statistics
 */
export function exportLayer(
  parts: OnnxParts,
  network: FloatNetwork,
  layer: FloatLayer,
  shapes: ShapeMap,
): void {
  const isLast = layer === network.layers.at(-1);
  const isFlat = layer.op === 'dense';
  const inputs = layer.inputs.map((name) => (name === INPUT_NAME ? ONNX_INPUT : valueName(name)));
  const output = isLast && isFlat ? ONNX_OUTPUT : valueName(layer.name);
  const tensor = (name: string): Tensor => network.tensors.get(name)!;
  const store = (name: string, values: Tensor): string => {
    const stored = name === ONNX_INPUT || name === ONNX_OUTPUT ? `${name}:0` : name;
    parts.initializers.set(stored, floatTensor(stored, values));
    return stored;
  };
  const node = (opType: string, from: readonly string[], attribute: readonly RawAttribute[] = []): void => {
    parts.nodes.push({ name: layer.name, opType, input: from, output: [output], attribute });
  };
  const padNode = (pads: readonly number[]): void => {
    const name = `${layer.name}:pads`;
    parts.initializers.set(name, int64Tensor(name, pads));
    node('Pad', [...inputs, name]);
  };
  switch (layer.op) {
    case 'conv2d': {
      const weights = tensor(layer.weights);
      const names = [store(layer.weights, toOihw(weights))];
      if (layer.bias !== undefined) names.push(store(layer.bias, tensor(layer.bias)));
      node(
        'Conv',
        [...inputs, ...names],
        [
          ints('kernel_shape', weights.shape.slice(0, 2)),
          ints('strides', layer.stride),
          ints('pads', layer.pads),
          ...(layer.groups === undefined ? [] : [int('group', layer.groups)]),
        ],
      );
      break;
    }
    case 'batchNorm': {
      const { gamma, beta, mean, variance } = layer;
      if (mean === undefined || variance === undefined) throw uncalibrated(layer.name);
      const names = [gamma, beta, mean, variance].map((name) => store(name, tensor(name)));
      node('BatchNormalization', [...inputs, ...names], [float('epsilon', layer.epsilon)]);
      break;
    }
    case 'relu':
      node('Relu', inputs);
      break;
    case 'add':
      node('Add', inputs);
      break;
    case 'concat':
      node('Concat', inputs, [int('axis', 1)]);
      break;
    case 'clip': {
      const names = [`${layer.name}:low`, `${layer.name}:high`];
      for (const [i, value] of [layer.low, layer.high].entries()) {
        const bound = { shape: [], data: Float32Array.of(value) };
        parts.initializers.set(names[i]!, floatTensor(names[i]!, bound));
      }
      node('Clip', [...inputs, ...names]);
      break;
    }
    case 'averagePool':
    case 'maxPool': {
      const opType = layer.op === 'maxPool' ? 'MaxPool' : 'AveragePool';
      const attributes = [ints('kernel_shape', layer.kernel), ints('strides', layer.stride)];
      if (layer.pads) attributes.push(ints('pads', layer.pads));
      node(opType, inputs, attributes);
      break;
    }
    case 'pad': {
      const [top, left, bottom, right] = layer.pads;
      padNode([0, 0, top, left, 0, 0, bottom, right]);
      break;
    }
    case 'globalAveragePool':
      node('GlobalAveragePool', inputs);
      break;
    case 'padChannels':
      padNode([0, layer.before, 0, 0, 0, layer.after, 0, 0]);
      break;
    case 'dense': {
      const from = shapes.get(layer.inputs[0]!)!;
      const flat = `${layer.name}:flat`;
      parts.nodes.push({ name: flat, opType: 'Flatten', input: inputs, output: [flat] });
      const names = [store(layer.weights, toChannelsFirst(tensor(layer.weights), from.channels))];
      if (layer.bias !== undefined) names.push(store(layer.bias, tensor(layer.bias)));
      node('Gemm', [flat, ...names]);
      break;
    }
  }
  if (isLast && !isFlat) {
    parts.nodes.push({
      name: `${layer.name}:flat`,
      opType: 'Flatten',
      input: [output],
      output: [ONNX_OUTPUT],
    });
  }
}

function valueName(layer: string): string {
  return `${layer}:0`;
}

function ints(name: string, values: readonly number[]): RawAttribute {
  return { name, ints: [...values], type: ATTRIBUTE_TYPES.ints };
}

function int(name: string, value: number): RawAttribute {
  return { name, i: value, type: ATTRIBUTE_TYPES.int };
}

function float(name: string, value: number): RawAttribute {
  return { name, f: value, type: ATTRIBUTE_TYPES.float };
}

function floatTensor(name: string, { shape, data }: Tensor): RawTensor {
  const rawData = Buffer.alloc(4 * data.length);
  for (const [i, value] of data.entries()) rawData.writeFloatLE(value, 4 * i);
  return { name, dims: [...shape], dataType: DATA_TYPES.float32, rawData };
}

function int64Tensor(name: string, values: readonly number[]): RawTensor {
  return { name, dims: [values.length], dataType: DATA_TYPES.int64, int64Data: [...values] };
}

/** [kh, kw, cin, cout] → [cout, cin, kh, kw]. */
function toOihw({ shape, data }: Tensor): Tensor {
  const [kh, kw, cin, cout] = shape as [number, number, number, number];
  const taps = kh * kw;
  const moved = new Float32Array(data.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < cin; i++) {
      for (let o = 0; o < cout; o++) moved[(o * cin + i) * taps + tap] = data[(tap * cin + i) * cout + o]!;
    }
  }
  return { shape: [cout, cin, kh, kw], data: moved };
}

/** Rows of [height·width·channels, out] in the order channels, height, width. */
function toChannelsFirst({ shape, data }: Tensor, channels: number): Tensor {
  const [size, out] = shape as [number, number];
  const pixels = size / channels;
  const moved = new Float32Array(data.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) {
      const from = (pixel * channels + c) * out;
      moved.set(data.subarray(from, from + out), (c * pixels + pixel) * out);
    }
  }
  return { shape, data: moved };
}

function uncalibrated(name: string): Error {
  return badInput(
    { where: `batch norm ${name}`, wanted: 'mean and variance', found: 'none' },
    'Calibrate it first: maxdnn import with training images as calibration set.',
  );
}
