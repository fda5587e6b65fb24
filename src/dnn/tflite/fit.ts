import { fitTfliteRescale, type TfliteAddition } from '../requantise-tflite.ts';

/** Multiplier and right shift of rounding "tflite". */
export interface TfliteFit {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * input · weight / output in float64 of the float32 scales.
 * Source: tensorflow/lite/kernels/kernel_util.cc, PopulateConvolutionQuantizationParams.
 */
export function fitTfliteRatio(input: number, weight: number, output: number): TfliteFit {
  return fitRatio((input * weight) / output);
}

/**
 * The same with the product rounded to float32 first, as FULLY_CONNECTED with one weight scale does.
 * Source: tensorflow/lite/kernels/kernel_util.cc, GetQuantizedConvolutionMultipler.
 */
export function fitTfliteProduct(input: number, weight: number, output: number): TfliteFit {
  return fitRatio(Math.fround(input * weight) / output);
}

/**
 * input / output divided in float32, as RELU does where its scales differ.
 * Source: tensorflow/lite/kernels/activations.cc, ReluPrepare (also micro/kernels/activations_common.cc).
 */
export function fitTfliteQuotient(input: number, output: number): TfliteFit {
  return fitRatio(Math.fround(input / output));
}

/**
 * Rescaling of an ADD: both inputs to twice the larger scale over 2^20, then to the output.
 * Source: tensorflow/lite/kernels/add.cc, Prepare (also micro/kernels/add_common.cc, CalculateOpDataAdd).
 */
export function fitTfliteAddition(first: number, second: number, output: number): TfliteAddition {
  const twiceLarger = 2 * Math.max(first, second);
  const [a, b] = [fitRatio(first / twiceLarger), fitRatio(second / twiceLarger)];
  const sum = fitRatio(twiceLarger / (2 ** 20 * output));
  return {
    inputMultipliers: [a.multiplier, b.multiplier],
    inputShifts: [a.shift, b.shift],
    outputMultiplier: sum.multiplier,
    outputShift: sum.shift,
  };
}

/**
 * Rescaling of a sum of `count` codes to their mean: the multiplier of input/output divided by the count, with as many
 * bits of it kept as fit.
 * Source: tensorflow/lite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum.
 */
export function fitTfliteMean(input: number, output: number, count: number): TfliteFit {
  const { multiplier, shift } = fitRatio(input / output);
  const bits = Math.min(31 - Math.clz32(count), 31 - shift);
  return {
    multiplier: Number((BigInt(multiplier) << BigInt(bits)) / BigInt(count)),
    shift: shift + bits,
  };
}

/** Without −0, which JSON does not keep. */
function fitRatio(ratio: number): TfliteFit {
  const { multiplier, shift } = fitTfliteRescale(ratio);
  return { multiplier, shift: shift || 0 };
}
