import { instantiateKernels, type Kernels } from './kernels.ts';
import type { Shape } from './network.ts';

/** A float32 convolution, ready to run. */
export interface FloatConv {
  readonly kernels: Kernels;
  readonly description: FloatConvDescription;
  readonly addresses: {
    readonly image: number;
    readonly weights: number;
    readonly bias: number;
    readonly out: number;
  };
}

export interface FloatConvDescription {
  readonly input: Shape;
  readonly output: Shape;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  /** HWIO, I = input channels / groups. */
  readonly weights: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly groups: number;
}

/** Output channels that the kernel computes together. */
const BLOCK = 8;

/** Lays the weights out for the kernel in a fresh memory; those of a grouped convolution with zeros between the groups. */
export function prepareFloatConv(description: FloatConvDescription): FloatConv {
  const { input, output, kernel, pads, bias } = description;
  const weights = ungroupWeights(description);
  const kernels = instantiateKernels();
  const blocks = Math.ceil(output.channels / BLOCK);
  const taps = kernel[0] * kernel[1] * input.channels;
  const paddedHeight = input.height + pads[0] + pads[2];
  const paddedWidth = input.width + pads[1] + pads[3];
  const addresses = {
    image: kernels.allocate(4 * paddedHeight * paddedWidth * input.channels),
    weights: kernels.allocate(4 * taps * blocks * BLOCK),
    bias: kernels.allocate(4 * blocks * BLOCK),
    out: kernels.allocate(4 * output.height * output.width * blocks * BLOCK),
  };
  const packed = new Float32Array(kernels.memory.buffer, addresses.weights, taps * blocks * BLOCK);
  for (let tap = 0; tap < taps; tap++) {
    for (let o = 0; o < output.channels; o++) {
      packed[(Math.floor(o / BLOCK) * taps + tap) * BLOCK + (o % BLOCK)] =
        weights[tap * output.channels + o]!;
    }
  }
  if (bias) new Float32Array(kernels.memory.buffer, addresses.bias, bias.length).set(bias);
  return { kernels, description, addresses };
}

function ungroupWeights({ input, output, groups, weights }: FloatConvDescription): Float32Array {
  if (groups === 1) return weights;
  const [cin, cout] = [input.channels / groups, output.channels];
  const positions = weights.length / (cin * cout);
  const full = new Float32Array(positions * input.channels * cout);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < cin; i++) {
      for (let o = 0; o < cout; o++) {
        const channel = Math.floor((o * groups) / cout) * cin + i;
        full[(position * input.channels + channel) * cout + o] = weights[(position * cin + i) * cout + o]!;
      }
    }
  }
  return full;
}

/**
 * Convolves images.
 * @param input image × height × width × channel
 * @param output room for the results, in the same order
 */
export function convolveFloat(
  conv: FloatConv,
  input: Float32Array,
  output: Float32Array,
  images: number,
): void {
  const { kernels, addresses } = conv;
  const { input: from, output: to, kernel, stride, pads } = conv.description;
  const blocks = Math.ceil(to.channels / BLOCK);
  const rowFloats = (from.width + pads[1] + pads[3]) * from.channels;
  const padded = new Float32Array(
    kernels.memory.buffer,
    addresses.image,
    rowFloats * (from.height + pads[0] + pads[2]),
  );
  const pixels = to.height * to.width;
  const results = new Float32Array(kernels.memory.buffer, addresses.out, pixels * blocks * BLOCK);
  const lineFloats = from.width * from.channels;
  for (let image = 0; image < images; image++) {
    const base = image * from.height * lineFloats;
    for (let y = 0; y < from.height; y++) {
      const line = input.subarray(base + y * lineFloats, base + (y + 1) * lineFloats);
      padded.set(line, (y + pads[0]) * rowFloats + pads[1] * from.channels);
    }
    kernels.run.convFloat(
      addresses.image,
      addresses.weights,
      addresses.bias,
      addresses.out,
      to.height,
      to.width,
      blocks,
      kernel[0],
      kernel[1] * from.channels,
      4 * rowFloats,
      4 * rowFloats * stride[0],
      4 * from.channels * stride[1],
    );
    const target = image * pixels * to.channels;
    if (to.channels === blocks * BLOCK) {
      output.set(results, target);
      continue;
    }
    for (let pixel = 0; pixel < pixels; pixel++) {
      const from8 = pixel * blocks * BLOCK;
      output.set(results.subarray(from8, from8 + to.channels), target + pixel * to.channels);
    }
  }
}
