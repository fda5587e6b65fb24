import type { TfNode } from '../../src/dnn/tensorflow/messages.ts';
import type { AlwannGraph } from '../../src/reproduce/alwann/read-graph.ts';

/**
 * A second reading of TensorFlow's quantised kernels: one number at a time, no tables, 64-bit integers as BigInt. Slow.
 * Values are images × height × width × channels.
 */
export interface ReferenceTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[] | Float32Array | Int32Array;
  /** Of codes and sums. */
  readonly range?: readonly [number, number];
}

/** What ax(data, weight) − … adds for the weight number `tap` (OHWI); undefined: skipped. */
export type ReferenceProduct = (
  conv: string,
  data: number,
  weight: number,
  tap: number,
) => number | undefined;

const f = Math.fround;

/** Output of the graph for a batch of u8 pixels. */
export function runReference(
  graph: AlwannGraph,
  image: { readonly shape: readonly number[]; readonly pixels: Uint8Array },
  product: ReferenceProduct,
): ReferenceTensor {
  const names = new Map(graph.convs.map(({ node, name }) => [node, name]));
  const values = new Map<string, ReferenceTensor>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name)!);
    values.set(
      node.name,
      runNode(node, inputs, image, (d, w, tap) => product(names.get(node.name)!, d, w, tap)),
    );
  }
  return values.get(graph.output)!;
}

function runNode(
  node: TfNode,
  inputs: readonly ReferenceTensor[],
  image: { readonly shape: readonly number[]; readonly pixels: Uint8Array },
  product: (data: number, weight: number, tap: number) => number | undefined,
): ReferenceTensor {
  const [x, y] = inputs as [ReferenceTensor, ReferenceTensor];
  const map = (change: (value: number, index: number) => number): ReferenceTensor => ({
    shape: x.shape,
    data: Array.from(x.data, (value, index) => f(change(value, index))),
  });
  switch (node.op) {
    case 'Const': {
      const tensor = node.attributes.tensor('value')!;
      return { shape: tensor.shape, data: tensor.values };
    }
    case 'Placeholder':
      return { shape: image.shape, data: [...image.pixels] };
    case 'RealDiv':
      return map((value) => value / y.data[0]!);
    case 'Sub':
      return map((value) => value - y.data[0]!);
    case 'Reshape':
      return x;
    case 'Min':
      return { shape: [], data: [Math.min(...chunked(x.data, Math.min))] };
    case 'Max':
      return { shape: [], data: [Math.max(...chunked(x.data, Math.max))] };
    case 'QuantizeV2': {
      const [low, high] = [inputs[1]!.data[0]!, inputs[2]!.data[0]!];
      const min = Math.min(0, low);
      const max = Math.max(high, f(min + f(Math.max(1, Math.abs(low), Math.abs(high)) / 100)));
      const scale = f(255 / f(max - min));
      const data = Array.from(x.data, (value) =>
        Math.min(Math.max(nearest(f(value * scale)) - nearest(f(min * scale)), 0), 255),
      );
      return { shape: x.shape, data, range: [min, max] };
    }
    case 'QuantizedConv2D':
      return convolve(node, inputs, product);
    case 'RequantizationRange': {
      let [low, high] = [x.data[0]!, x.data[0]!];
      for (const value of x.data) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      return { shape: [], data: [], range: [Math.min(0, sumValue(low, x.range!)), sumValue(high, x.range!)] };
    }
    case 'Requantize':
      return requantise(x, inputs[3]!.range!);
    case 'Dequantize': {
      const [min, max] = x.range!;
      const scale = f(f(max - min) / 255);
      const start = f(nearest(f(min / scale)) * scale);
      return { shape: x.shape, data: Array.from(x.data, (code) => f(start + f(code * scale))) };
    }
    case 'FusedBatchNorm':
      return normalise(x, inputs[1]!.data, inputs[2]!.data, node.attributes.float('epsilon')!);
    case 'QuantizedRelu': {
      const zero = zeroOf(x.range!);
      return { ...x, data: Array.from(x.data, (code) => Math.max(code, zero)) };
    }
    case 'QuantizedAdd':
    case 'QuantizedBiasAdd':
      return add(x, y, node.op === 'QuantizedBiasAdd');
    case 'QuantizedAvgPool':
      return pool(x);
    case 'Pad':
      return pad(x, [...y.data]);
    case 'Mean': {
      const [images, height, width, channels] = x.shape as [number, number, number, number];
      const data: number[] = [];
      for (let image = 0; image < images; image++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let p = 0; p < height * width; p++)
            sum += x.data[(image * height * width + p) * channels + c]!;
          data.push(f(sum / (height * width)));
        }
      }
      return { shape: [images, channels], data };
    }
    case 'QuantizedMatMul': {
      const [rows, inner] = x.shape as [number, number];
      const columns = y.shape[1]!;
      const data: number[] = [];
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) {
            sum +=
              (x.data[r * inner + k]! - zeroOf(x.range!)) * (y.data[k * columns + c]! - zeroOf(y.range!));
          }
          data.push(sum);
        }
      }
      return { shape: [rows, columns], data, range: multiplied(x.range!, y.range!) };
    }
    default:
      throw new Error(`no reference for ${node.op}`);
  }
}

