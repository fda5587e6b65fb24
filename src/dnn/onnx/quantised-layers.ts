import type { ConvLayer, DenseLayer, FloatNetwork } from '../network.ts';
import { type CodeRange, INT32, type QuantisedConcat, type WeightedLayer } from '../quantised-network.ts';
import { clamp, fitRescale } from '../requantise.ts';
import type { BiasCodes, CodeScale } from './ranges.ts';

/** A float layer whose weights are int8 codes times a scale. */
export interface WeightedRequest {
  readonly network: FloatNetwork;
  readonly layer: ConvLayer | DenseLayer;
  readonly from: CodeScale & { readonly name: string };
  /** One scale, or one per output channel. */
  readonly weights: readonly number[];
  readonly bias: BiasCodes | undefined;
  /** Scale and bounds of the output; without: int32 logits of one common scale. */
  readonly given: CodeScale | undefined;
  readonly range: CodeRange | undefined;
}

export function weightedLayer(request: WeightedRequest): WeightedLayer {
  const { network, layer, from, given, range } = request;
  const { shape, data } = network.tensors.get(layer.weights)!;
  const channels = shape.at(-1)!;
  const weightScales = Array.from(
    { length: channels },
    (_, o) => request.weights[request.weights.length === 1 ? 0 : o]!,
  );
  const taps = data.length / channels;
  const codes = new Int8Array(data.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let o = 0; o < channels; o++) {
      codes[o * taps + tap] = Math.round(data[tap * channels + o]! / weightScales[o]!);
    }
  }
  const steps = weightScales.map((scale) => scale * from.scale);
  const outputScale = given?.scale ?? Math.max(...steps);
  const fits = steps.map((step) => fitRescale(step / outputScale));
  const common = {
    name: layer.name,
    inputs: [from.name],
    outputScale,
    ...(given && given.zeroPoint !== 0 ? { zeroPoint: given.zeroPoint } : {}),
    ...(range ?? INT32),
    weights: codes,
    bias: biasCodes(request, steps),
    multipliers: fits.map((fit) => fit.multiplier),
    shifts: fits.map((fit) => fit.shift),
    weightScales,
  };
  if (layer.op === 'dense') return { ...common, op: 'dense' };
  const [kh, kw] = shape as [number, number, number, number];
  const { stride, pads, groups } = layer;
  return { ...common, op: 'conv2d', kernel: [kh, kw], stride, pads, ...(groups ? { groups } : {}) };
}

/** The stored codes where their scale is that of the sums; otherwise the bias in that scale. */
function biasCodes({ network, layer, bias }: WeightedRequest, steps: readonly number[]): Int32Array {
  const isInSteps =
    bias &&
    steps.every((step, o) => Math.abs(bias.scales[bias.scales.length === 1 ? 0 : o]! / step - 1) < 1e-4);
  if (isInSteps) return bias.codes;
  if (layer.bias === undefined) return new Int32Array(steps.length);
  const { data } = network.tensors.get(layer.bias)!;
  return Int32Array.from(steps, (step, o) => clamp(Math.round(data[o]! / step), INT32.low, INT32.high));
}

/** Codes in another scale: a concatenation of one. */
export function requantiseLayer(
  name: string,
  from: CodeScale & { readonly name: string },
  to: CodeScale,
  range: CodeRange,
): QuantisedConcat {
  const fit = fitRescale(from.scale / to.scale);
  return {
    name,
    op: 'concat',
    inputs: [from.name],
    outputScale: to.scale,
    ...(to.zeroPoint === 0 ? {} : { zeroPoint: to.zeroPoint }),
    ...range,
    multipliers: [fit.multiplier],
    shifts: [fit.shift],
  };
}
