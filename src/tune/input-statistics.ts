import type { LayerSamples } from '../dnn/layer-samples.ts';
import type { CodeRange } from '../dnn/quantised-network.ts';
import { clamp } from '../dnn/requantise.ts';
import { createGram, type SampleRows } from './gram.ts';

/**
 * Joint moments of what a layer reads, under maps of its codes, over sampled output positions: everything that least
 * squares over its weights needs. Taps are those of all groups.
 */
export interface InputStatistics {
  readonly taps: number;
  readonly samples: number;
  /** Scale of the mapped codes as a multiple of that of the exact codes. */
  readonly factor: number;
  /** E[f(x̂_k)] over the samples: float64 [tap], in codes of the own scale. */
  mean(map: Int16Array): Float64Array;
  /** E[x_k] of the exact codes. */
  readonly exactMean: Float64Array;
  /** E[f(x̂_k) · h(x̂_l)]: float64 [tap k][tap l]. */
  products(f: Int16Array, h: Int16Array): Float64Array;
  /** E[f(x̂_k) · x_l] with the exact codes x: float64 [tap k][tap l]. */
  crossProducts(f: Int16Array): Float64Array;
  /** E[x_k · x_l] of the exact codes. */
  exactProducts(): Float64Array;
  /** How often each exact code occurs over all taps, index code + 128; sums to 1. */
  readonly histogram: Float64Array;
}

/**
 * @param exact what the layer reads in the exact network
 * @param own what it reads where the layers before it are approximate; the same positions. Default: exact
 * @param factor scale of the own codes as a multiple of the exact ones'
 * @param rescale true when `own` still has the exact scale and its codes are to be rescaled here
 * @param range codes that the layer can read
 * @param zeroPoint code that stands for 0
 */
export function measureInputs(
  exact: LayerSamples,
  own: LayerSamples,
  factor: number,
  rescale: boolean,
  range: CodeRange,
  zeroPoint: number,
): InputStatistics {
  const { taps, samples } = exact;
  const gram = createGram(samples);
  const code = Int16Array.from({ length: 256 }, (_, i) => i - 128);
  const scaled =
    rescale && factor !== 1 ? code.map((value) => rescaleCode(value, factor, range, zeroPoint)) : code;
  const mapped = new Map<string, SampleRows>();
  const rowsOf = (map: Int16Array): SampleRows => {
    const key = map.join();
    const known = mapped.get(key);
    if (known !== undefined) return known;
    const table = scaled.map((value) => map[value + 128]!);
    const rows = fillRows(own, table);
    mapped.set(key, rows);
    return rows;
  };
  const fillRows = ({ codes }: LayerSamples, table: Int16Array): SampleRows =>
    gram.rows(taps, (tap, into) => {
      const base = tap * samples;
      for (let s = 0; s < samples; s++) into[s] = table[codes[base + s]! + 128]!;
    });
  let exactRows: SampleRows | undefined;
  const exactOf = (): SampleRows => {
    exactRows ??= fillRows(exact, code);
    return exactRows;
  };
  const perSample = (sums: Float64Array): Float64Array => sums.map((sum) => sum / samples);
  const blocks = new Map<string, Float64Array>();
  const product = (key: string, p: SampleRows, q: SampleRows): Float64Array => {
    const known = blocks.get(key);
    if (known !== undefined) return known;
    const block = perSample(gram.products(p, q));
    blocks.set(key, block);
    return block;
  };
  const histogram = new Float64Array(256);
  for (const value of exact.codes) histogram[value + 128]! += 1 / exact.codes.length;
  return {
    taps,
    samples,
    factor,
    histogram,
    mean: (map) => perSample(rowsOf(map).sums),
    exactMean: perSample(exactOf().sums),
    products: (f, h) => product(`${f.join()}|${h.join()}`, rowsOf(f), rowsOf(h)),
    crossProducts: (f) => product(`${f.join()}|`, rowsOf(f), exactOf()),
    exactProducts: () => product('', exactOf(), exactOf()),
  };
}

/** Code of the same value in a scale that is `factor` times as large, rounded half-up as the requantisation does. */
export function rescaleCode(
  code: number,
  factor: number,
  { low, high }: CodeRange,
  zeroPoint: number,
): number {
  return clamp(Math.floor((code - zeroPoint) / factor + 0.5) + zeroPoint, low, high);
}
