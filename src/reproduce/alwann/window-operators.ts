import { show } from '../../base/errors.ts';
import type { Shape } from '../../dnn/network.ts';
import { sizeOf } from '../../dnn/quantised-network.ts';
import type { TfTensor } from '../../dnn/tensorflow/messages.ts';
import { coded, codes, constant, type NodeContext, quantisedConstant, quantisedValue } from './operands.ts';
import { productRange, zeroCode } from './tensorflow-arithmetic.ts';
import { codedValue, type Value } from './values.ts';

/** Sums of products of uint8 codes, each through the multiplier; taps in the padding read the code for 0. */
export function convolve(context: NodeContext): Value {
  const { node, fail } = context;
  const input = codes(context, 0);
  const filter = quantisedConstant(context, 1, [4, 5]);
  const [rows, columns, channels, filters] = filter.tensor.shape;
  const strides = node.attributes.integers('strides') ?? [];
  const padding = node.attributes.text('padding') ?? '';
  if (channels !== input.shape.channels || strides.length !== 4 || !['SAME', 'VALID'].includes(padding)) {
    const found = `weights [${filter.tensor.shape.join(', ')}], strides ${show(strides)}, padding ${show(padding)}`;
    throw fail({ wanted: `a convolution of ${input.shape.channels} channels`, found });
  }
  const stride = [strides[1]!, strides[2]!] as const;
  const kernel = [rows!, columns!] as const;
  const height = along(input.shape.height, kernel[0], stride[0], padding);
  const width = along(input.shape.width, kernel[1], stride[1], padding);
  const shape = { height: height.size, width: width.size, channels: filters! };
  const total = context.convolve({
    node: node.name,
    codes: input.codes,
    geometry: {
      from: input.shape,
      to: shape,
      kernel,
      stride,
      pads: [height.before, width.before, height.after, width.after],
      groups: 1,
    },
    weights: outermostFilters(filter.tensor),
    inputZero: zeroCode(input),
    weightZero: zeroCode(filter),
  });
  return { kind: 'sums', shape, sums: total, ...productRange(input, filter) };
}

/** Output size and padding along one axis. Source: TensorFlow, "SAME" and "VALID". */
function along(from: number, kernel: number, stride: number, padding: string) {
  const size = padding === 'SAME' ? Math.ceil(from / stride) : Math.floor((from - kernel) / stride) + 1;
  const missing = Math.max(0, (size - 1) * stride + kernel - from);
  const before = padding === 'SAME' ? Math.floor(missing / 2) : 0;
  return { size, before, after: padding === 'SAME' ? missing - before : 0 };
}

/** Weights of the file (row, column, in, out) as out, row, column, in. */
function outermostFilters({ shape, values }: TfTensor): Uint8Array {
  const filters = shape[3]!;
  const taps = values.length / filters;
  return Uint8Array.from(values, (_, i) => values[(i % taps) * filters + Math.floor(i / taps)]!);
}

/** Means of codes, cut to integers; windows at the edge have fewer pixels. */
export function averagePool(context: NodeContext): Value {
  const { node } = context;
  const value = codes(context, 0);
  const size = node.attributes.integers('ksize')!;
  const strides = node.attributes.integers('strides')!;
  const padding = node.attributes.text('padding') ?? '';
  const { height: rows, width: columns, channels } = value.shape;
  const down = along(rows, size[1]!, strides[1]!, padding);
  const right = along(columns, size[2]!, strides[2]!, padding);
  const shape: Shape = { height: down.size, width: right.size, channels };
  const images = value.codes.length / sizeOf(value.shape);
  const out = new Uint8Array(images * sizeOf(shape));
  let to = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < shape.height; y++) {
      const [top, bottom] = inside(y * strides[1]! - down.before, size[1]!, rows);
      for (let x = 0; x < shape.width; x++) {
        const [start, end] = inside(x * strides[2]! - right.before, size[2]!, columns);
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (let row = top; row < bottom; row++) {
            for (let column = start; column < end; column++) {
              sum += value.codes[((image * rows + row) * columns + column) * channels + channel]!;
            }
          }
          out[to++] = Math.floor(sum / ((bottom - top) * (end - start)));
        }
      }
    }
  }
  return quantisedValue(shape, out, value);
}

function inside(start: number, length: number, size: number): readonly [number, number] {
  return [Math.max(0, start), Math.min(size, start + length)];
}

/** Zeros around the image, or channels of zeros; float32. */
export function pad(context: NodeContext): Value {
  const { fail } = context;
  const value = coded(context);
  const [, , top, bottom, left, right, before, after] = [...constant(context, 1).values];
  const { height, width, channels } = value.shape;
  const zeros = value.tables.map((table) => table.indexOf(0));
  if (zeros.includes(-1)) throw fail({ wanted: 'a code for 0 in each channel', found: 'none' });
  const shape: Shape = {
    height: height + top! + bottom!,
    width: width + left! + right!,
    channels: channels + before! + after!,
  };
  const table = new Float32Array(256);
  const tables = [...Array(before!).fill(table), ...value.tables, ...Array(after!).fill(table)];
  const pixel = Uint8Array.from(tables, (_, channel) => zeros[channel - before!] ?? 0);
  const images = value.codes.length / sizeOf(value.shape);
  const padded = new Uint8Array(images * sizeOf(shape));
  for (let at = 0; at < padded.length; at += shape.channels) padded.set(pixel, at);
  for (let from = 0, line = 0; from < value.codes.length; line++) {
    const row = (line % height) + top! + Math.floor(line / height) * shape.height;
    for (let column = 0; column < width; column++, from += channels) {
      const to = (row * shape.width + column + left!) * shape.channels + before!;
      padded.set(value.codes.subarray(from, from + channels), to);
    }
  }
  return codedValue(shape, padded, tables);
}
