import { findRounding } from './activation-map.ts';
import { isDepthwise, packDepthwise } from './depthwise.ts';
import { BLOCK, type PackedWeights } from './filter-blocks.ts';
import { type Kernels, place } from './kernels.ts';
import type { LayerTerms } from './layer-terms.ts';
import { type ImageLayout, layOutImage, type MatrixPlan, planMatrix, tilesOf } from './matrix-plan.ts';
import type { Shape } from './network.ts';
import { prepareRequantise, type Sums } from './prepare-requantise.ts';
import { type ConvGeometry, convGeometry, type WeightedLayer } from './quantised-network.ts';
import { windowAddresses } from './window-addresses.ts';
import type { WinogradForm } from './winograd.ts';

/** Where a convolution or dense layer stands. */
export interface ConvPlace {
  readonly kernels: Kernels;
  readonly layer: WeightedLayer;
  readonly from: Shape;
  readonly to: Shape;
  /** Addresses of the input codes, the output codes and the int32 logits (used where the results are not int8). */
  readonly input: number;
  readonly out: number;
  readonly logits: number;
}

/** What a convolution or dense layer is laid out from: its mapped weights, packed for the kernels where they are a matrix. */
export interface LayerPlan {
  readonly terms: LayerTerms;
  /** Absent for grouped convolutions. */
  readonly matrix?: MatrixPlan;
}

/** The same with its multipliers. */
export interface ConvRequest extends ConvPlace, LayerPlan {}

/** Maps and packs the weights of a layer. */
export function planLayer(terms: LayerTerms, { layer, from, to }: Omit<ConvPlace, 'kernels'>): LayerPlan {
  const geometry = convGeometry(layer, from, to);
  return geometry.groups > 1 ? { terms } : { terms, matrix: planMatrix(terms, geometry) };
}

/** What the sums of products of a convolution are made from. */
export interface SumsRequest {
  readonly kernels: Kernels;
  readonly geometry: ConvGeometry;
  readonly terms: LayerTerms;
  /** The packed weights, where they are known. */
  readonly matrix?: MatrixPlan;
  /** Address of the input codes. */
  readonly input: number;
}

/**
 * Lays out a convolution for the kernels and gives the function that runs it: its sums, then the requantisation.
 */
export function prepareConv(request: ConvRequest): () => void {
  const geometry = convGeometry(request.layer, request.from, request.to);
  const { steps, ...sums } = prepareSums({ ...request, geometry });
  const requantise = prepareRequantise({ ...request, ...sums });
  return () => {
    for (const step of steps) step();
    requantise();
  };
}

/**
 * The accumulators of a convolution and the steps that fill them: one padded image per term with its activations
 * mapped, the weights mapped and packed for the cheapest kernel.
 */
export function prepareSums(request: SumsRequest): Sums {
  const { kernels, geometry, terms } = request;
  const image = layOutImage(geometry);
  const images = kernels.allocate(image.termBytes * terms.terms.length + SLACK_BYTES);
  const maps = terms.terms.map(({ activation }, index) =>
    prepareMap({ request, image, activation, at: images + index * image.termBytes }),
  );
  const product = { kernels, geometry, image, images, terms };
  const sums =
    geometry.groups > 1
      ? prepareGrouped(product)
      : prepareMatrix(product, request.matrix ?? planMatrix(terms, geometry));
  return { ...sums, steps: [...maps, ...sums.steps] };
}

/** Behind an image, for the pair of values that may reach over its end. */
const SLACK_BYTES = 16;

function prepareMap(map: {
  readonly request: SumsRequest;
  readonly image: ImageLayout;
  readonly activation: Int16Array;
  /** Address of the term's image. */
  readonly at: number;
}): () => void {
  const { image, activation, at } = map;
  const { kernels, geometry, input, terms } = map.request;
  const { from } = geometry;
  const { run } = kernels;
  const table = place(kernels, activation);
  new Int16Array(kernels.memory.buffer, at, image.termBytes / 2).fill(
    activation[terms.inputZeroPoint + 128]!,
  );
  const rounding = findRounding(activation, terms.activations.low, terms.activations.high);
  const inside = at + image.insideBytes;
  const rowCodes = from.width * from.channels;
  if (rounding === undefined) {
    return () => run.mapCodes(input, inside, from.height, rowCodes, image.rowBytes, table);
  }
  const { lead, drop, cap } = rounding;
  return () => run.mapRounded(input, inside, from.height, rowCodes, image.rowBytes, lead, drop, cap, table);
}

interface Product {
  readonly kernels: Kernels;
  readonly geometry: ConvGeometry;
  readonly image: ImageLayout;
  /** Address of the terms' images. */
  readonly images: number;
  readonly terms: LayerTerms;
}

function prepareMatrix(product: Product, { kind, order, packed }: MatrixPlan): Sums {
  return kind === 'direct'
    ? prepareDirect(product, order, packed)
    : prepareWinograd(product, order, packed, kind);
}

