import { MaxdnnError } from '../base/errors.ts';
import { isBilinear } from '../multiplier/golden.ts';
import { type MixedAssignment, type RoundedOperand, specsOfWeights } from './assignment.ts';
import { createCodePacker } from './code-packer.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { isExtraStep, prepareExtraStep } from './extra-steps.ts';
import { checkImages } from './float-inference.ts';
import { planLayer, prepareConv } from './integer-conv.ts';
import { instantiateKernels, type Kernels } from './kernels.ts';
import type { LayerPlans } from './layer-plans.ts';
import { layerTerms } from './layer-terms.ts';
import { INPUT_NAME } from './network.ts';
import {
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedShapes,
  quantisedZeroPoints,
  sizeOf,
} from './quantised-network.ts';
import { layerTables, prepareTableConv } from './table-conv.ts';

/**
 * How products are made: "decomposed" into sums of products of mapped codes wherever the multipliers of a layer allow
 * it, or from a "table" of all products everywhere (slow; a second way to the same integers).
 */
export type Products = 'decomposed' | 'table';

/** A network with its multipliers, laid out in the memory of one instance of the kernels. */
export interface Engine {
  /**
   * int32 logits of one image.
   * @param codes int8 pixels, height × width × channel
   */
  infer(codes: Int8Array): Int32Array;
  /**
   * int32 logits from the outputs of earlier layers: runs the layers from number `first` of the options on.
   * @param outputs packed codes (code-packer.ts) of every layer (or "input") before that which it or a later one reads
   *                (outputsReadFrom)
   */
  resume(outputs: ReadonlyMap<string, readonly Uint8Array[]>): Int32Array;
  /** Output codes of a layer (or "input") for the latest image; height × width × channel. Not for the last layer. */
  codesOf(layer: string): Int8Array;
  /** The same written into `into`. */
  readCodes(layer: string, into: Int8Array): void;
  /** The same packed; a view that the next call writes over. */
  packCodes(layer: string): Uint8Array;
}

/** How an engine is laid out. */
export interface EngineOptions {
  /** Default "decomposed". */
  readonly products?: Products;
  /** Number of the first layer to lay out, default 0; above 0 the engine can only resume. */
  readonly first?: number;
  /** An instance whose room is free; default: a fresh one. */
  readonly kernels?: Kernels;
  /** Plans of layers that are kept from engine to engine, with the key of each convolution and dense layer. */
  readonly kept?: { readonly plans: LayerPlans; readonly keys: ReadonlyMap<string, string> };
}

/**
 * Prepares a network for inference with the given multipliers.
 * @param roundedOperand which operand is on port a of the multipliers
 * @throws bad-input when a multiplier does not fit its layer; tool-missing when the kernels are not built
 */
export function createEngine(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand = 'activations',
  { products = 'decomposed', first = 0, kernels = instantiateKernels(), kept }: EngineOptions = {},
): Engine {
  const shapes = quantisedShapes(network);
  const buffers = new Map<string, number>();
  const sizes = new Map([...shapes].map(([name, shape]) => [name, sizeOf(shape)] as const));
  for (const [name, size] of sizes) buffers.set(name, kernels.allocate(size));
  const packer = createCodePacker(kernels, Math.max(...sizes.values()));
  const last = network.layers.at(-1)!;
  const classes = sizes.get(last.name)!;
  const logits = kernels.allocate(4 * (classes + 8));
  const steps = network.layers
    .slice(first)
    .map((layer) =>
      prepareLayer({ network, layer, assignment, roundedOperand, products, kept, kernels, buffers, logits }),
    );
  const hasWideLogits = 'high' in last && last.high > 127;
  const codesAt = (name: string): Int8Array =>
    new Int8Array(kernels.memory.buffer, buffers.get(name)!, sizes.get(name)!);
  const run = (): Int32Array => {
    for (const step of steps) step();
    if (!hasWideLogits) return Int32Array.from(codesAt(last.name));
    return new Int32Array(kernels.memory.buffer, logits, classes).slice();
  };
  const checkedName = (name: string): string => {
    if (buffers.has(name) && !(name === last.name && hasWideLogits)) return name;
    throw new MaxdnnError('internal', `No int8 codes of layer ${name}`);
  };
  return {
    infer(codes) {
      if (first > 0) throw new MaxdnnError('internal', `This engine starts at layer ${first}`);
      codesAt(INPUT_NAME).set(codes);
      return run();
    },
    resume(outputs) {
      for (const [name, pieces] of outputs) packer.unpack(pieces, buffers.get(name)!, sizes.get(name)!);
      return run();
    },
    codesOf: (name) => codesAt(checkedName(name)).slice(),
    readCodes: (name, into) => into.set(codesAt(checkedName(name))),
    packCodes: (name) => packer.pack(buffers.get(checkedName(name))!, sizes.get(name)!),
  };
}