function convolve(
  node: TfNode,
  inputs: readonly ReferenceTensor[],
  product: (data: number, weight: number, tap: number) => number | undefined,
): ReferenceTensor {
  const [x, w] = inputs as [ReferenceTensor, ReferenceTensor];
  const range = w.range ?? [inputs[4]!.data[0]!, inputs[5]!.data[0]!];
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns, , filters] = w.shape as [number, number, number, number];
  const stride = node.attributes.integers('strides')![1]!;
  const isSame = node.attributes.text('padding') === 'SAME';
  const size = (from: number, kernel: number): number =>
    isSame ? Math.ceil(from / stride) : Math.floor((from - kernel) / stride) + 1;
  const [outHeight, outWidth] = [size(height, rows), size(width, columns)];
  const offset = (out: number, from: number, kernel: number): number =>
    isSame ? Math.floor(Math.max(0, (out - 1) * stride + kernel - from) / 2) : 0;
  const [top, left] = [offset(outHeight, height, rows), offset(outWidth, width, columns)];
  const [zx, zw] = [zeroOf(x.range!), zeroOf(range)];
  const data = new Int32Array(images * outHeight * outWidth * filters);
  let to = 0;
  for (let image = 0; image < images; image++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let filter = 0; filter < filters; filter++) {
          let sum = 0;
          let tap = filter * rows * columns * channels;
          for (let ky = 0; ky < rows; ky++) {
            for (let kx = 0; kx < columns; kx++) {
              const iy = oy * stride - top + ky;
              const ix = ox * stride - left + kx;
              const isInside = iy >= 0 && iy < height && ix >= 0 && ix < width;
              for (let c = 0; c < channels; c++, tap++) {
                const code = isInside ? x.data[((image * height + iy) * width + ix) * channels + c]! : zx;
                const weight = w.data[((ky * columns + kx) * channels + c) * filters + filter]!;
                const own = product(code, weight, tap);
                if (own !== undefined) sum += own - code * zw - weight * zx + zx * zw;
              }
            }
          }
          data[to++] = sum;
        }
      }
    }
  }
  return { shape: [images, outHeight, outWidth, filters], data, range: multiplied(x.range!, range) };
}

function requantise(x: ReferenceTensor, [min, max]: readonly [number, number]): ReferenceTensor {
  const [low, high] = x.range!;
  const scale = BigInt(Math.trunc((255 * 65536 * f(high - low)) / f(max - min)));
  const shift = BigInt(Math.trunc((65536 * (min * 255)) / f(max - min)));
  const middle = f(f(low + high) / 2);
  const inside = BigInt(Math.trunc(f(f(middle * f(255 / f(max - min))) * 65536)));
  const data = Array.from(x.data, (sum) => {
    const code = (((BigInt(sum) * scale) >> 32n) + inside - shift + 32768n) >> 16n;
    return code < 0n ? 0 : code > 255n ? 255 : Number(code);
  });
  return { shape: x.shape, data, range: [min, max] };
}

