import { badInput, type Fault, show } from '../base/errors.ts';
import { type FloatLayer, type FloatNetwork, INPUT_NAME, type Shape, type Tensor } from './network.ts';

/** Output shape of the image and of every layer, by name. */
export type ShapeMap = ReadonlyMap<string, Shape>;

/**
 * Checks that the layers fit together and with their tensors, and gives each one's output shape.
 * @throws bad-input with every fault found
 */
export function floatShapes(network: FloatNetwork): ShapeMap {
  const { shapes, faults } = checkGraph(network);
  if (faults.length > 0) {
    throw badInput(faults.slice(0, 20), 'The graph does not fit together: see docs/network-format.md.');
  }
  return shapes;
}

/** Rows or columns of a window operation: ⌊(padded size − window)/stride⌋ + 1. */
export function windowCount(paddedSize: number, window: number, stride: number): number {
  return Math.floor((paddedSize - window) / stride) + 1;
}

/** No padding, in the form that pools and convolutions take. */
export const NO_PADS = [0, 0, 0, 0] as const;

/** The shape with pads (top, left, bottom, right) around it. */
export function padShape(
  { height, width, channels }: Shape,
  [top, left, bottom, right]: readonly [number, number, number, number],
): Shape {
  return { height: height + top + bottom, width: width + left + right, channels };
}

function checkGraph(network: FloatNetwork): { shapes: Map<string, Shape>; faults: Fault[] } {
  const { height, width, channels } = network.input;
  const shapes = new Map<string, Shape>([[INPUT_NAME, { height, width, channels }]]);
  const faults: Fault[] = [];
  /** Layers without a shape because of a fault that is already listed. */
  const broken = new Set<string>();
  const unread = new Set<string>();
  const unusedTensors = new Set(network.tensors.keys());
  for (const layer of network.layers) {
    const where = `layer ${layer.name}`;
    const fault = (wanted: string, found: string): void => void faults.push({ where, wanted, found });
    if (shapes.has(layer.name)) fault('a name of its own', `a second ${show(layer.name)}`);
    const inputs = layer.inputs.map((name) => {
      unread.delete(name);
      const shape = shapes.get(name);
      if (shape === undefined && !broken.has(name))
        fault('inputs among "input" and the layers above it', show(name));
      return shape;
    });
    for (const name of tensorNames(layer)) unusedTensors.delete(name);
    if (inputs.includes(undefined)) {
      broken.add(layer.name);
      continue;
    }
    const tensor = (name: string): Tensor | undefined => {
      const found = network.tensors.get(name);
      if (found === undefined) fault(`the tensor ${show(name)}`, 'none of that name');
      return found;
    };
    const shape = outputShape(layer, inputs as Shape[], tensor, fault);
    if (shape === undefined) {
      broken.add(layer.name);
      continue;
    }
    shapes.set(layer.name, shape);
    unread.add(layer.name);
  }
  if (faults.length > 0) return { shapes, faults };
  const last = network.layers.at(-1)?.name ?? INPUT_NAME;
  unread.delete(last);
  for (const name of unread) {
    faults.push({ where: `layer ${name}`, wanted: 'another layer that reads it', found: 'none' });
  }
  for (const name of unusedTensors) {
    faults.push({ where: `tensor ${name}`, wanted: 'a layer that uses it', found: 'none' });
  }
  const output = shapes.get(last)!;
  if (output.height !== 1 || output.width !== 1) {
    faults.push({
      where: `layer ${last} (the output)`,
      wanted: 'logits of shape 1 × 1 × classes',
      found: text(output),
    });
  }
  return { shapes, faults };
}

type Report = (wanted: string, found: string) => void;

