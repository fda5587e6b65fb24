import type { Shape } from './network.ts';

/** Windows over an image; what of them lies outside is left out. */
export interface WindowGeometry {
  readonly from: Shape;
  readonly to: Shape;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, left, bottom, right; smaller than the window. */
  readonly pads: readonly [number, number, number, number];
}

/** Mean of each window, image × height × width × channel. */
export function averageWindows(
  input: Float32Array,
  output: Float32Array,
  images: number,
  geometry: WindowGeometry,
): void {
  poolWindows(input, output, images, geometry, (offsets, first) => {
    let sum = 0;
    for (const offset of offsets) sum += input[first + offset]!;
    return sum / offsets.length;
  });
}

/** Largest value of each window, image × height × width × channel. */
export function maxWindows(
  input: Float32Array,
  output: Float32Array,
  images: number,
  geometry: WindowGeometry,
): void {
  poolWindows(input, output, images, geometry, (offsets, first) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const offset of offsets) largest = Math.max(largest, input[first + offset]!);
    return largest;
  });
}

/** Zeros around each image. */
export function padImages(
  input: Float32Array,
  output: Float32Array,
  images: number,
  from: Shape,
  to: Shape,
  [top, left]: readonly [number, number, number, number],
): void {
  const line = from.width * from.channels;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < from.height; y++) {
      const start = (image * from.height + y) * line;
      const row = (image * to.height + y + top) * to.width + left;
      output.set(input.subarray(start, start + line), row * to.channels);
    }
  }
}

/** The channels of all inputs, one input after the other, at each pixel. */
export function concatChannels(
  inputs: readonly Float32Array[],
  output: Float32Array,
  shapes: readonly Shape[],
): void {
  const total = shapes.reduce((sum, { channels }) => sum + channels, 0);
  let first = 0;
  for (const [index, input] of inputs.entries()) {
    const { channels } = shapes[index]!;
    for (let pixel = 0; pixel < input.length / channels; pixel++) {
      output.set(input.subarray(pixel * channels, (pixel + 1) * channels), pixel * total + first);
    }
    first += channels;
  }
}

/** For each window, row by row, the offsets of its pixels that lie inside the image (height × width × channel). */
export function windowOffsets({ from, to, kernel, stride, pads }: WindowGeometry): readonly number[][] {
  const windows: number[][] = [];
  for (let oy = 0; oy < to.height; oy++) {
    const [top, bottom] = span(oy * stride[0] - pads[0], kernel[0], from.height);
    for (let ox = 0; ox < to.width; ox++) {
      const [left, right] = span(ox * stride[1] - pads[1], kernel[1], from.width);
      const offsets: number[] = [];
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) offsets.push((y * from.width + x) * from.channels);
      }
      windows.push(offsets);
    }
  }
  return windows;
}

/** One result per window and channel of each image, from the window's offsets and where its image and channel start. */
function poolWindows(
  input: Float32Array,
  output: Float32Array,
  images: number,
  geometry: WindowGeometry,
  join: (offsets: readonly number[], first: number) => number,
): void {
  const windows = windowOffsets(geometry);
  const { channels } = geometry.from;
  const imageSize = input.length / images;
  let out = 0;
  for (let image = 0; image < images; image++) {
    for (const offsets of windows) {
      for (let c = 0; c < channels; c++) output[out++] = join(offsets, image * imageSize + c);
    }
  }
}

/** First position of a window within 0 … size − 1, and the one behind its last. */
function span(start: number, window: number, size: number): readonly [number, number] {
  return [Math.max(start, 0), Math.min(start + window, size)];
}