function prepareGrouped({ kernels, geometry, image, images, terms }: Product): Sums {
  const { from, to, kernel, stride, groups } = geometry;
  const { run } = kernels;
  const order = Array.from({ length: to.channels }, (_, filter) => filter);
  const padded = BLOCK * Math.ceil(to.channels / BLOCK);
  const pixels = to.height * to.width;
  const isOnePerChannel = isDepthwise(geometry);
  const packed = isOnePerChannel
    ? packDepthwise(terms, geometry, padded)
    : Int16Array.from(terms.terms.flatMap(({ weights }) => [...weights]));
  const weights = place(kernels, packed);
  const bias = placeBias(kernels, terms.bias, order);
  const accumulators = kernels.share('accumulators', 4 * pixels * padded);
  const depthwise = (): void => {
    run.convDepthwise(
      images,
      image.termBytes,
      terms.terms.length,
      weights,
      accumulators,
      to.height,
      to.width,
      padded,
      kernel[0],
      kernel[1],
      2 * from.channels,
      image.rowBytes,
      image.rowBytes * stride[0],
      2 * from.channels * stride[1],
    );
    run.addBias(accumulators, bias, pixels, padded);
  };
  const grouped = (): void => {
    run.convGrouped(
      images,
      image.termBytes,
      terms.terms.length,
      weights,
      accumulators,
      to.height,
      to.width,
      to.channels,
      padded,
      to.channels / groups,
      from.channels / groups,
      kernel[0],
      kernel[1],
      from.channels,
      image.rowBytes,
      image.rowBytes * stride[0],
      2 * from.channels * stride[1],
    );
    run.addBias(accumulators, bias, pixels, padded);
  };
  const step = isOnePerChannel ? depthwise : grouped;
  return { steps: [step], accumulators, rowBytes: 4 * to.width * padded, order };
}

function prepareDirect(product: Product, order: readonly number[], packed: PackedWeights): Sums {
  const { kernels, geometry, image, images } = product;
  const { to } = geometry;
  const { run } = kernels;
  const pixels = to.height * to.width;
  const blocks = packed.blockEnds.length - 1;
  const offsets = windowAddresses(geometry, image.rowBytes, 2);
  const pixelOffsets = place(kernels, offsets);
  const { blockEnds, segments, weights, bias } = placePacked(product, order, packed);
  const accumulators = kernels.share('accumulators', 4 * offsets.length * blocks * BLOCK);
  const step = (): void =>
    run.convDirect(images, pixelOffsets, pixels, blockEnds, blocks, segments, weights, bias, accumulators);
  return { steps: [step], accumulators, rowBytes: 4 * to.width * blocks * BLOCK, order };
}

function prepareWinograd(
  product: Product,
  order: readonly number[],
  packed: PackedWeights,
  form: WinogradForm,
): Sums {
  const { kernels, geometry, image, images } = product;
  const { channels } = geometry.from;
  const { run } = kernels;
  const { size, positions, tileRows, tileColumns } = tilesOf(geometry, form);
  const blocks = packed.blockEnds.length - 1;
  const terms = product.terms.terms.length;
  const positionBytes = 2 * channels * terms;
  const transformed = kernels.share(
    'transformed',
    4 * Math.ceil((tileRows * tileColumns) / 4) * positions * positionBytes,
  );
  const { blockEnds, segments, weights, bias } = placePacked(product, order, packed);
  const scratch = kernels.share('sums', 4 * positions * BLOCK * 4);
  const accumulators = kernels.share(
    'accumulators',
    4 * size * size * tileRows * tileColumns * blocks * BLOCK,
  );
  const steps = Array.from({ length: terms }, (_, t) => () => {
    const at = images + t * image.termBytes;
    const out = transformed + 2 * t * channels;
    const tiles = [at, image.rowBytes, channels, tileRows, tileColumns] as const;
    if (form === 'n2') run.winogradInput2(...tiles, out, positionBytes);
    else if (form === 'n4') run.winogradInput4(...tiles, scratch, out, positionBytes);
    else run.winogradInputStride2(...tiles, scratch, out, positionBytes);
  });
  steps.push(() =>
    run.winogradProducts(
      size,
      positions,
      transformed,
      positionBytes,
      blockEnds,
      blocks,
      segments,
      weights,
      bias,
      scratch,
      accumulators,
      tileRows,
      tileColumns,
    ),
  );
  return { steps, accumulators, rowBytes: 4 * size * tileColumns * blocks * BLOCK, order };
}

function placePacked({ kernels, terms }: Product, order: readonly number[], packed: PackedWeights) {
  return {
    blockEnds: place(kernels, packed.blockEnds),
    segments: place(kernels, packed.segments),
    weights: place(kernels, packed.weights),
    bias: placeBias(kernels, terms.bias, order),
  };
}

/** i32 [8 · blocks] */
function placeBias(kernels: Kernels, bias: Float64Array, order: readonly number[]): number {
  const values = new Int32Array(BLOCK * Math.ceil(order.length / BLOCK));
  for (const [lane, filter] of order.entries()) values[lane] = bias[filter]!;
  return place(kernels, values);
}
