import type { TfliteModel, TfliteOperator, TfliteTensor } from '../../src/dnn/tflite/model.ts';

/**
 * A second reading of TensorFlow Lite's int8 reference kernels, straight from their C++ (tensorflow/lite/kernels/
 * internal/reference), with whole numbers of any size where they use int64: it shares only the file reader with the
 * importer. One image; no checks.
 * @returns codes of the tensor that each operator writes, by tensor index
 */
export function runTfliteReference(model: TfliteModel, image: Int8Array): ReadonlyMap<number, number[]> {
  const codes = new Map<number, number[]>([[model.inputs[0]!, [...image]]]);
  for (const operator of model.operators) {
    const out = operator.outputs[0]!;
    codes.set(out, runOperator(model, operator, codes));
  }
  return codes;
}

/** gemmlowp, SaturatingRoundingDoublingHighMul: C++ divides towards zero. */
export function highMul(a: bigint, b: bigint): bigint {
  const product = a * b;
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  return (product + nudge) / (1n << 31n);
}

/** gemmlowp, RoundingDivideByPOT. */
export function divideByPot(x: bigint, exponent: number): bigint {
  const mask = (1n << BigInt(exponent)) - 1n;
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n);
  return (x >> BigInt(exponent)) + ((x & mask) > threshold ? 1n : 0n);
}

/** common.cc, MultiplyByQuantizedMultiplier with two roundings; `shift` positive to the left. */
export function multiplyByQuantized(x: number, [q, shift]: readonly [bigint, number]): number {
  const [left, right] = [Math.max(shift, 0), Math.max(-shift, 0)];
  return Number(divideByPot(highMul(BigInt.asIntN(32, BigInt(x) << BigInt(left)), q), right));
}

/** quantization_util.cc, QuantizeMultiplier; frexp from the bits of the double. */
export function quantizeMultiplier(value: number): readonly [bigint, number] {
  if (value === 0) return [0n, 0];
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  let shift = ((view.getUint32(0) >>> 20) & 0x7ff) - 1022;
  const mantissa = (view.getBigUint64(0) & ((1n << 52n) - 1n)) | (1n << 52n);
  let q = (mantissa + (1n << 21n)) >> 22n;
  if (q === 1n << 31n) {
    q /= 2n;
    shift++;
  }
  return shift < -31 ? [0n, 0] : [q, shift];
}

