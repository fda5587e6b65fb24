import { badInput } from '../base/errors.ts';
import { type Dataset, imageSize } from './data/dataset.ts';
import { convolveFloat, prepareFloatConv } from './float-conv.ts';
import { floatShapes, NO_PADS } from './float-shapes.ts';
import { averageWindows, concatChannels, maxWindows, padImages } from './float-windows.ts';
import { type FloatLayer, type FloatNetwork, INPUT_NAME, type Shape, type Tensor } from './network.ts';

/** Called with each layer's output (and the image's, as "input") for all images, before any later layer runs. */
export type OnTensor = (name: string, values: Float32Array, shape: Shape) => void;

/** Gives mean and biased variance of a batch norm that has none, from its input over all images. */
export type MissingStatistics = (name: string, input: Float32Array, channels: number) => Statistics;

export interface Statistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Images that go through the network at a time when only the logits are wanted. */
const CHUNK_IMAGES = 32;

/**
 * float32 logits, image × classes.
 * @throws bad-input when a batch norm has no statistics or the images are of another shape
 */
export function inferFloat(network: FloatNetwork, dataset: Dataset): Float32Array {
  const size = imageSize(dataset);
  let logits = new Float32Array(0);
  let classes = 0;
  for (let start = 0; start < dataset.images; start += CHUNK_IMAGES) {
    const images = Math.min(CHUNK_IMAGES, dataset.images - start);
    const chunk: Dataset = {
      ...dataset,
      images,
      pixels: dataset.pixels.subarray(start * size, (start + images) * size),
    };
    const output = runFloat(network, chunk);
    if (start === 0) {
      classes = output.length / images;
      logits = new Float32Array(classes * dataset.images);
    }
    logits.set(output, start * classes);
  }
  return logits;
}

/**
 * Runs all images through the network layer by layer and gives the last layer's output. A layer's output is dropped
 * after its last reader, so about three layers of all images are held at a time.
 */
export function runFloat(
  network: FloatNetwork,
  dataset: Dataset,
  onTensor: OnTensor = () => {},
  missingStatistics: MissingStatistics = refuse,
): Float32Array {
  const shapes = floatShapes(network);
  checkImages(network, dataset);
  const live = new Map<string, Float32Array>([[INPUT_NAME, inputValues(network, dataset)]]);
  onTensor(INPUT_NAME, live.get(INPUT_NAME)!, shapes.get(INPUT_NAME)!);
  const lastReader = new Map(
    network.layers.flatMap((layer) => layer.inputs.map((name) => [name, layer.name])),
  );
  let output = live.get(INPUT_NAME)!;
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => live.get(name)!);
    const inputShapes = layer.inputs.map((name) => shapes.get(name)!);
    const inputShape = inputShapes[0]!;
    const shape = shapes.get(layer.name)!;
    const tensor = (name: string): Tensor => network.tensors.get(name)!;
    output = runLayer({
      layer,
      inputs,
      inputShapes,
      inputShape,
      shape,
      tensor,
      images: dataset.images,
      missingStatistics,
    });
    onTensor(layer.name, output, shape);
    live.set(layer.name, output);
    for (const name of layer.inputs) if (lastReader.get(name) === layer.name) live.delete(name);
  }
  return output;
}

/** @throws bad-input when the images do not have the shape that the network reads */
export function checkImages(
  network: { readonly name: string; readonly input: Shape },
  dataset: Dataset,
): void {
  const text = (s: Shape): string => `${s.height} × ${s.width} × ${s.channels}`;
  if (text(network.input) === text(dataset)) return;
  throw badInput(
    {
      where: `data set ${dataset.name}`,
      wanted: `images of ${text(network.input)} for the network ${network.name}`,
      found: text(dataset),
    },
    'Give a data set that fits the network.',
  );
}

interface LayerRun {
  readonly layer: FloatLayer;
  readonly inputs: readonly Float32Array[];
  /** Shapes of all inputs; of the first one. */
  readonly inputShapes: readonly Shape[];
  readonly inputShape: Shape;
  readonly shape: Shape;
  readonly tensor: (name: string) => Tensor;
  readonly images: number;
  readonly missingStatistics: MissingStatistics;
}

