import { badInput, MaxdnnError } from '../../base/errors.ts';
import { type LayerMultiplier, type RoundedOperand, SKIPPED } from '../../dnn/assignment.ts';
import { prepareSums } from '../../dnn/integer-conv.ts';
import { instantiateKernels } from '../../dnn/kernels.ts';
import { portsOf } from '../../dnn/layer-operands.ts';
import type { LayerTerm } from '../../dnn/layer-terms.ts';
import type { Sums } from '../../dnn/prepare-requantise.ts';
import { type ConvGeometry, sizeOf } from '../../dnn/quantised-network.ts';
import { prepareTableSums } from '../../dnn/table-conv.ts';
import { bilinearTerms, compileOperandProduct, isBilinear } from '../../multiplier/golden.ts';
import { designName, type MultiplierSpec, operandRange } from '../../multiplier/spec.ts';
import { type MapWeighting, mapWeights } from '../../tune/weight-map.ts';

/** A convolution of uint8 codes. */
export interface ConvolveRequest {
  readonly node: string;
  /** Image × height × width × channel. */
  readonly codes: Uint8Array;
  readonly geometry: ConvGeometry;
  /** out × row × column × in. */
  readonly weights: Uint8Array;
  /** Codes that stand for 0. */
  readonly inputZero: number;
  readonly weightZero: number;
}

/** How products are made. */
export interface ConvolveOptions {
  /** Index of a mixture: per weight, out × row × column × in. */
  readonly multiplier: LayerMultiplier;
  readonly roundedOperand: RoundedOperand;
  /** How weights reach the multiplier through map(w) of weight-map.ts; absent: as they are. "measured": on the batch. */
  readonly tuning?: MapWeighting;
}

/**
 * Sums over the taps of ax(q, w) − q·zw − w·zq + zq·zw for uint8 codes q, w with zero points zq, zw: ALWANN's AxConv2D.
 * A multiplier that holds 0 … 255 gets the codes as they are; one for int8 gets all four numbers less 128, which
 * changes nothing where it is exact. Skipped weights add nothing.
 * @returns int32, image × height × width × filter
 * @throws bad-input when a multiplier holds neither, or a sum may exceed int32
 */
export function convolveCodes(request: ConvolveRequest, options: ConvolveOptions): Int32Array {
  const { geometry, codes } = request;
  const kernels = instantiateKernels();
  const inputSize = sizeOf(geometry.from);
  const input = kernels.allocate(inputSize);
  const parts = partsOf(request, options);
  const isSum = parts.specs.every(isBilinear);
  const padding = { inputZeroPoint: request.inputZero - 128, bias: new Float64Array(geometry.to.channels) };
  const sums = isSum
    ? prepareSums({ kernels, geometry, input, terms: { ...padding, ...termsOf(request, parts) } })
    : prepareTableSums({
        kernels,
        geometry,
        input,
        tables: { ...padding, products: productsOf(request, parts) },
      });
  const images = codes.length / inputSize;
  const outputSize = sizeOf(geometry.to);
  const all = new Int32Array(images * outputSize);
  const bytes = lessThan128(codes);
  const place = new Uint8Array(kernels.memory.buffer, input, inputSize);
  for (let image = 0; image < images; image++) {
    const from = image * inputSize;
    place.set(bytes.subarray(from, from + inputSize));
    for (const step of sums.steps) step();
    readSums(
      kernels.memory.buffer,
      sums,
      geometry,
      all.subarray(image * outputSize, (image + 1) * outputSize),
    );
  }
  return all;
}

/** u8 − 128 of each code as the kernels take it, an int8 byte: the same with its top bit flipped. */
function lessThan128(codes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 * Math.ceil(codes.length / 4));
  bytes.set(codes);
  const words = new Int32Array(bytes.buffer);
  for (let i = 0; i < words.length; i++) words[i]! ^= 0x80808080;
  return bytes;
}

