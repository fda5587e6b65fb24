import { CODE, type ModelSketch, type OperatorSketch } from './tflite-file.ts';

/**
 * The float32 operators of a model from their definition (NHWC, padding as TensorFlow computes SAME), in float64.
 * @returns the logits, before SOFTMAX
 */
export function floatReference(model: ModelSketch, image: readonly number[]): readonly number[] {
  const values = new Map<number, readonly number[]>([[model.inputs[0]!, image]]);
  for (const operator of model.operators) {
    if (operator.code === CODE.softmax) return values.get(operator.inputs[0]!)!;
    values.set(operator.outputs[0]!, compute(model, operator, values));
  }
  throw new Error('no SOFTMAX');
}

const ACTIVATIONS: readonly ((x: number) => number)[] = [
  (x) => x,
  (x) => Math.max(x, 0),
  (x) => Math.min(Math.max(x, -1), 1),
  (x) => Math.min(Math.max(x, 0), 6),
];

function compute(
  model: ModelSketch,
  operator: OperatorSketch,
  values: ReadonlyMap<number, readonly number[]>,
): readonly number[] {
  const from = model.tensors[operator.inputs[0]!]!;
  const to = model.tensors[operator.outputs[0]!]!;
  const input = values.get(operator.inputs[0]!)!;
  const constant = (position: number): ArrayLike<number> =>
    model.tensors[operator.inputs[position]!]!.content!;
  const field = (id: number): number => operator.options?.fields.find(([at]) => at === id)?.[2] ?? 0;
  const [, height = 1, width = 1, depth = 1] = from.shape;
  const [, outHeight = 1, outWidth = 1, outDepth = 1] = to.shape;
  const start = (kernel: number, stride: number, size: number, out: number): number =>
    field(0) === 0 ? -Math.floor(Math.max((out - 1) * stride + kernel - size, 0) / 2) : 0;
  /** Taps of a window that lie in the image: [value index without channel, tap index]. */
  const taps = (oy: number, ox: number, [kh, kw]: readonly number[]): [number, number][] => {
    const [strideX, strideY] = [field(1), field(2)];
    const found: [number, number][] = [];
    for (let tap = 0; tap < kh! * kw!; tap++) {
      const y = oy * strideY + start(kh!, strideY, height, outHeight) + Math.floor(tap / kw!);
      const x = ox * strideX + start(kw!, strideX, width, outWidth) + (tap % kw!);
      if (y >= 0 && y < height && x >= 0 && x < width) found.push([(y * width + x) * depth, tap]);
    }
    return found;
  };
  const map = (one: (y: number, x: number, c: number) => number): number[] =>
    Array.from({ length: outHeight * outWidth * outDepth }, (_, i) => {
      const pixel = Math.floor(i / outDepth);
      return one(Math.floor(pixel / outWidth), pixel % outWidth, i % outDepth);
    });
  switch (operator.code) {
    case CODE.conv:
    case CODE.depthwise: {
      const isDeep = operator.code === CODE.depthwise;
      const [, kh, kw] = model.tensors[operator.inputs[1]!]!.shape;
      const [weights, bias] = [constant(1), constant(2)];
      const activate = ACTIVATIONS[field(isDeep ? 4 : 3)]!;
      return map((oy, ox, o) => {
        let sum = bias[o]!;
        for (const [at, tap] of taps(oy, ox, [kh!, kw!])) {
          if (isDeep) {
            sum += input[at + Math.floor((o * depth) / outDepth)]! * weights[tap * outDepth + o]!;
            continue;
          }
          for (let c = 0; c < depth; c++) sum += input[at + c]! * weights[(o * kh! * kw! + tap) * depth + c]!;
        }
        return activate(sum);
      });
    }
    case CODE.fullyConnected: {
      const [weights, bias] = [constant(1), constant(2)];
      return Array.from({ length: bias.length }, (_, o) =>
        input.reduce((sum, x, i) => sum + x * weights[o * input.length + i]!, bias[o]!),
      );
    }
    case CODE.add:
      return input.map((x, i) => ACTIVATIONS[field(0)]!(x + values.get(operator.inputs[1]!)![i]!));
    case CODE.averagePool:
    case CODE.maxPool:
      return map((oy, ox, c) => {
        const inside = taps(oy, ox, [field(4), field(3)]).map(([at]) => input[at + c]!);
        const mean = inside.reduce((sum, x) => sum + x, 0) / inside.length;
        return ACTIVATIONS[field(5)]!(operator.code === CODE.maxPool ? Math.max(...inside) : mean);
      });
    case CODE.mean:
      return Array.from({ length: depth }, (_, c) => {
        const channel = input.filter((_x, i) => i % depth === c);
        return channel.reduce((sum, x) => sum + x, 0) / channel.length;
      });
    case CODE.pad: {
      const amounts = constant(1);
      return map((oy, ox, c) => {
        const [y, x] = [oy - amounts[2]!, ox - amounts[4]!];
        return y >= 0 && y < height && x >= 0 && x < width ? input[(y * width + x) * depth + c]! : 0;
      });
    }
    case CODE.concatenation:
      return map((y, x, c) => {
        const [first, second] = operator.inputs.map((index) => values.get(index)!);
        const pixel = y * outWidth + x;
        return c < depth ? first![pixel * depth + c]! : second![pixel * (outDepth - depth) + c - depth]!;
      });
    case CODE.relu:
      return input.map((x) => Math.max(x, 0));
    case CODE.reshape:
      return input;
    default:
      throw new Error(`no definition of operator ${operator.code}`);
  }
}