function runOperator(
  model: TfliteModel,
  operator: TfliteOperator,
  codes: ReadonlyMap<number, number[]>,
): number[] {
  const { name, options } = operator;
  const tensor = (position: number): TfliteTensor => model.tensors[operator.inputs[position]!]!;
  const from = tensor(0);
  const to = model.tensors[operator.outputs[0]!]!;
  const input = codes.get(from.index)!;
  const [scaleIn, scaleOut] = [from.quantisation!.scales[0]!, to.quantisation!.scales[0]!];
  const [zeroIn, zeroOut] = [from.quantisation!.zeroPoints[0]!, to.quantisation!.zeroPoints[0]!];
  const byte = (id: number): number => options?.int8(id, 0) ?? 0;
  const int = (id: number): number => options?.int32(id, 0) ?? 0;
  const clampTo = (activation: number): ((code: number) => number) => {
    const at = (value: number): number => zeroOut + Math.round(Math.fround(value / scaleOut));
    const low = activation === 0 ? -128 : Math.max(-128, at(0));
    const high = activation === 3 ? Math.min(127, at(6)) : 127;
    return (code) => Math.min(Math.max(code, low), high);
  };
  const [, height = 1, width = 1, depth = 1] = from.shape;
  const [, outHeight = 1, outWidth = 1, outDepth = 1] = to.shape;
  const at = (y: number, x: number, c: number): number => (y * width + x) * depth + c;
  /** Rows and columns of padding before the image for SAME and VALID. */
  const padding = (kernel: number, stride: number, size: number, out: number): number =>
    byte(0) === 0 ? Math.floor(Math.max((out - 1) * stride + kernel - size, 0) / 2) : 0;
  const overOutputs = (one: (y: number, x: number, c: number) => number): number[] =>
    Array.from({ length: outHeight * outWidth * outDepth }, (_, i) => {
      const pixel = Math.floor(i / outDepth);
      return one(Math.floor(pixel / outWidth), pixel % outWidth, i % outDepth);
    });
  switch (name) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D': {
      const weights = tensor(1);
      const isDeep = name === 'DEPTHWISE_CONV_2D';
      const [, kh, kw, last] = weights.shape as [number, number, number, number];
      const w = new Int8Array(
        weights.content!.buffer,
        weights.content!.byteOffset,
        weights.content!.byteLength,
      );
      const bias = new DataView(tensor(2).content!.buffer, tensor(2).content!.byteOffset);
      const scales = weights.quantisation!.scales;
      const factors = Array.from({ length: outDepth }, (_, o) =>
        quantizeMultiplier((scaleIn * scales[scales.length === 1 ? 0 : o]!) / scaleOut),
      );
      const [strideX, strideY] = [int(1), int(2)];
      const top = padding(kh, strideY, height, outHeight);
      const left = padding(kw, strideX, width, outWidth);
      const limit = clampTo(byte(isDeep ? 4 : 3));
      return overOutputs((oy, ox, o) => {
        let acc = 0;
        for (let ky = 0; ky < kh; ky++) {
          for (let kx = 0; kx < kw; kx++) {
            const [y, x] = [oy * strideY - top + ky, ox * strideX - left + kx];
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            if (isDeep) {
              const channel = Math.floor(o / (outDepth / depth));
              acc += (input[at(y, x, channel)]! - zeroIn) * w[(ky * kw + kx) * outDepth + o]!;
              continue;
            }
            for (let c = 0; c < depth; c++) {
              acc += (input[at(y, x, c)]! - zeroIn) * w[((o * kh + ky) * kw + kx) * last + c]!;
            }
          }
        }
        return limit(zeroOut + multiplyByQuantized(acc + bias.getInt32(4 * o, true), factors[o]!));
      });
    }
    case 'FULLY_CONNECTED': {
      const weights = tensor(1);
      const [out, taps] = weights.shape as [number, number];
      const w = new Int8Array(
        weights.content!.buffer,
        weights.content!.byteOffset,
        weights.content!.byteLength,
      );
      const bias = new DataView(tensor(2).content!.buffer, tensor(2).content!.byteOffset);
      const factor = quantizeMultiplier(Math.fround(scaleIn * weights.quantisation!.scales[0]!) / scaleOut);
      const limit = clampTo(byte(0));
      return Array.from({ length: out }, (_, o) => {
        let acc = bias.getInt32(4 * o, true);
        for (let i = 0; i < taps; i++) acc += (input[i]! - zeroIn) * w[o * taps + i]!;
        return limit(zeroOut + multiplyByQuantized(acc, factor));
      });
    }
    case 'ADD': {
      const other = tensor(1);
      const second = codes.get(other.index)!;
      const [scale2, zero2] = [other.quantisation!.scales[0]!, other.quantisation!.zeroPoints[0]!];
      const twice = 2 * Math.max(scaleIn, scale2);
      const [f1, f2] = [quantizeMultiplier(scaleIn / twice), quantizeMultiplier(scale2 / twice)];
      const f = quantizeMultiplier(twice / ((1 << 20) * scaleOut));
      const limit = clampTo(byte(0));
      return input.map((code, i) => {
        const a = multiplyByQuantized((code - zeroIn) * (1 << 20), f1);
        const b = multiplyByQuantized((second[i]! - zero2) * (1 << 20), f2);
        return limit(zeroOut + multiplyByQuantized(a + b, f));
      });
    }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const [strideX, strideY, kw, kh] = [int(1), int(2), int(3), int(4)];
      const top = padding(kh, strideY, height, outHeight);
      const left = padding(kw, strideX, width, outWidth);
      const limit = clampTo(byte(5));
      return overOutputs((oy, ox, c) => {
        let [sum, count, largest] = [0, 0, -128];
        for (let y = oy * strideY - top; y < oy * strideY - top + kh; y++) {
          for (let x = ox * strideX - left; x < ox * strideX - left + kw; x++) {
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            sum += input[at(y, x, c)]!;
            largest = Math.max(largest, input[at(y, x, c)]!);
            count++;
          }
        }
        if (name === 'MAX_POOL_2D') return limit(largest);
        const half = Math.floor(count / 2);
        return limit(Math.trunc((sum > 0 ? sum + half : sum - half) / count));
      });
    }
    case 'MEAN': {
      const count = height * width;
      let [q, shift] = quantizeMultiplier(scaleIn / scaleOut);
      const bits = Math.min(Math.floor(Math.log2(count)), 32, 31 + shift);
      q = (q << BigInt(bits)) / BigInt(count);
      shift -= bits;
      return Array.from({ length: depth }, (_, c) => {
        let sum = 0;
        for (let i = c; i < input.length; i += depth) sum += input[i]!;
        const code = zeroOut + multiplyByQuantized(sum - zeroIn * count, [q, shift]);
        return Math.min(Math.max(code, -128), 127);
      });
    }
    case 'PAD': {
      const view = new DataView(tensor(1).content!.buffer, tensor(1).content!.byteOffset);
      const before = (axis: number): number => view.getInt32(8 * axis, true);
      return overOutputs((oy, ox, oc) => {
        const [y, x, c] = [oy - before(1), ox - before(2), oc - before(3)];
        const isInside = y >= 0 && y < height && x >= 0 && x < width && c >= 0 && c < depth;
        return isInside ? input[at(y, x, c)]! : zeroOut;
      });
    }
    case 'CONCATENATION':
      return overOutputs((y, x, c) => {
        let channel = c;
        for (const index of operator.inputs) {
          const channels = model.tensors[index]!.shape[3]!;
          if (channel < channels) return codes.get(index)![(y * outWidth + x) * channels + channel]!;
          channel -= channels;
        }
        throw new Error('no such channel');
      });
    case 'RELU': {
      const factor = quantizeMultiplier(Math.fround(scaleIn / scaleOut));
      const limit = clampTo(1);
      return input.map((code) => limit(zeroOut + multiplyByQuantized(code - zeroIn, factor)));
    }
    case 'RESHAPE':
    case 'SOFTMAX':
      return input;
    default:
      throw new Error(`no reference of ${name}`);
  }
}