/** Accumulators in the order of the output: row, column, filter. */
function readSums(memory: ArrayBuffer, sums: Sums, { to }: ConvGeometry, out: Int32Array): void {
  const { order } = sums;
  const padded = 8 * Math.ceil(order.length / 8);
  for (let y = 0; y < to.height; y++) {
    const row = new Int32Array(memory, sums.accumulators + y * sums.rowBytes, to.width * padded);
    for (let x = 0; x < to.width; x++) {
      const at = (y * to.width + x) * to.channels;
      for (let lane = 0; lane < order.length; lane++) out[at + order[lane]!] = row[x * padded + lane]!;
    }
  }
}

/** The multipliers of a convolution. */
interface Parts {
  readonly specs: readonly MultiplierSpec[];
  /** Per weight its index in `specs`, or SKIPPED. */
  readonly specOf: (tap: number) => number;
  /** What is taken off the codes before each multiplier. */
  readonly shifts: readonly number[];
  /** Code of the weight that reaches the multiplier number `index` for the weight code w, both less the shift. */
  readonly mapped: (index: number, weight: number) => number;
  readonly roundedOperand: RoundedOperand;
}

function partsOf({ node, weights, codes }: ConvolveRequest, options: ConvolveOptions): Parts {
  const { multiplier, roundedOperand, tuning } = options;
  const isMixture = 'specs' in multiplier;
  const specs = isMixture ? multiplier.specs : [multiplier];
  if (isMixture && multiplier.index.length !== weights.length) {
    throw badInput(
      {
        where: `mixture of multipliers at ${node}`,
        wanted: `${weights.length} entries`,
        found: `${multiplier.index.length}`,
      },
      'Make it from the layer of the same network.',
    );
  }
  const shifts = specs.map((spec) => shiftFor(spec, node));
  const histogram = tuning === 'measured' ? countEach(codes) : undefined;
  const maps = specs.map((spec, index) =>
    tuning === undefined ? undefined : tune(spec, shifts[index]!, roundedOperand, histogram),
  );
  return {
    specs,
    specOf: isMixture ? (tap) => multiplier.index[tap]! : () => 0,
    shifts,
    mapped: (index, weight) => maps[index]?.[weight + shifts[index]!] ?? weight,
    roundedOperand,
  };
}

/** 0 for operands of 0 … 255, 128 for those of int8. */
function shiftFor(spec: MultiplierSpec, node: string): number {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  const holds = (low: number, high: number): boolean =>
    aMin <= low && aMax >= high && bMin <= low && bMax >= high;
  if (holds(0, 255)) return 0;
  if (holds(-128, 127)) return 128;
  throw badInput(
    {
      where: `multiplier ${designName(spec)} at ${node}`,
      wanted: 'operands that hold 0 … 255 or −128 … 127',
      found: `a ${aMin} … ${aMax}, b ${bMin} … ${bMax}`,
    },
    'Use a multiplier of at least 8 bits.',
  );
}

/** map(w) by w + shift. @param histogram of the activations' uint8 codes */
function tune(
  spec: MultiplierSpec,
  shift: number,
  roundedOperand: RoundedOperand,
  histogram: Float64Array | undefined,
): Int16Array {
  const range = { low: -shift, high: 255 - shift };
  const counted = histogram === undefined ? {} : { histogram };
  return mapWeights({
    product: productOf(spec, roundedOperand),
    activations: range,
    weights: range,
    ...counted,
  });
}

function countEach(codes: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  for (let i = 0; i < codes.length; i++) counts[codes[i]!]!++;
  return counts;
}

function productOf(spec: MultiplierSpec, roundedOperand: RoundedOperand): (q: number, w: number) => number {
  const product = compileOperandProduct(spec);
  return roundedOperand === 'activations' ? product : (q, w) => product(w, q);
}

