import { type Fault, show } from '../base/errors.ts';
import { INPUT_NAME, type Shape } from './network.ts';
import {
  isWeighted,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedOutputShape,
  quantisedZeroPoints,
  sizeOf,
  type WeightedLayer,
} from './quantised-network.ts';
import { MULTIPLIER_BITS, SHIFT_MAX } from './requantise.ts';
import { TFLITE_SHIFT_MAX, TFLITE_SHIFT_MIN } from './requantise-tflite.ts';

/**
 * What is wrong with a quantised network: layers that do not fit their inputs, parameters out of range.
 * @param path what the faults name as their place
 */
export function checkQuantisedNetwork(network: QuantisedNetwork, path: string): readonly Fault[] {
  const faults: Fault[] = [];
  const { zeroPoint } = network.input;
  if (!Number.isInteger(zeroPoint)) {
    faults.push({ where: `${path}: input.zeroPoint`, wanted: 'a whole number', found: show(zeroPoint) });
  }
  const shapes = new Map<string, Shape>([[INPUT_NAME, network.input]]);
  const scales = new Map<string, number>([[INPUT_NAME, network.input.scale]]);
  const zeroPoints = quantisedZeroPoints(network);
  for (const [index, layer] of network.layers.entries()) {
    const where = `${path}, layer ${layer.name}`;
    const fault: Report = (wanted, found) => void faults.push({ where, wanted, found });
    if (shapes.has(layer.name)) fault('a name of its own', `a second ${show(layer.name)}`);
    const inputs = layer.inputs.map((name) => shapes.get(name));
    for (const [i, shape] of inputs.entries()) {
      if (!shape) fault('inputs among "input" and the layers above it', show(layer.inputs[i]));
    }
    if (inputs.includes(undefined)) continue;
    const isLast = index === network.layers.length - 1;
    const from = inputs as Shape[];
    checkCodes(layer, isLast, fault);
    checkInputs(layer, from, fault);
    if (isWeighted(layer)) checkWeights(layer, from[0]!, fault);
    checkRounding(layer, fault);
    const source = layer.inputs[0]!;
    if (KEEPS_CODES.includes(layer.op)) {
      if (layer.outputScale !== scales.get(source)) {
        fault(`the scale of its input, ${scales.get(source)}`, show(layer.outputScale));
      }
      if (zeroPoints.get(layer.name) !== zeroPoints.get(source)) {
        fault(`the zero point of its input, ${zeroPoints.get(source)}`, show(layer.zeroPoint ?? 0));
      }
    }
    const shape = quantisedOutputShape(layer, from);
    if (shape.height < 1 || shape.width < 1) {
      fault('a window within its input', `${from[0]!.height} × ${from[0]!.width}`);
    }
    shapes.set(layer.name, shape);
    scales.set(layer.name, layer.outputScale);
  }
  const output = shapes.get(network.layers.at(-1)!.name);
  if (faults.length === 0 && output && (output.height !== 1 || output.width !== 1)) {
    faults.push({
      where: path,
      wanted: 'logits of 1 × 1 × classes',
      found: `${output.height} × ${output.width}`,
    });
  }
  return faults;
}

type Report = (wanted: string, found: string) => void;

/** Operators whose output codes mean what the input's mean. */
const KEEPS_CODES: readonly QuantisedLayer['op'][] = [
  'tfliteAveragePool',
  'maxPool',
  'pad',
  'padChannels',
  'relu',
  'clip',
];

function checkCodes(layer: QuantisedLayer, isLast: boolean, fault: Report): void {
  if (!('low' in layer)) return;
  const { low, high } = layer;
  if (low >= -128 && high <= 127) {
    if (low > high) fault('low at most high', `${low} … ${high}`);
    return;
  }
  const isAll = low === -(2 ** 31) && high === 2 ** 31 - 1;
  const isPlain = isWeighted(layer) && layer.rounding !== 'tflite' && (layer.zeroPoint ?? 0) === 0;
  if (!(isLast && isAll && isPlain)) {
    fault(
      'codes within −128 … 127 (all of int32 only in a last layer of half-up-16 with zero point 0)',
      `${low} … ${high}`,
    );
  }
}

function checkInputs(layer: QuantisedLayer, inputs: readonly Shape[], fault: Report): void {
  const first = inputs[0]!;
  for (const shape of inputs) {
    const isSamePlane = shape.height === first.height && shape.width === first.width;
    if (isSamePlane && (layer.op === 'concat' || shape.channels === first.channels)) continue;
    fault(layer.op === 'concat' ? 'inputs of one height and width' : 'inputs of one shape', 'different ones');
    break;
  }
  if (layer.op === 'concat') {
    for (const key of ['multipliers', 'shifts'] as const) {
      if (layer[key].length !== inputs.length) fault(`${inputs.length} ${key}`, String(layer[key].length));
    }
  }
  if (layer.op === 'maxPool' || layer.op === 'tfliteAveragePool') {
    const { kernel, pads } = layer;
    if (Math.max(pads[0], pads[2]) >= kernel[0] || Math.max(pads[1], pads[3]) >= kernel[1]) {
      fault(`pads smaller than the window, ${kernel.join(' × ')}`, `[${pads.join(', ')}]`);
    }
  }
}

function checkWeights(layer: WeightedLayer, from: Shape, fault: Report): void {
  const channels = layer.bias.length;
  const groups = layer.op === 'conv2d' ? (layer.groups ?? 1) : 1;
  if (from.channels % groups !== 0 || channels % groups !== 0) {
    fault(`groups that divide ${from.channels} and ${channels} channels`, String(groups));
    return;
  }
  const taps =
    layer.op === 'conv2d' ? (layer.kernel[0] * layer.kernel[1] * from.channels) / groups : sizeOf(from);
  if (layer.weights.length !== taps * channels) {
    fault(`${taps * channels} weights (${taps} taps × ${channels} channels)`, String(layer.weights.length));
  }
  for (const key of ['multipliers', 'shifts', 'weightScales'] as const) {
    if (layer[key].length !== channels) fault(`${channels} ${key}`, String(layer[key].length));
  }
}

function checkRounding(layer: QuantisedLayer, fault: Report): void {
  if (!isWeighted(layer) && layer.op !== 'averagePool') return;
  const [multipliers, shifts] = isWeighted(layer)
    ? [layer.multipliers, layer.shifts]
    : [[layer.multiplier], [layer.shift]];
  const isTflite = layer.rounding === 'tflite';
  const largest = isTflite ? 2 ** 31 - 1 : 2 ** MULTIPLIER_BITS - 1;
  const [least, most] = isTflite ? [TFLITE_SHIFT_MIN, TFLITE_SHIFT_MAX] : [1, SHIFT_MAX];
  const rounding = layer.rounding ?? 'half-up-16';
  const multiplier = multipliers.find((value) => value < 0 || value > largest);
  if (multiplier !== undefined)
    fault(`multipliers 0 … ${largest} for rounding ${rounding}`, String(multiplier));
  const shift = shifts.find((value) => value < least || value > most);
  if (shift !== undefined) fault(`shifts ${least} … ${most} for rounding ${rounding}`, String(shift));
}
