/** Which weights of a layer share a scale. */
export type WeightScales = 'per-channel' | 'per-tensor';

export const WEIGHT_SCALES: readonly WeightScales[] = ['per-channel', 'per-tensor'];

export interface QuantisedWeights {
  /** −127 … 127, output channel × tap. */
  readonly codes: Int8Array;
  /** Per output channel. */
  readonly scales: readonly number[];
  /** 10 · log10(Σ w² / Σ (w − code · scale)²), at most 200. */
  readonly sqnrDb: number;
}

/**
 * Symmetric int8 codes of weights: the largest magnitude becomes 127; larger scales where the bias would not fit 24
 * bits otherwise (channels of all but no weight).
 * @param weights tap-major, output channel innermost
 * @param bias per output channel, in the same units as weight · input
 */
export function quantiseWeights(
  weights: Float64Array,
  bias: Float64Array,
  inputScale: number,
  sharing: WeightScales,
): QuantisedWeights {
  const channels = bias.length;
  const taps = weights.length / channels;
  const own = Array.from({ length: channels }, (_, o) => channelScale(weights, bias, o, inputScale));
  const largest = own.reduce((most, scale) => Math.max(most, scale), 0) || 1;
  const scales = own.map((scale) => (sharing === 'per-tensor' ? largest : scale || 1));
  const codes = new Int8Array(weights.length);
  let signal = 0;
  let noise = 0;
  for (let tap = 0; tap < taps; tap++) {
    for (let o = 0; o < channels; o++) {
      const weight = weights[tap * channels + o]!;
      const code = Math.round(weight / scales[o]!);
      codes[o * taps + tap] = code;
      signal += weight * weight;
      noise += (weight - code * scales[o]!) ** 2;
    }
  }
  return { codes, scales, sqnrDb: ratioDb(signal, noise) };
}

const SQNR_MAX_DB = 200;

function ratioDb(signal: number, noise: number): number {
  return noise === 0 ? SQNR_MAX_DB : Math.min(10 * Math.log10(signal / noise), SQNR_MAX_DB);
}

function channelScale(
  weights: Float64Array,
  bias: Float64Array,
  channel: number,
  inputScale: number,
): number {
  let largest = 0;
  for (let i = channel; i < weights.length; i += bias.length)
    largest = Math.max(largest, Math.abs(weights[i]!));
  return Math.max(largest / 127, Math.abs(bias[channel]!) / (inputScale * 2 ** 24));
}
