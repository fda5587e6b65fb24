import { createRng } from '../../src/base/rng.ts';
import { CODE, type ModelSketch, type OperatorSketch, type TensorSketch, TYPE } from './tflite-file.ts';

type Fields = readonly (readonly [number, 1 | 4, number])[];

/** Options of a convolution: SAME (0) or VALID (1), strides, fused activation. */
const conv = (padding: 0 | 1, strideY: number, strideX: number, activation = 0) => ({
  type: 1,
  fields: [
    [0, 1, padding],
    [1, 4, strideX],
    [2, 4, strideY],
    [3, 1, activation],
    [4, 4, 1],
    [5, 4, 1],
  ] as Fields,
});
const depthwise = (padding: 0 | 1, stride: number, multiplier: number, activation = 0) => ({
  type: 2,
  fields: [
    [0, 1, padding],
    [1, 4, stride],
    [2, 4, stride],
    [3, 4, multiplier],
    [4, 1, activation],
    [5, 4, 1],
    [6, 4, 1],
  ] as Fields,
});
const pool = (padding: 0 | 1, strides: [number, number], kernel: [number, number], activation = 0) => ({
  type: 5,
  fields: [
    [0, 1, padding],
    [1, 4, strides[1]],
    [2, 4, strides[0]],
    [3, 4, kernel[1]],
    [4, 4, kernel[0]],
    [5, 1, activation],
  ] as Fields,
});
const fused = (type: number, activation: number) => ({ type, fields: [[0, 1, activation]] as Fields });

/**
 * A model of every operator, int8 or float32: 9 × 7 × 3 image → conv SAME stride 2 ReLU → pad → depthwise VALID
 * ReLU6 (multiplier 2) → 1×1 conv → add ReLU with a second 1×1 conv → max pool SAME, average pool SAME → concat →
 * ReLU → conv 2×1 → mean → fully connected → softmax. Weights, biases, scales and zero points from the seed.
 */
