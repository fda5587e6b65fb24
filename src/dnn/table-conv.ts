import { compileOperandProduct } from '../multiplier/golden.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { type LayerMultiplier, type RoundedOperand, specsOfWeights } from './assignment.ts';
import { BLOCK } from './filter-blocks.ts';
import type { ConvPlace, SumsRequest } from './integer-conv.ts';
import { type Kernels, place } from './kernels.ts';
import { boundAccumulators, checkOperands, foldBias, inputOf, usedWeights } from './layer-operands.ts';
import { prepareRequantise, type Sums } from './prepare-requantise.ts';
import {
  type CodeRange,
  type ConvGeometry,
  convGeometry,
  type QuantisedNetwork,
  type WeightedLayer,
} from './quantised-network.ts';
import { windowAddresses } from './window-addresses.ts';

/** A weighted layer as look-ups of products. */
export interface LayerTables {
  /** Per weight (out × kh × kw × in/groups) its products i32 [256], index activation + 128; undefined: skipped. */
  readonly products: readonly (Int32Array | undefined)[];
  /** Code of the padding. */
  readonly inputZeroPoint: number;
  /** bias − z · Σ w over the weights that are not skipped, per output channel. */
  readonly bias: Float64Array;
}

/**
 * The products of every weight of a layer with every activation, of any multipliers; checked to fit as layerTerms does.
 * @throws bad-input when a multiplier does not fit, or the index of a mixture does not fit the layer
 */
export function layerTables(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  roundedOperand: RoundedOperand,
): LayerTables {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const { activations, inputZeroPoint } = inputOf(network, layer);
  const productsOf = specs.map((spec, index) => {
    checkOperands(layer, spec, roundedOperand, activations, usedWeights(layer, specOf, index));
    return weightProducts(spec, roundedOperand, activations);
  });
  const products = Array.from(layer.weights, (code, tap) => productsOf[specOf(tap)]?.(code));
  const bias = foldBias(layer, inputZeroPoint, specOf);
  const largest = new Map<Int32Array, number>();
  boundAccumulators(layer, specs, bias, (tap) => {
    const row = products[tap];
    if (row === undefined) return 0;
    if (!largest.has(row))
      largest.set(
        row,
        row.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      );
    return largest.get(row)!;
  });
  return { products, inputZeroPoint, bias };
}

/** Products of one multiplier by weight, each row made when first asked for; 0 for activations that cannot be. */
function weightProducts(
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
  activations: CodeRange,
): (weight: number) => Int32Array {
  const product = compileOperandProduct(spec);
  const rows = new Map<number, Int32Array>();
  return (weight) => {
    let row = rows.get(weight);
    if (row) return row;
    row = new Int32Array(256);
    for (let code = activations.low; code <= activations.high; code++) {
      row[code + 128] = roundedOperand === 'activations' ? product(code, weight) : product(weight, code);
    }
    rows.set(weight, row);
    return row;
  };
}

/** Lays out a convolution for the table kernel, which takes any multipliers, and gives the function that runs it. */
export function prepareTableConv(request: ConvPlace & { readonly tables: LayerTables }): () => void {
  const geometry = convGeometry(request.layer, request.from, request.to);
  const { steps, ...sums } = prepareTableSums({ ...request, geometry });
  const requantise = prepareRequantise({ ...request, ...sums });
  return () => {
    for (const step of steps) step();
    requantise();
  };
}

/** The accumulators of a convolution and the steps that fill them. */
export function prepareTableSums(
  request: Omit<SumsRequest, 'terms'> & { readonly tables: LayerTables },
): Sums {
  const { kernels, geometry, tables, input } = request;
  const { run } = kernels;
  const { from, to, pads } = geometry;
  const rowBytes = from.channels * (from.width + pads[1] + pads[3]);
  const imageBytes = rowBytes * (from.height + pads[0] + pads[2]);
  const image = kernels.allocate(imageBytes);
  const { filterEnds, taps } = listTaps(kernels, tables, geometry, rowBytes);
  const offsets = windowAddresses(geometry, rowBytes, 1);
  const pixelOffsets = place(kernels, offsets);
  const bias = place(kernels, Int32Array.from(tables.bias));
  const padded = BLOCK * Math.ceil(to.channels / BLOCK);
  const accumulators = kernels.allocate(4 * offsets.length * padded);
  new Uint8Array(kernels.memory.buffer, image, imageBytes).fill(tables.inputZeroPoint + 128);
  const inside = image + pads[0] * rowBytes + pads[1] * from.channels;
  const pixels = to.height * to.width;
  const order = Array.from({ length: to.channels }, (_, filter) => filter);
  const step = (): void => {
    run.biasCodes(input, inside, from.height, from.width * from.channels, rowBytes);
    run.convTable(image, pixelOffsets, pixels, filterEnds, to.channels, taps, bias, accumulators, padded);
  };
  return { steps: [step], accumulators, rowBytes: 4 * to.width * padded, order };
}

/** For each filter the taps that are not skipped: offset in the window and address of the products. */
function listTaps(
  kernels: Kernels,
  { products }: LayerTables,
  { from, to, kernel, groups }: ConvGeometry,
  rowBytes: number,
): { readonly filterEnds: number; readonly taps: number } {
  const addresses = new Map<Int32Array, number>();
  const channels = from.channels / groups;
  const ends = new Int32Array(to.channels + 1);
  const taps: number[] = [];
  let tap = 0;
  for (let filter = 0; filter < to.channels; filter++) {
    const firstChannel = Math.floor((filter * groups) / to.channels) * channels;
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        for (let channel = 0; channel < channels; channel++, tap++) {
          const row = products[tap];
          if (row === undefined) continue;
          if (!addresses.has(row)) addresses.set(row, place(kernels, row));
          taps.push(ky * rowBytes + kx * from.channels + firstChannel + channel, addresses.get(row)!);
        }
      }
    }
    ends[filter + 1] = taps.length / 2;
  }
  return { filterEnds: place(kernels, ends), taps: place(kernels, Int32Array.from(taps)) };
}
