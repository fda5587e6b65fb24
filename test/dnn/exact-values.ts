import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { INPUT_NAME } from '../../src/dnn/network.ts';
import { INT32, type QuantisedLayer, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';

/**
 * What a layer computes for an image before its only rounding, in output steps from the zero point; undefined for
 * operators that do not round.
 * @param codes int8 pixels of the image
 */
export function exactValues(
  network: QuantisedNetwork,
  layer: QuantisedLayer,
  codes: Int8Array,
): Float64Array | undefined {
  const outputs = inferReference(upTo(network, layer), uniformAssignment(network, EXACT_INT8), codes);
  const scaleOf = (name: string): number =>
    name === INPUT_NAME
      ? network.input.scale
      : network.layers.find((each) => each.name === name)!.outputScale;
  const zeroOf = (name: string): number =>
    name === INPUT_NAME
      ? network.input.zeroPoint - 128
      : (network.layers.find((each) => each.name === name)!.zeroPoint ?? 0);
  const from = layer.inputs[0]!;
  const ratio = scaleOf(from) / layer.outputScale;
  const sums = Float64Array.from(outputs.get(layer.name)!);
  switch (layer.op) {
    case 'conv2d':
    case 'dense':
      return sums.map((sum, i) => sum * layer.weightScales[i % layer.weightScales.length]! * ratio);
    case 'averagePool':
      return sums.map((sum) => (sum * ratio) / (layer.kernel[0] * layer.kernel[1]));
    case 'add': {
      const terms = layer.inputs.map((name) =>
        Float64Array.from(outputs.get(name)!, (code) => (code - zeroOf(name)) * scaleOf(name)),
      );
      return terms[0]!.map((first, i) => (first + terms[1]![i]!) / layer.outputScale);
    }
    case 'concat':
      if (layer.inputs.length > 1) return undefined;
      return Float64Array.from(outputs.get(from)!, (code) => (code - zeroOf(from)) * ratio);
    default:
      return undefined;
  }
}

/** The network up to a layer, which gives its sums. */
function upTo(network: QuantisedNetwork, last: QuantisedLayer): QuantisedNetwork {
  const layers = network.layers.slice(
    0,
    network.layers.findIndex(({ name }) => name === last.name),
  );
  const { zeroPoint: _, ...bare } = last;
  switch (bare.op) {
    case 'conv2d':
    case 'dense': {
      const multipliers = bare.multipliers.map(() => 2 ** 15);
      const shifts = bare.shifts.map(() => 15);
      return { ...network, layers: [...layers, { ...bare, ...INT32, multipliers, shifts }] };
    }
    case 'averagePool':
      return { ...network, layers: [...layers, { ...bare, ...INT32, multiplier: 2 ** 15, shift: 15 }] };
    default:
      return { ...network, layers: [...layers, last] };
  }
}