export function sampleModel(seed: number, isInt8: boolean): ModelSketch {
  const rng = createRng(seed);
  const tensors: TensorSketch[] = [];
  const operators: OperatorSketch[] = [];
  const code = (low: number, high: number): number => rng.nextInt(low, high);
  const scale = (): number => Math.fround(0.01 + 0.04 * rng.nextFloat());
  const push = (tensor: TensorSketch): number => tensors.push(tensor) - 1;
  const activation = (
    name: string,
    shape: readonly number[],
    like?: number,
    quantisation: { scales: readonly number[]; zeroPoints: readonly number[] } = {
      scales: [scale()],
      zeroPoints: [code(-20, 20)],
    },
  ): number =>
    push({
      name,
      shape: [1, ...shape],
      signature: [-1, ...shape],
      type: isInt8 ? TYPE.int8 : TYPE.float32,
      ...(isInt8
        ? like === undefined
          ? quantisation
          : { scales: tensors[like]!.scales!, zeroPoints: tensors[like]!.zeroPoints! }
        : {}),
    });
  const integers = (name: string, shape: readonly number[], values: readonly number[]): number =>
    push({ name, shape, type: TYPE.int32, content: Int32Array.from(values) });
  /** Weights and bias; one scale per output channel, or one for all. */
  const weights = (
    name: string,
    shape: readonly number[],
    axis: number,
    input: number,
    perChannel = true,
  ) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const channels = shape[axis]!;
    const taps = count / channels;
    const scales = Array.from({ length: perChannel ? channels : 1 }, () =>
      Math.fround((0.4 + rng.nextFloat()) / (80 * Math.sqrt(taps))),
    );
    const codes = Int8Array.from({ length: count }, () => code(-127, 127));
    const biases = Int32Array.from({ length: channels }, () => code(-3000, 3000));
    const biasScales = scales.map((one) => Math.fround(one * (tensors[input]!.scales?.[0] ?? 1)));
    if (!isInt8) {
      const floats = Float32Array.from(codes, (value) => value / (127 * Math.sqrt(taps)));
      return [
        push({ name, shape, type: TYPE.float32, content: floats }),
        push({
          name: `${name}/bias`,
          shape: [channels],
          type: TYPE.float32,
          content: Float32Array.from(biases, (b) => b / 9000),
        }),
      ];
    }
    return [
      push({ name, shape, type: TYPE.int8, content: codes, scales, axis }),
      push({
        name: `${name}/bias`,
        shape: [channels],
        type: TYPE.int32,
        content: biases,
        scales: biasScales,
      }),
    ];
  };
  const operator = (
    operatorCode: number,
    inputs: readonly number[],
    output: number,
    options?: OperatorSketch['options'],
  ): number => {
    operators.push({ code: operatorCode, inputs, outputs: [output], ...(options ? { options } : {}) });
    return output;
  };

  const image = activation('image', [9, 7, 3], undefined, {
    scales: [Math.fround(1 / 64)],
    zeroPoints: [-31],
  });
  const w0 = weights('w0', [4, 3, 3, 3], 0, image);
  const first = operator(CODE.conv, [image, ...w0], activation('first', [5, 4, 4]), conv(0, 2, 2, 1));
  const pads = integers('pads', [4, 2], [0, 0, 1, 0, 0, 2, 0, 0]);
  const padded = operator(CODE.pad, [first, pads], activation('padded', [6, 6, 4], first), {
    type: 22,
    fields: [],
  });
  const w1 = weights('w1', [1, 3, 2, 8], 3, padded);
  const deep = operator(
    CODE.depthwise,
    [padded, ...w1],
    activation('deep', [4, 5, 8]),
    depthwise(1, 1, 2, 3),
  );
  const w2 = weights('w2', [6, 1, 1, 8], 0, deep);
  const left = operator(CODE.conv, [deep, ...w2], activation('left', [4, 5, 6]), conv(1, 1, 1));
  const w3 = weights('w3', [6, 3, 3, 8], 0, deep);
  const right = operator(CODE.conv, [deep, ...w3], activation('right', [4, 5, 6]), conv(0, 1, 1));
  const sum = operator(CODE.add, [left, right], activation('sum', [4, 5, 6]), fused(11, 1));
  const largest = operator(
    CODE.maxPool,
    [sum],
    activation('largest', [2, 3, 6], sum),
    pool(0, [2, 2], [3, 3]),
  );
  const average = operator(
    CODE.averagePool,
    [sum],
    activation('average', [2, 3, 6], sum),
    pool(0, [2, 2], [3, 2], 3),
  );
  const joined = operator(CODE.concatenation, [largest, average], activation('joined', [2, 3, 12], sum), {
    type: 10,
    fields: [[0, 4, 3]],
  });
  const relu = operator(CODE.relu, [joined], activation('relu', [2, 3, 12]));
  const w4 = weights('w4', [10, 2, 1, 12], 0, relu, false);
  const last = operator(CODE.conv, [relu, ...w4], activation('last', [1, 3, 10]), conv(1, 1, 1, 3));
  const axes = integers('axes', [2], [1, 2]);
  const mean = operator(CODE.mean, [last, axes], activation('mean', [1, 1, 10]), {
    type: 27,
    fields: [[0, 1, 1]],
  });
  const flat = integers('flat', [2], [-1, 10]);
  const vector = operator(CODE.reshape, [mean, flat], activation('vector', [10], mean));
  const w5 = weights('w5', [5, 10], 0, vector, false);
  const logits = operator(CODE.fullyConnected, [vector, ...w5], activation('logits', [5]), fused(8, 0));
  const classes = operator(
    CODE.softmax,
    [logits],
    activation('classes', [5], undefined, { scales: [1 / 256], zeroPoints: [-128] }),
    // beta, the bits of 1.0 in float32
    { type: 9, fields: [[0, 4, 0x3f800000]] },
  );
  return { tensors, operators, inputs: [image], outputs: [classes] };
}

/**
 * The int8 sample with a convolution in two groups, ReLU6 in the max pool and on its own (one scale), and a mean that
 * drops its axes.
 */
export function variantModel(seed: number): ModelSketch {
  const model = sampleModel(seed, true);
  const joined = model.tensors.find(({ name }) => name === 'joined')!;
  const tensors = model.tensors.map((tensor): TensorSketch => {
    switch (tensor.name) {
      case 'w2':
        return { ...tensor, shape: [6, 1, 1, 4], content: tensor.content!.slice(0, 24) };
      case 'relu':
        return { ...tensor, scales: joined.scales!, zeroPoints: joined.zeroPoints! };
      case 'mean':
        return { ...tensor, shape: [1, 10], signature: [-1, 10] };
      default:
        return tensor;
    }
  });
  const changes: Readonly<Record<number, Partial<OperatorSketch>>> = {
    6: { options: pool(0, [2, 2], [3, 3], 3) },
    9: { code: CODE.relu6 },
    11: { options: { type: 27, fields: [[0, 1, 0]] } },
  };
  const operators = model.operators.map((operator, index) => ({ ...operator, ...changes[index] }));
  return { ...model, tensors, operators };
}
