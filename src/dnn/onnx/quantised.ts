import { badInput, type MaxdnnError } from '../../base/errors.ts';
import { floatShapes, type ShapeMap } from '../float-shapes.ts';
import { type FloatLayer, type FloatNetwork, INPUT_NAME } from '../network.ts';
import { type CodeRange, INT8, type QuantisedLayer, type QuantisedNetwork } from '../quantised-network.ts';
import { clamp, fitAddition, fitRescale } from '../requantise.ts';
import { requantiseLayer, weightedLayer } from './quantised-layers.ts';
import type { CodeScale, OnnxRanges } from './ranges.ts';

/**
 * The int8 network with the scales, zero points and weight codes that a model of QuantizeLinear/DequantizeLinear
 * pairs gives. ReLU and Clip become bounds of the layer before; the way from sums to codes is our own rule
 * (requantise.ts), which is not onnxruntime's: see docs/import.md for how often codes differ.
 * @throws bad-input for a layer whose weights or output have no scale
 */
export function quantiseAsGiven(network: FloatNetwork, ranges: OnnxRanges, path: string): QuantisedNetwork {
  const shapes = floatShapes(network);
  const state: State = { network, ranges, shapes, path, layers: [], done: new Map() };
  startInput(state);
  const groups = groupRectifiers(network, ranges);
  for (const group of groups) {
    const isLast = group === groups.at(-1);
    state.done.set(group.output, convertGroup(state, group, isLast));
  }
  return { name: network.name, input: network.input, layers: state.layers };
}

/** A float layer in the integer network. */
interface Converted extends CodeScale {
  readonly name: string;
}

interface State {
  readonly network: FloatNetwork;
  readonly ranges: OnnxRanges;
  readonly shapes: ShapeMap;
  readonly path: string;
  readonly layers: QuantisedLayer[];
  /** By the name of the float layer whose output it gives. */
  readonly done: Map<string, Converted>;
}

/** A layer and the bounds of the ReLU or Clip that alone reads it, before any QuantizeLinear. */
interface Group {
  readonly main: FloatLayer;
  readonly output: string;
  readonly low: number;
  readonly high: number;
}

function groupRectifiers(network: FloatNetwork, { outputs }: OnnxRanges): readonly Group[] {
  const taken = new Set<string>();
  return network.layers.flatMap((main) => {
    if (taken.has(main.name)) return [];
    const readers = network.layers.filter((layer) => layer.inputs.includes(main.name));
    const next = readers.length === 1 ? readers[0]! : undefined;
    const bounds = next && boundsOf(next);
    if (!ROUNDS.includes(main.op) || outputs.has(main.name) || !next || !bounds) {
      return [{ main, output: main.name, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }];
    }
    taken.add(next.name);
    return [{ main, output: next.name, ...bounds }];
  });
}

/** Operators with sums, which their own rounding brings to codes. */
const ROUNDS: readonly string[] = ['conv2d', 'dense', 'add', 'averagePool', 'globalAveragePool', 'concat'];

function boundsOf(layer: FloatLayer): { readonly low: number; readonly high: number } | undefined {
  if (layer.op === 'relu') return { low: 0, high: Number.POSITIVE_INFINITY };
  return layer.op === 'clip' ? { low: layer.low, high: layer.high } : undefined;
}

/** The image's codes in the scale that the model gives them. */
function startInput(state: State): void {
  const { scale, zeroPoint } = state.network.input;
  const wanted = state.ranges.outputs.get(INPUT_NAME);
  if (!Number.isInteger(zeroPoint)) {
    throw badInput(
      { where: state.path, wanted: 'an image with a whole zero point', found: String(zeroPoint) },
      'Quantise the float model instead: maxdnn quantise.',
    );
  }
  const own = { name: INPUT_NAME, scale, zeroPoint: zeroPoint - 128 };
  state.done.set(INPUT_NAME, wanted ? requantised(state, own, wanted, 'image', INT8) : own);
}

