import { show } from '../../base/errors.ts';
import type { TfliteTensor } from './model.ts';
import type { StepFault, TfliteStep } from './steps.ts';
import { elementCount, integersOf } from './tensors.ts';

/** How the codes of an activation stand for numbers: (code − zeroPoint) · scale. */
export interface CodeScale {
  readonly scale: number;
  /** −128 … 127. */
  readonly zeroPoint: number;
}

/** The quantisation of an int8 activation. @throws what `fault` makes */
export function codeScale({ name, quantisation }: TfliteTensor, fault: StepFault): CodeScale {
  if (!quantisation) throw fault(`quantisation parameters of ${show(name)}`, 'none');
  const { scales, zeroPoints } = quantisation;
  if (scales.length !== 1) throw fault(`one scale of ${show(name)}`, `${scales.length} scales`);
  checkScales(scales, name, fault);
  const zeroPoint = zeroPoints[0] ?? 0;
  if (!(zeroPoint >= -128 && zeroPoint <= 127))
    throw fault(`a zero point of ${show(name)} within −128 … 127`, String(zeroPoint));
  return { scale: scales[0]!, zeroPoint };
}

/**
 * One scale per output channel; a single one is that of all.
 * @param axis of the output channels in the weights
 * @throws what `fault` makes
 */
export function weightScales(
  { name, quantisation }: TfliteTensor,
  axis: number,
  channels: number,
  fault: StepFault,
): number[] {
  if (!quantisation) throw fault(`quantisation parameters of ${show(name)}`, 'none');
  const { scales, zeroPoints } = quantisation;
  checkScales(scales, name, fault);
  if (zeroPoints.some((zero) => zero !== 0))
    throw fault(`weights ${show(name)} with zero points of 0`, show(zeroPoints));
  if (scales.length === 1) return Array.from({ length: channels }, () => scales[0]!);
  if (quantisation.axis !== axis)
    throw fault(`scales of ${show(name)} along axis ${axis}`, `axis ${quantisation.axis}`);
  if (scales.length !== channels) throw fault(`${channels} scales of ${show(name)}`, String(scales.length));
  return [...scales];
}

/** int8 weights as out × kh × kw × in/groups. @throws what `fault` makes */
export function convWeights(tensor: TfliteTensor, isDepthwise: boolean, fault: StepFault): Int8Array {
  const codes = Int8Array.from(integersOf(tensor, fault, ['int8']));
  if (!isDepthwise) return codes;
  // 1 × kh × kw × out, one input channel each.
  const channels = tensor.shape.at(-1)!;
  const taps = codes.length / channels;
  return codes.map((_, i) => codes[(i % taps) * channels + Math.floor(i / taps)]!);
}

/**
 * int32 biases of the scale input · weight; zeros where there are none.
 * Source of the tolerance: tensorflow/lite/kernels/kernel_util.cc, GetQuantizedConvolutionMultipler.
 * @throws what the step's `fault` makes
 */
export function quantisedBias(
  { bias, to, fault }: TfliteStep & { readonly kind: 'conv' | 'dense' },
  from: CodeScale,
  scales: readonly number[],
  output: CodeScale,
): Int32Array {
  if (!bias) return new Int32Array(to.channels);
  if (bias.type !== 'int32') throw fault(`int32 biases in ${show(bias.name)}`, bias.type);
  const values = integersOf(bias, fault, ['int32']);
  if (elementCount(bias) !== to.channels) throw fault(`${to.channels} biases`, String(values.length));
  for (const [o, scale] of scales.entries()) {
    const stored = bias.quantisation?.scales[Math.min(o, bias.quantisation.scales.length - 1)];
    const wanted = from.scale * scale;
    if (stored === undefined || Math.abs(stored - wanted) / output.scale <= 0.02) continue;
    throw fault(`biases of scale ${wanted} in channel ${o}`, String(stored));
  }
  return Int32Array.from(values);
}

function checkScales(scales: readonly number[], name: string, fault: StepFault): void {
  const bad = scales.find((scale) => !(scale > 0 && Number.isFinite(scale)));
  if (bad !== undefined) throw fault(`scales of ${show(name)} above 0`, String(bad));
}