function normalise(
  x: ReferenceTensor,
  gamma: ReferenceTensor['data'],
  beta: ReferenceTensor['data'],
  epsilon: number,
): ReferenceTensor {
  const channels = x.shape.at(-1)!;
  const count = x.data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.data.forEach((value, i) => {
    mean[i % channels]! += value / count;
  });
  x.data.forEach((value, i) => {
    variance[i % channels]! += (value - mean[i % channels]!) ** 2 / count;
  });
  const data = Array.from(x.data, (value, i) => {
    const c = i % channels;
    const factor = f(f(1 / Math.sqrt(f(variance[c]!) + epsilon)) * gamma[c]!);
    return f(f(f(value - f(mean[c]!)) * factor) + beta[c]!);
  });
  return { shape: x.shape, data };
}

function add(x: ReferenceTensor, y: ReferenceTensor, isBias: boolean): ReferenceTensor {
  const [[a, b], [c, d]] = [x.range!, y.range!];
  const high = f(Math.max(b, -a, d, -c) * 131072);
  const range = [-high, high] as const;
  const value = isBias ? biasValue : addValue;
  const data = Array.from(
    x.data,
    (code, i) => value(code, x.range!, range) + value(y.data[i % y.data.length]!, y.range!, range),
  );
  return { shape: x.shape, data, range };
}

/** The code in the range of the sum: code 0 there, and one step for each code. */
function addValue(code: number, from: readonly [number, number], to: readonly [number, number]): number {
  const at = (own: number): number => {
    const width = f(from[1] - from[0]) * (256 / 255);
    const scale = width / 256;
    const value = f(nearest(f(from[0] / f(scale))) * f(scale) + own * scale);
    const steps = 4294967296 / (f(to[1] - to[0]) * (4294967296 / 4294967295));
    return nearest(value * steps) - nearest(to[0] * steps) - 2147483648;
  };
  return at(0) + code * (at(1) - at(0));
}

function biasValue(code: number, from: readonly [number, number], to: readonly [number, number]): number {
  const scale = f(f(from[1] - from[0]) / 255);
  const value = f(f(nearest(f(from[0] / scale)) * scale) + f(code * scale));
  const steps = f(4294967295 / f(to[1] - to[0]));
  return f(nearest(f(value * steps)) - f(nearest(f(to[0] * steps)) + 2147483648));
}

/** 2×2 windows, stride 2, of even sizes; the mean cut to an integer. */
function pool(x: ReferenceTensor): ReferenceTensor {
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const data: number[] = [];
  for (let image = 0; image < images; image++) {
    for (let oy = 0; oy < height / 2; oy++) {
      for (let ox = 0; ox < width / 2; ox++) {
        for (let c = 0; c < channels; c++) {
          const at = (dy: number, dx: number): number =>
            x.data[((image * height + 2 * oy + dy) * width + 2 * ox + dx) * channels + c]!;
          data.push(Math.trunc((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4));
        }
      }
    }
  }
  return { ...x, shape: [images, height / 2, width / 2, channels], data };
}

function pad(x: ReferenceTensor, amounts: readonly number[]): ReferenceTensor {
  const shape = x.shape.map((size, axis) => size + amounts[2 * axis]! + amounts[2 * axis + 1]!);
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (const [i, value] of x.data.entries()) {
    let rest = i;
    let to = 0;
    let step = 1;
    for (let axis = 3; axis >= 0; axis--) {
      to += ((rest % x.shape[axis]!) + amounts[2 * axis]!) * step;
      rest = Math.floor(rest / x.shape[axis]!);
      step *= shape[axis]!;
    }
    data[to] = value;
  }
  return { shape, data };
}

function sumValue(sum: number, [low, high]: readonly [number, number]): number {
  const scale = (f(high - low) * (4294967296 / 4294967295)) / 4294967296;
  return f(nearest(f(low / f(scale))) * f(scale) + (sum + 2147483648) * scale);
}

function multiplied(a: readonly [number, number], b: readonly [number, number]): readonly [number, number] {
  const step = f(f(f(a[1] - a[0]) / 255) * f(f(b[1] - b[0]) / 255));
  return [f(step * -2147483648), f(step * 2147483648)];
}

/** Code for 0. */
export function zeroOf([min, max]: readonly [number, number]): number {
  return nearest(0) - nearest(min * (256 / (f(max - min) * (256 / 255))));
}

function nearest(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

/** Least or largest of each part, since an argument list has a limit. */
function chunked(data: ReferenceTensor['data'], of: (...values: number[]) => number): number[] {
  const parts: number[] = [];
  for (let i = 0; i < data.length; i += 4096) parts.push(of(...data.slice(i, i + 4096)));
  return parts;
}
