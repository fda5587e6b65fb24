import { sizeOf } from '../../dnn/quantised-network.ts';
import {
  coded,
  codes,
  constant,
  floats,
  type NodeContext,
  quantisedConstant,
  quantisedValue,
  rangeAt,
  scalarAt,
  sums,
} from './operands.ts';
import type { GraphOperator } from './read-graph.ts';
import {
  addends,
  biasAddends,
  createQuantiser,
  dequantisedValues,
  productRange,
  quantisedRange,
  requantiseSums,
  sumRange,
  usedRange,
  zeroCode,
} from './tensorflow-arithmetic.ts';
import {
  codedValue,
  extremes,
  type FloatValue,
  mapCodes,
  mapTables,
  type SumValue,
  type Value,
} from './values.ts';
import { averagePool, convolve, pad } from './window-operators.ts';

type Run = (context: NodeContext) => Value;

/** What each operator does. Several outputs of a node (codes, least, most) are one value here. */
export const RUN: Readonly<Record<GraphOperator, Run>> = {
  Const: ({ node, fail }) => {
    const tensor = node.attributes.tensor('value');
    if (tensor === undefined) throw fail({ wanted: 'a constant', found: 'none' });
    return { kind: 'constant', tensor };
  },
  Placeholder: ({ image }) => image,
  RealDiv: (context) => mapScalar(context, (value, by) => value / by),
  Sub: (context) => mapScalar(context, (value, by) => value - by),
  Reshape: (context) => context.inputs[0]!,
  Min: (context) => extreme(context, 0),
  Max: (context) => extreme(context, 1),
  QuantizeV2: quantise,
  QuantizedConv2D: convolve,
  AxConv2D: convolve,
  RequantizationRange: (context) => {
    const value = sums(context);
    return { kind: 'range', ...usedRange(value.sums, value) };
  },
  Requantize: (context) => {
    const value = sums(context);
    const range = rangeAt(context, 3);
    return quantisedValue(value.shape, requantiseSums(value.sums, value, range), range);
  },
  Dequantize: (context) => {
    const value = codes(context, 0);
    const table = dequantisedValues(value);
    return codedValue(value.shape, value.codes, new Array<Float32Array>(value.shape.channels).fill(table));
  },
  FusedBatchNorm: normalise,
  QuantizedRelu: (context) => {
    const value = codes(context, 0);
    const zero = zeroCode(value);
    const map = Uint8Array.from({ length: 256 }, (_, code) => Math.max(code, zero));
    return quantisedValue(value.shape, mapCodes(value.codes, Array(value.shape.channels).fill(map)), value);
  },
  QuantizedAdd: (context) => {
    const [a, b] = [codes(context, 0), codes(context, 1)];
    const range = sumRange(a, b);
    const [fromA, fromB] = [addends(a, range), addends(b, range)];
    const total = new Int32Array(a.codes.length);
    for (let i = 0; i < total.length; i++) total[i] = fromA[a.codes[i]!]! + fromB[b.codes[i]!]!;
    return { kind: 'sums', shape: a.shape, sums: total, ...range };
  },
  QuantizedAvgPool: averagePool,
  Pad: pad,
  Mean: mean,
  QuantizedMatMul: multiply,
  QuantizedBiasAdd: (context) => {
    const [a, b] = [codes(context, 0), quantisedConstant(context, 1)];
    const range = sumRange(a, b);
    const [fromA, fromB] = [biasAddends(a, range), biasAddends(b, range)];
    const { channels } = a.shape;
    const total = Int32Array.from(
      a.codes,
      (code, i) => fromA[code]! + fromB[b.tensor.values[i % channels]!]!,
    );
    return { kind: 'sums', shape: a.shape, sums: total, ...range };
  },
};

function mapScalar(context: NodeContext, map: (value: number, by: number) => number): Value {
  const by = constant(context, 1).values[0]!;
  return mapTables(coded(context), (table) => table.map((value) => map(value, by)));
}

function extreme(context: NodeContext, index: 0 | 1): Value {
  return { kind: 'scalar', value: extremes(floats(context))[index] };
}

/** Quantises to the range of the values that its other two inputs found. */
function quantise(context: NodeContext): Value {
  const range = quantisedRange(scalarAt(context, 1), scalarAt(context, 2));
  const toCode = createQuantiser(range);
  const [input] = context.inputs;
  if (input?.kind === 'constant') {
    const { shape, values } = input.tensor;
    return {
      kind: 'quantised constant',
      tensor: { shape, values: Int32Array.from(values, toCode) },
      ...range,
    };
  }
  const value = floats(context);
  if (value.kind === 'floats') {
    const shape = { height: 1, width: 1, channels: value.channels };
    return quantisedValue(shape, Uint8Array.from(value.data, toCode), range);
  }
  const maps = value.tables.map((table) => Uint8Array.from(table, toCode));
  return quantisedValue(value.shape, mapCodes(value.codes, maps), range);
}

/** Batch statistics: mean and biased variance of each channel over all images and pixels. */
function normalise(context: NodeContext): Value {
  const { node, fail } = context;
  if (node.attributes.flag('is_training') !== true)
    throw fail({ wanted: 'is_training true', found: 'false' });
  const value = coded(context);
  const [gamma, beta] = [constant(context, 1).values, constant(context, 2).values];
  const epsilon = node.attributes.float('epsilon') ?? 1e-4;
  const counts = value.counts();
  const { fround } = Math;
  return mapTables(value, (table, channel) => {
    const own = counts.subarray(256 * channel, 256 * (channel + 1));
    const total = own.reduce((sum, count) => sum + count, 0);
    const average = own.reduce((sum, count, code) => sum + count * table[code]!, 0) / total;
    const variance = own.reduce((sum, count, code) => sum + count * (table[code]! - average) ** 2, 0) / total;
    const factor = fround(fround(1 / Math.sqrt(fround(variance) + epsilon)) * gamma[channel]!);
    const single = fround(average);
    return table.map((entry) => fround(fround(entry - single) * factor) + beta[channel]!);
  });
}

/** Mean over the pixels of each image and channel, float32. */
function mean(context: NodeContext): FloatValue {
  const { shape, codes: all, tables } = coded(context);
  const pixels = shape.height * shape.width;
  const data = new Float32Array((all.length / sizeOf(shape)) * shape.channels);
  for (let i = 0; i < data.length; i++) {
    const channel = i % shape.channels;
    const first = Math.floor(i / shape.channels) * pixels * shape.channels + channel;
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++)
      sum += tables[channel]![all[first + pixel * shape.channels]!]!;
    data[i] = sum / pixels;
  }
  return { kind: 'floats', channels: shape.channels, data };
}

/** Exact products: only convolutions have multipliers. */
function multiply(context: NodeContext): SumValue {
  const [a, b] = [codes(context, 0), quantisedConstant(context, 1)];
  const inputs = sizeOf(a.shape);
  const outputs = b.tensor.values.length / inputs;
  const [zeroA, zeroB] = [zeroCode(a), zeroCode(b)];
  const total = new Int32Array((a.codes.length / inputs) * outputs);
  for (let i = 0; i < total.length; i++) {
    const [row, column] = [Math.floor(i / outputs), i % outputs];
    for (let k = 0; k < inputs; k++) {
      total[i]! += (a.codes[row * inputs + k]! - zeroA) * (b.tensor.values[k * outputs + column]! - zeroB);
    }
  }
  return {
    kind: 'sums',
    shape: { height: 1, width: 1, channels: outputs },
    sums: total,
    ...productRange(a, b),
  };
}
