import { badInput, type Fault } from '../base/errors.ts';
import { type QuantisedLayer, type QuantisedNetwork, quantisedShapes } from '../dnn/quantised-network.ts';
import type { ArraySpec } from './array-spec.ts';

/** Largest kernel of a convolution in a pass header, and most channel tiles. */
export const KERNEL_MAX = 16;
export const CHANNEL_TILES_MAX = 4096;

const HINT =
  'The accelerator has half-up rounding with 16-bit multipliers only: quantise the float network with maxdnn, or change the array as said.';

/**
 * Layers that the accelerator cannot compute, all at once.
 * @throws bad-input that names each layer, what is wanted and what it has
 */
export function refuseLayers(network: QuantisedNetwork, spec: ArraySpec): void {
  const shapes = quantisedShapes(network);
  const faults = network.layers.flatMap((layer): Fault[] => {
    const from = layer.inputs.map((name) => shapes.get(name)!);
    const own = layerFaults(layer, spec, from);
    return own.map(([wanted, found]) => ({ where: `layer ${layer.name} (${layer.op})`, wanted, found }));
  });
  if (faults.length > 0) throw badInput(faults, HINT);
}

type Finding = readonly [wanted: string, found: string];

function layerFaults(
  layer: QuantisedLayer,
  { lanes, rows }: ArraySpec,
  inputs: readonly { readonly height: number; readonly width: number; readonly channels: number }[],
): readonly Finding[] {
  const faults: Finding[] = [];
  const from = inputs[0]!;
  if ('rounding' in layer && layer.rounding === 'tflite') faults.push(['rounding half-up-16', 'tflite']);
  const offset = (channel: number): void => {
    if (channel % lanes === 0) return;
    const works = largestPowerOf2(channel);
    faults.push([
      `a channel offset that is a multiple of ${lanes} lanes (lanes ${works} works)`,
      String(channel),
    ]);
  };
  switch (layer.op) {
    case 'tfliteAdd':
      faults.push(['an addition with 16-bit factors', "TensorFlow Lite's"]);
      break;
    case 'tfliteAveragePool':
      faults.push(['an average pool with a multiplier', "TensorFlow Lite's"]);
      break;
    case 'conv2d':
    case 'dense': {
      const kernel = layer.op === 'conv2d' ? layer.kernel : ([from.height, from.width] as const);
      if (Math.max(...kernel) > KERNEL_MAX) {
        const what = layer.op === 'dense' ? 'an input' : 'a kernel';
        faults.push([`${what} of at most ${KERNEL_MAX} × ${KERNEL_MAX}`, kernel.join(' × ')]);
      }
      if (from.channels > rows * CHANNEL_TILES_MAX) {
        faults.push([`at most ${rows * CHANNEL_TILES_MAX} input channels`, String(from.channels)]);
      }
      break;
    }
    case 'padChannels':
      offset(layer.before);
      break;
    case 'concat': {
      let channel = 0;
      for (const { channels } of inputs) {
        offset(channel);
        channel += channels;
      }
      break;
    }
  }
  return faults;
}

/** Largest power of two that divides a number. */
function largestPowerOf2(value: number): number {
  let power = 1;
  while (value % (2 * power) === 0) power *= 2;
  return power;
}