function outputShape(
  layer: FloatLayer,
  inputs: readonly Shape[],
  tensor: (name: string) => Tensor | undefined,
  fault: Report,
): Shape | undefined {
  const input = inputs[0]!;
  const vector = (name: string | undefined, size: number): void => {
    const found = name === undefined ? undefined : tensor(name);
    if (found && !(found.shape.length === 1 && found.shape[0] === size)) {
      fault(`${show(name)} of shape [${size}]`, `[${found.shape.join(', ')}]`);
    }
  };
  switch (layer.op) {
    case 'conv2d': {
      const weights = tensor(layer.weights);
      if (!weights) return undefined;
      const [kh, kw, cin, cout] = weights.shape;
      const groups = layer.groups ?? 1;
      if (input.channels % groups !== 0) {
        fault(`groups that divide the ${input.channels} input channels`, String(groups));
        return undefined;
      }
      if (weights.shape.length !== 4 || cin !== input.channels / groups) {
        fault(`weights of shape [kh, kw, ${input.channels / groups}, cout]`, `[${weights.shape.join(', ')}]`);
        return undefined;
      }
      if (cout! % groups !== 0) {
        fault(`output channels in ${groups} groups`, String(cout));
        return undefined;
      }
      vector(layer.bias, cout!);
      return windows(padShape(input, layer.pads), [kh!, kw!], layer.stride, cout!, fault);
    }
    case 'averagePool':
    case 'maxPool': {
      const pads = layer.pads ?? NO_PADS;
      const { kernel } = layer;
      if (Math.max(pads[0], pads[2]) >= kernel[0] || Math.max(pads[1], pads[3]) >= kernel[1]) {
        fault(`pads smaller than the window, ${kernel.join(' × ')}`, `[${pads.join(', ')}]`);
        return undefined;
      }
      return windows(padShape(input, pads), kernel, layer.stride, input.channels, fault);
    }
    case 'pad':
      return padShape(input, layer.pads);
    case 'concat':
      return concatShape(inputs, fault);
    case 'batchNorm':
      for (const name of [layer.gamma, layer.beta, layer.mean, layer.variance]) vector(name, input.channels);
      if ((layer.mean === undefined) !== (layer.variance === undefined)) {
        fault('"mean" and "variance" both or neither', 'only one of them');
      }
      return input;
    case 'clip':
      if (!(layer.low < layer.high)) fault('low below high', `${layer.low} … ${layer.high}`);
      return input;
    case 'relu':
      return input;
    case 'add':
      if (text(input) !== text(inputs[1]!)) fault(`inputs of one shape, ${text(input)}`, text(inputs[1]!));
      return input;
    case 'padChannels':
      return { ...input, channels: input.channels + layer.before + layer.after };
    case 'globalAveragePool':
      return { height: 1, width: 1, channels: input.channels };
    case 'dense': {
      const weights = tensor(layer.weights);
      if (!weights) return undefined;
      const size = input.height * input.width * input.channels;
      if (weights.shape.length !== 2 || weights.shape[0] !== size) {
        fault(`weights of shape [${size}, out]`, `[${weights.shape.join(', ')}]`);
        return undefined;
      }
      vector(layer.bias, weights.shape[1]!);
      return { height: 1, width: 1, channels: weights.shape[1]! };
    }
  }
}

function concatShape(inputs: readonly Shape[], fault: Report): Shape {
  const first = inputs[0]!;
  for (const { height, width } of inputs) {
    if (height !== first.height || width !== first.width) {
      fault(`inputs of one height and width, ${first.height} × ${first.width}`, `${height} × ${width}`);
    }
  }
  return { ...first, channels: inputs.reduce((sum, { channels }) => sum + channels, 0) };
}

function windows(
  padded: { readonly height: number; readonly width: number },
  kernel: readonly [number, number],
  stride: readonly [number, number],
  channels: number,
  fault: Report,
): Shape | undefined {
  if (kernel[0] > padded.height || kernel[1] > padded.width) {
    fault(`a window within ${padded.height} × ${padded.width}`, `${kernel[0]} × ${kernel[1]}`);
    return undefined;
  }
  return {
    height: windowCount(padded.height, kernel[0], stride[0]),
    width: windowCount(padded.width, kernel[1], stride[1]),
    channels,
  };
}

/** Names of the tensors a layer uses. */
export function tensorNames(layer: FloatLayer): readonly string[] {
  switch (layer.op) {
    case 'conv2d':
    case 'dense':
      return layer.bias === undefined ? [layer.weights] : [layer.weights, layer.bias];
    case 'batchNorm':
      return [layer.gamma, layer.beta, layer.mean, layer.variance].filter((name) => name !== undefined);
    default:
      return [];
  }
}

function text(shape: Shape): string {
  return `${shape.height} × ${shape.width} × ${shape.channels}`;
}