/** Everything but the product: what does not depend on q, and the factor of q − shift. */
function correction({ inputZero, weightZero, weights }: ConvolveRequest, tap: number, shift: number) {
  const [zq, zw, w] = [inputZero - shift, weightZero - shift, weights[tap]! - shift];
  return { constant: zq * zw - w * zq, factor: -zw };
}

/** The sums as terms of mapped codes; those of one activation map together. */
function termsOf(request: ConvolveRequest, parts: Parts) {
  const { weights, geometry } = request;
  const terms = new Map<string, LayerTerm>();
  const termFor = (activation: Int16Array): Int16Array => {
    const key = activation.join();
    if (!terms.has(key)) terms.set(key, { activation, weights: new Int16Array(weights.length) });
    return terms.get(key)!.weights;
  };
  const ports = portsOf(parts.roundedOperand);
  const own = parts.specs.map((spec, index) => {
    if (!isBilinear(spec)) throw new MaxdnnError('internal', `${designName(spec)} is no sum of products`);
    const shift = parts.shifts[index]!;
    const { aMin, bMin } = operandRange(spec);
    const low = { a: aMin, b: bMin };
    const identity = termFor(Int16Array.from({ length: 256 }, (_, q) => q - shift));
    const products = bilinearTerms(spec).map((term) => ({
      into: termFor(
        Int16Array.from(
          { length: 256 },
          (_, q) => term[ports.activation][q - shift - low[ports.activation]]!,
        ),
      ),
      factors: term[ports.weight],
    }));
    return { shift, identity, products, weightLow: low[ports.weight] };
  });
  const taps = weights.length / geometry.to.channels;
  const bias = new Float64Array(geometry.to.channels);
  for (let tap = 0; tap < weights.length; tap++) {
    const index = parts.specOf(tap);
    if (index === SKIPPED) continue;
    const { shift, identity, products, weightLow } = own[index]!;
    const { constant, factor } = correction(request, tap, shift);
    identity[tap]! += factor;
    bias[Math.floor(tap / taps)]! += constant;
    const reached = parts.mapped(index, weights[tap]! - shift);
    for (const { into, factors } of products) into[tap]! += factors[reached - weightLow]!;
  }
  const used = [...terms.values()].filter((term) => term.weights.some((weight) => weight !== 0));
  const activations = { low: -128, high: 127 };
  return { terms: used, bias, activations, accumulatorBound: boundOf(request, used, bias) };
}

/** No |sum| exceeds this. @throws bad-input when it exceeds int32 */
function boundOf({ node }: ConvolveRequest, terms: readonly LayerTerm[], bias: Float64Array): number {
  const bounds = bias.map(Math.abs);
  for (const { activation, weights } of terms) {
    const largest = activation.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const taps = weights.length / bias.length;
    for (const [tap, weight] of weights.entries())
      bounds[Math.floor(tap / taps)]! += largest * Math.abs(weight);
  }
  const bound = Math.max(...bounds);
  if (bound < 2 ** 31) return bound;
  throw badInput(
    { where: `convolution ${node}`, wanted: 'sums within int32', found: `up to ${bound}` },
    'The layer has too many taps for a 32-bit accumulator with this multiplier.',
  );
}

/** Per weight its part of the sum for each code of the activation; undefined: skipped. */
function productsOf(request: ConvolveRequest, parts: Parts): readonly (Int32Array | undefined)[] {
  const products = parts.specs.map((spec) => productOf(spec, parts.roundedOperand));
  const rows = new Map<number, Int32Array>();
  return Array.from(request.weights, (weight, tap) => {
    const index = parts.specOf(tap);
    if (index === SKIPPED) return undefined;
    const key = index * 256 + weight;
    let row = rows.get(key);
    if (row) return row;
    const shift = parts.shifts[index]!;
    const { constant, factor } = correction(request, tap, shift);
    const reached = parts.mapped(index, weight - shift);
    row = Int32Array.from(
      { length: 256 },
      (_, q) => products[index]!(q - shift, reached) + factor * (q - shift) + constant,
    );
    rows.set(key, row);
    return row;
  });
}
