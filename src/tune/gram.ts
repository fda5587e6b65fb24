import { MaxdnnError } from '../base/errors.ts';
import { instantiateKernels, type Kernels } from '../dnn/kernels.ts';

/** Rows of equal length that sums of products are made of; made by createGram. */
export interface SampleRows {
  readonly rows: number;
  /** Byte address in the kernels' memory of i16 [rows rounded up to 4][padded samples]. */
  readonly address: number;
  /** Sum over the samples of each row. */
  readonly sums: Float64Array;
}

/** Exact sums of products of rows of int16. */
export interface Gram {
  readonly samples: number;
  /** @param valueOf i16 of row and sample, |value| ≤ 128 */
  rows(count: number, fill: (row: number, into: Int16Array) => void): SampleRows;
  /** Σ over the samples of p[i] · q[j]: i32 as float64 [p.rows][q.rows]. */
  products(p: SampleRows, q: SampleRows): Float64Array;
}

/** Samples at a time: rows of 4 KiB stay in the cache. */
const CHUNK = 2048;

/** Sums of products with |values| ≤ 128 stay within int32 up to here. */
const SAMPLES_MAX = 2 ** 17;

/** @throws tool-missing when the kernels are not built; internal for too many samples */
export function createGram(samples: number): Gram {
  if (samples < 1 || samples > SAMPLES_MAX) {
    throw new MaxdnnError('internal', `${samples} samples: wanted 1 … ${SAMPLES_MAX}`);
  }
  const kernels: Kernels = instantiateKernels();
  const padded = Math.ceil(samples / 8) * 8;
  let [outAddress, outBytes] = [0, 0];
  return {
    samples,
    rows(count, fill) {
      const height = Math.ceil(count / 4) * 4;
      const address = kernels.allocate(2 * height * padded);
      const sums = new Float64Array(count);
      for (let row = 0; row < count; row++) {
        const values = new Int16Array(kernels.memory.buffer, address + 2 * row * padded, samples);
        fill(row, values);
        let sum = 0;
        for (let s = 0; s < samples; s++) sum += values[s]!;
        sums[row] = sum;
      }
      return { rows: count, address, sums };
    },
    products(p, q) {
      const m = Math.ceil(p.rows / 4) * 4;
      const n = Math.ceil(q.rows / 2) * 2;
      if (4 * m * n > outBytes) {
        outBytes = 4 * m * n;
        outAddress = kernels.allocate(outBytes);
      }
      new Int32Array(kernels.memory.buffer, outAddress, m * n).fill(0);
      for (let first = 0; first < padded; first += CHUNK) {
        const end = Math.min(first + CHUNK, padded);
        kernels.run.gramRows(p.address, q.address, outAddress, m, n, padded, first, end);
      }
      const sums = new Int32Array(kernels.memory.buffer, outAddress, m * n);
      const out = new Float64Array(p.rows * q.rows);
      for (let i = 0; i < p.rows; i++) {
        for (let j = 0; j < q.rows; j++) out[i * q.rows + j] = sums[i * n + j]!;
      }
      return out;
    },
  };
}