/** Names of the layers before number `first` (and "input") whose outputs it or a later layer reads. */
export function outputsReadFrom(network: QuantisedNetwork, first: number): readonly string[] {
  const later = network.layers.slice(first);
  const own = new Set(later.map(({ name }) => name));
  return [...new Set(later.flatMap(({ inputs }) => inputs))].filter((name) => !own.has(name));
}

/**
 * int32 logits of all images, image × class.
 * @throws bad-input when the images or a multiplier do not fit the network
 */
export function infer(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  images: Dataset,
  roundedOperand: RoundedOperand = 'activations',
): Int32Array {
  checkImages(network, images);
  const engine = createEngine(network, assignment, roundedOperand);
  const rows = Array.from({ length: images.images }, (_, image) => engine.infer(imageCodes(images, image)));
  const logits = new Int32Array(rows.length * rows[0]!.length);
  for (const [image, row] of rows.entries()) logits.set(row, image * row.length);
  return logits;
}

/** Index of the largest value, the first one of several. */
export function argmax(values: Int32Array | Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

interface LayerRequest {
  readonly network: QuantisedNetwork;
  readonly layer: QuantisedLayer;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
  readonly products: Products;
  readonly kept: EngineOptions['kept'];
  readonly kernels: Kernels;
  /** Address of the codes of each layer and of the image. */
  readonly buffers: ReadonlyMap<string, number>;
  /** Address of the logits. */
  readonly logits: number;
}

function prepareLayer(request: LayerRequest): () => void {
  const { network, layer, kernels, buffers } = request;
  const { run } = kernels;
  const shapes = quantisedShapes(network);
  const from = shapes.get(layer.inputs[0]!)!;
  const to = shapes.get(layer.name)!;
  const input = buffers.get(layer.inputs[0]!)!;
  const out = buffers.get(layer.name)!;
  const zeroPoints = quantisedZeroPoints(network);
  const extra = { layer, kernels, buffers, shapes, zeroPoints };
  if (isExtraStep(layer, zeroPoints)) return prepareExtraStep(extra);
  switch (layer.op) {
    case 'conv2d':
    case 'dense': {
      const multiplier = request.assignment.get(layer.name);
      if (!multiplier)
        throw new MaxdnnError('internal', `The assignment has no multiplier for layer ${layer.name}`);
      const place = { kernels, layer, from, to, input, out, logits: request.logits };
      const isTable =
        request.products === 'table' || !specsOfWeights(layer, multiplier).specs.every(isBilinear);
      if (isTable) {
        const tables = layerTables(network, layer, multiplier, request.roundedOperand);
        return prepareTableConv({ ...place, tables });
      }
      const make = () => planLayer(layerTerms(network, layer, multiplier, request.roundedOperand), place);
      const key = request.kept?.keys.get(layer.name);
      const plan = key === undefined ? make() : request.kept!.plans.planOf(key, make);
      return prepareConv({ ...place, ...plan });
    }
    case 'add': {
      const other = buffers.get(layer.inputs[1]!)!;
      const { factors, shift, low, high } = layer;
      return () => run.addCodes(input, other, out, sizeOf(to), factors[0], factors[1], shift, low, high);
    }
    case 'averagePool': {
      const { kernel, stride, multiplier, shift, low, high } = layer;
      const [kh, kw, sy, sx] = [...kernel, ...stride] as [number, number, number, number];
      return () =>
        run.averageCodes(
          input,
          out,
          from.width,
          from.channels,
          to.height,
          to.width,
          kh,
          kw,
          sy,
          sx,
          multiplier,
          shift,
          low,
          high,
        );
    }
    case 'padChannels': {
      const pixels = from.height * from.width;
      return () => run.padCodes(input, out, pixels, from.channels, layer.before, layer.after);
    }
    case 'relu':
      return () => run.reluCodes(input, out, sizeOf(to));
    default:
      return prepareExtraStep(extra);
  }
}