function runLayer(run: LayerRun): Float32Array {
  const { layer, inputShape, shape, tensor, images } = run;
  const input = run.inputs[0]!;
  const output = new Float32Array(images * sizeOf(shape));
  switch (layer.op) {
    case 'conv2d': {
      const [kh, kw] = tensor(layer.weights).shape as [number, number, number, number];
      const { stride, pads } = layer;
      const weights = tensor(layer.weights).data;
      const bias = layer.bias === undefined ? undefined : tensor(layer.bias).data;
      const conv = prepareFloatConv({
        input: inputShape,
        output: shape,
        kernel: [kh, kw],
        stride,
        pads,
        weights,
        bias,
        groups: layer.groups ?? 1,
      });
      convolveFloat(conv, input, output, images);
      break;
    }
    case 'dense': {
      const flat = { height: 1, width: 1, channels: sizeOf(inputShape) };
      const weights = tensor(layer.weights).data;
      const bias = layer.bias === undefined ? undefined : tensor(layer.bias).data;
      const window = { kernel: [1, 1], stride: [1, 1], pads: [0, 0, 0, 0] } as const;
      convolveFloat(
        prepareFloatConv({ input: flat, output: shape, ...window, weights, bias, groups: 1 }),
        input,
        output,
        images,
      );
      break;
    }
    case 'batchNorm': {
      const known =
        layer.mean !== undefined && layer.variance !== undefined
          ? { mean: tensor(layer.mean).data, variance: tensor(layer.variance).data }
          : run.missingStatistics(layer.name, input, shape.channels);
      normalise(input, output, known, tensor(layer.gamma).data, tensor(layer.beta).data, layer.epsilon);
      break;
    }
    case 'relu':
      rectify(input, output);
      break;
    case 'clip':
      for (let i = 0; i < input.length; i++) output[i] = Math.min(Math.max(input[i]!, layer.low), layer.high);
      break;
    case 'add':
      addValues(input, run.inputs[1]!, output);
      break;
    case 'averagePool':
    case 'maxPool': {
      const { kernel, stride, pads = NO_PADS } = layer;
      const pool = layer.op === 'maxPool' ? maxWindows : averageWindows;
      pool(input, output, images, { from: inputShape, to: shape, kernel, stride, pads });
      break;
    }
    case 'globalAveragePool': {
      const kernel = [inputShape.height, inputShape.width] as const;
      const window = { from: inputShape, to: shape, kernel, stride: [1, 1], pads: NO_PADS } as const;
      averageWindows(input, output, images, window);
      break;
    }
    case 'pad':
      padImages(input, output, images, inputShape, shape, layer.pads);
      break;
    case 'concat':
      concatChannels(run.inputs, output, run.inputShapes);
      break;
    case 'padChannels': {
      const { channels } = inputShape;
      for (let pixel = 0; pixel < input.length / channels; pixel++) {
        const from = input.subarray(pixel * channels, (pixel + 1) * channels);
        output.set(from, pixel * shape.channels + layer.before);
      }
      break;
    }
  }
  return output;
}

function rectify(input: Float32Array, output: Float32Array): void {
  for (let i = 0; i < input.length; i++) output[i] = Math.max(input[i]!, 0);
}

function addValues(a: Float32Array, b: Float32Array, output: Float32Array): void {
  for (let i = 0; i < a.length; i++) output[i] = a[i]! + b[i]!;
}

function normalise(
  input: Float32Array,
  output: Float32Array,
  { mean, variance }: Statistics,
  gamma: Float32Array,
  beta: Float32Array,
  epsilon: number,
): void {
  const channels = mean.length;
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c]! + epsilon));
  const shift = Float64Array.from(beta, (b, c) => b - mean[c]! * scale[c]!);
  for (let base = 0; base < input.length; base += channels) {
    for (let c = 0; c < channels; c++) output[base + c] = input[base + c]! * scale[c]! + shift[c]!;
  }
}

function inputValues(network: FloatNetwork, dataset: Dataset): Float32Array {
  const { scale, zeroPoint } = network.input;
  const values = new Float32Array(dataset.images * imageSize(dataset));
  for (let i = 0; i < values.length; i++) values[i] = (dataset.pixels[i]! - zeroPoint) * scale;
  return values;
}

function sizeOf(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

function refuse(name: string): never {
  throw badInput(
    {
      where: `batch norm ${name}`,
      wanted: 'mean and variance',
      found: 'none: they depend on the batch in this network',
    },
    'Calibrate it first: maxdnn import with training images as calibration set.',
  );
}
