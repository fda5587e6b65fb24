import type { Shape } from './network.ts';
import {
  type QuantisedAveragePool,
  type QuantisedMaxPool,
  type QuantisedTfliteAveragePool,
  sizeOf,
} from './quantised-network.ts';
import { clamp, rescale } from './requantise.ts';
import { divideRounded, rescaleTflite } from './requantise-tflite.ts';

/** clamp(zeroPoint + rescale(Σ (code − zero))) over each window; height × width × channel. */
export function referenceAveragePool(
  layer: QuantisedAveragePool,
  input: Int32Array,
  from: Shape,
  to: Shape,
  zero: number,
): Int32Array {
  return overWindows(layer, input, from, to, (codes) => {
    const sum = codes.reduce((total, code) => total + code - zero, 0);
    const mean =
      layer.rounding === 'tflite' ? rescaleTflite(sum, layer.multiplier, layer.shift) : rescale(sum, layer);
    return clamp((layer.zeroPoint ?? 0) + mean, layer.low, layer.high);
  });
}

/** clamp(mean of the codes inside, halves away from 0) of each window; height × width × channel. */
export function referenceTfliteAveragePool(
  layer: QuantisedTfliteAveragePool,
  input: Int32Array,
  from: Shape,
  to: Shape,
): Int32Array {
  return overWindows(layer, input, from, to, (codes) => {
    const sum = codes.reduce((total, code) => total + code, 0);
    return clamp(divideRounded(sum, codes.length), layer.low, layer.high);
  });
}

/** Largest code inside each window; height × width × channel. */
export function referenceMaxPool(
  layer: QuantisedMaxPool,
  input: Int32Array,
  from: Shape,
  to: Shape,
): Int32Array {
  return overWindows(layer, input, from, to, (codes) => Math.max(...codes));
}

interface Windows {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
}

/** What `combine` makes of the codes of each window that lie inside the image. */
function overWindows(
  { kernel, stride, pads = [0, 0, 0, 0] }: Windows,
  input: Int32Array,
  from: Shape,
  to: Shape,
  combine: (codes: readonly number[]) => number,
): Int32Array {
  return Int32Array.from({ length: sizeOf(to) }, (_, index) => {
    const channel = index % to.channels;
    const left = (Math.floor(index / to.channels) % to.width) * stride[1] - pads[1];
    const top = Math.floor(index / to.channels / to.width) * stride[0] - pads[0];
    const codes: number[] = [];
    for (let y = Math.max(top, 0); y < Math.min(top + kernel[0], from.height); y++) {
      for (let x = Math.max(left, 0); x < Math.min(left + kernel[1], from.width); x++) {
        codes.push(input[(y * from.width + x) * from.channels + channel]!);
      }
    }
    return combine(codes);
  });
}