function convertGroup(state: State, group: Group, isLast: boolean): Converted {
  const { main, output } = group;
  const inputs = main.inputs.map((name) => state.done.get(name)!);
  const from = inputs[0]!;
  const given = state.ranges.outputs.get(output);
  const fault = (wanted: string, found: string): MaxdnnError =>
    badInput({ where: `${state.path}, layer ${main.name} (${main.op})`, wanted, found }, HINT);
  const push = (layer: QuantisedLayer, scale: CodeScale): Converted => {
    state.layers.push(layer);
    return { name: layer.name, scale: scale.scale, zeroPoint: scale.zeroPoint };
  };
  const kept = { name: main.name, inputs: [from.name], outputScale: from.scale, ...zeroOf(from) };
  /** A layer that keeps its input's scale, and what brings it to its own where that is another one. */
  const keep = (layer: QuantisedLayer): Converted => {
    const converted = push(layer, from);
    return given ? requantised(state, converted, given, main.name, INT8) : converted;
  };
  switch (main.op) {
    case 'pad':
      return keep({ ...kept, op: 'pad', pads: main.pads });
    case 'padChannels':
      return keep({ ...kept, op: 'padChannels', before: main.before, after: main.after });
    case 'maxPool': {
      const { kernel, stride, pads } = main;
      return keep({ ...kept, op: 'maxPool', kernel, stride, pads });
    }
    case 'relu':
    case 'clip': {
      const range = codeRange(boundsOf(main)!, given ?? from);
      if (given && !isSameScale(from, given)) return requantised(state, from, given, main.name, range);
      return push(main.op === 'relu' ? { ...kept, op: 'relu' } : { ...kept, op: 'clip', ...range }, from);
    }
    case 'averagePool': {
      const { kernel, stride, pads } = main;
      if (pads === undefined || pads.every((pad) => pad === 0)) break;
      if (!given || !isSameScale(from, given)) {
        throw fault(
          'an average pool without padding, one that counts it, or one that keeps its scale',
          'another scale',
        );
      }
      return push(
        { ...kept, op: 'tfliteAveragePool', ...codeRange(group, given), kernel, stride, pads },
        from,
      );
    }
    case 'batchNorm':
      throw fault('batch norms folded into their convolutions', 'one of its own');
    case 'conv2d':
    case 'dense': {
      const weights = state.ranges.weightScales.get(main.name);
      if (!weights) throw fault('int8 weights, by a DequantizeLinear', 'float weights');
      if (!given && !(isLast && group.output === main.name)) throw fault('a QuantizeLinear after it', 'none');
      const bias = state.ranges.biasCodes.get(main.name);
      const range = given && codeRange(group, given);
      const layer = weightedLayer({ network: state.network, layer: main, from, weights, bias, given, range });
      return push(layer, given ?? { scale: layer.outputScale, zeroPoint: 0 });
    }
  }
  if (!given) throw fault('a QuantizeLinear after it', 'none');
  const common = {
    name: main.name,
    inputs: inputs.map(({ name }) => name),
    outputScale: given.scale,
    ...zeroOf(given),
    ...codeRange(group, given),
  };
  switch (main.op) {
    case 'add': {
      const { factors, shift } = fitAddition(from.scale / given.scale, inputs[1]!.scale / given.scale);
      return push({ ...common, op: 'add', factors, shift }, given);
    }
    case 'concat': {
      const fits = inputs.map(({ scale }) => fitRescale(scale / given.scale));
      const multipliers = fits.map((fit) => fit.multiplier);
      return push({ ...common, op: 'concat', multipliers, shifts: fits.map((fit) => fit.shift) }, given);
    }
    case 'averagePool':
    case 'globalAveragePool': {
      const { height, width } = state.shapes.get(main.inputs[0]!)!;
      const isGlobal = main.op === 'globalAveragePool';
      const kernel = isGlobal ? ([height, width] as const) : main.kernel;
      const stride = isGlobal ? ([1, 1] as const) : main.stride;
      const fit = fitRescale(from.scale / (kernel[0] * kernel[1] * given.scale));
      return push({ ...common, op: 'averagePool', kernel, stride, ...fit }, given);
    }
  }
}

const HINT =
  'Quantise the whole model in the QDQ format with int8 weights, or import the float model and quantise it here.';

/** The same values in another scale; nothing to do where it is the same. */
function requantised(
  state: State,
  from: Converted,
  to: CodeScale,
  name: string,
  range: CodeRange,
): Converted {
  if (isSameScale(from, to) && range.low === INT8.low && range.high === INT8.high) return from;
  const taken = new Set(state.layers.map((layer) => layer.name));
  const layer = requantiseLayer(
    taken.has(name) || name === 'image' ? `${name}/requantise` : name,
    from,
    to,
    range,
  );
  state.layers.push(layer);
  return { name: layer.name, ...to };
}

function isSameScale(a: CodeScale, b: CodeScale): boolean {
  return a.zeroPoint === b.zeroPoint && Math.abs(a.scale / b.scale - 1) < 1e-6;
}

function zeroOf({ zeroPoint }: CodeScale): { readonly zeroPoint?: number } {
  return zeroPoint === 0 ? {} : { zeroPoint };
}

/** Bounds in codes. */
function codeRange(bounds: { readonly low: number; readonly high: number }, to: CodeScale): CodeRange {
  const code = (value: number): number => clamp(Math.round(value / to.scale) + to.zeroPoint, -128, 127);
  return { low: code(bounds.low), high: code(bounds.high) };
}
