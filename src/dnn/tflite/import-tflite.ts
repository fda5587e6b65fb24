import { basename } from 'node:path';
import type { FloatNetwork } from '../network.ts';
import type { QuantisedNetwork } from '../quantised-network.ts';
import { floatNetworkOf } from './float.ts';
import { followOperators } from './graph.ts';
import { quantisedNetworkOf } from './int8.ts';
import { readTfliteModel } from './model.ts';

/** What a TensorFlow Lite model is: int8 models are quantised already, float32 ones are not. */
export type TfliteImport =
  | { readonly kind: 'quantised'; readonly network: QuantisedNetwork }
  | { readonly kind: 'float'; readonly network: FloatNetwork };

export interface TfliteImportOptions {
  /** Default: that of the file. */
  readonly name?: string;
  /**
   * How a float32 model wants its pixels, x = u8 · scale + shift: the file does not say. Default u8/128 − 1. An int8
   * model says itself what its codes stand for, and the codes of an image are u8 − 128.
   */
  readonly inputScale?: { readonly scale: number; readonly shift: number };
}

/**
 * Imports a TensorFlow Lite model (.tflite) of a convolutional image classifier.
 * @throws bad-input for a file of another kind and for a model with anything that cannot be imported
 */
export function importTflite(path: string, options: TfliteImportOptions = {}): TfliteImport {
  const model = readTfliteModel(path);
  const graph = followOperators(model);
  const name = options.name ?? basename(path).replace(/\.tflite$/, '');
  if (graph.type === 'int8') return { kind: 'quantised', network: quantisedNetworkOf(graph, name) };
  const { scale, shift } = options.inputScale ?? { scale: 1 / 128, shift: -1 };
  const pixels = { scale, zeroPoint: -shift / scale || 0 };
  return { kind: 'float', network: floatNetworkOf(model, graph, name, pixels) };
}
