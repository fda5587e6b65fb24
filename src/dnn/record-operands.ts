import { digestOf } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { createRng, type Rng } from '../base/rng.ts';
import { EXACT_INT8, type MixedAssignment, type RoundedOperand, uniformAssignment } from './assignment.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { checkImages } from './float-inference.ts';
import { createEngine } from './infer.ts';
import { multiplierDigest } from './layer-digest.ts';
import { inputOf } from './layer-operands.ts';
import {
  type CodeRange,
  isWeighted,
  multiplicationsByLayer,
  type QuantisedNetwork,
  quantisedNetworkDigest,
  quantisedShapes,
  sizeOf,
  type WeightedLayer,
} from './quantised-network.ts';
import { drawPairs, drawStream, shuffle } from './record-operands-sample.ts';
import { type ArrayShape, DEFAULT_ARRAY, positionsOf } from './record-operands-schedule.ts';
import { type OperandPairs, operandSource } from './record-operands-source.ts';

/** In random order, or in the order in which a processing element of the array gets them. */
export type OperandOrder = 'layer-iid' | 'layer-stream';

export const OPERAND_ORDERS: readonly OperandOrder[] = ['layer-iid', 'layer-stream'];

/** What was recorded of one layer. */
export interface LayerOperands {
  readonly layer: string;
  readonly multiplicationsPerImage: number;
  /** Activations that pass a weight in "layer-stream": min(output positions, accumulator depth). */
  readonly activationsPerWeight: number;
  /** Stretches of the schedule that "layer-stream" is made of; each begins at a random place of it. */
  readonly blocks: number;
  /** Codes that the activations of the layer can have, the padding's included. */
  readonly activationRange: CodeRange;
  /** Smallest and largest weight of the layer. */
  readonly weightRange: CodeRange;
  readonly pairs: Readonly<Record<OperandOrder, OperandPairs>>;
}

/** Operands of every weighted layer of a network, and what they were drawn from. */
export interface OperandRecord {
  readonly network: { readonly name: string; readonly sha256: string };
  readonly dataset: { readonly name: string; readonly sha256: string };
  /** Numbers of the images in the data set, rising. */
  readonly images: readonly number[];
  readonly seed: number;
  readonly array: ArrayShape;
  /** In the order of the network. */
  readonly layers: readonly LayerOperands[];
}

export interface RecordOptions {
  /** Pairs of "layer-iid" per layer, 64 … 2^20; "layer-stream" has STREAM_FACTOR times as many. Default 16384. */
  readonly pairs?: number;
  /** Images to draw from the data set, at most those it has; default 512, or all of a smaller set. */
  readonly images?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Default DEFAULT_ARRAY. */
  readonly array?: ArrayShape;
  /** Approximate inference: activations as these multipliers leave them. Default: exact. */
  readonly approximate?: ApproximateInference;
  readonly onProgress?: OnProgress;
}

export interface ApproximateInference {
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
}

/** Name and digest of a network with the multipliers that its operands were recorded with. */
export function recordedNetwork(
  network: QuantisedNetwork,
  approximate?: ApproximateInference,
): OperandRecord['network'] {
  const sha256 = quantisedNetworkDigest(network);
  if (approximate === undefined) return { name: network.name, sha256 };
  const { assignment, roundedOperand } = approximate;
  const multipliers = [...assignment].map(([layer, own]) => [layer, multiplierDigest(own)]);
  return {
    name: `${network.name} with approximate multipliers`,
    sha256: digestOf([sha256, multipliers, roundedOperand]),
  };
}

/** docs/streams.md has the standard errors that these give. */
export const DEFAULT_PAIRS = 16384;
export const DEFAULT_IMAGES = 512;

/** Pairs in the array's order for each one in random order: neighbours are alike, so that a pair says less. */
export const STREAM_FACTOR = 4;

/**
 * Operand pairs of every convolution and dense layer during int8 inference over a random choice of images.
 *
 * "layer-iid": independent pairs, each multiplication of the layer and the images equally likely, those with padding
 * included: the array streams the padded window, as `infer` multiplies it. "layer-stream": the same population in the
 * order of the array (record-operands-schedule.ts), in blocks that begin at random places of it
 * (record-operands-sample.ts).
 * @throws bad-input when the images do not fit the network or an option is out of range
 */
export function recordOperands(
  network: QuantisedNetwork,
  dataset: Dataset,
  options: RecordOptions = {},
): OperandRecord {
  checkImages(network, dataset);
  const { pairs = DEFAULT_PAIRS, seed = 1, array = DEFAULT_ARRAY, approximate } = options;
  const { onProgress = ignoreProgress } = options;
  const count = options.images ?? Math.min(DEFAULT_IMAGES, dataset.images);
  checkOptions({ pairs, seed, array, images: count }, dataset);
  const layers = network.layers.filter(isWeighted);
  const images = drawImages(dataset.images, count, rngOf(seed, 'images'));
  const inputs = recordInputs(network, layers, dataset, images, onProgress, approximate);
  const counts = multiplicationsByLayer(network);
  return {
    network: recordedNetwork(network, approximate),
    dataset: { name: dataset.name, sha256: dataset.sha256 },
    images,
    seed,
    array,
    layers: layers.map((layer): LayerOperands => {
      const source = operandSource(network, layer, inputs.get(layer.inputs[0]!)!);
      const schedule = { geometry: source.geometry, array, images: count };
      const stream = drawStream(
        source,
        schedule,
        STREAM_FACTOR * pairs,
        rngOf(seed, `${layer.name} layer-stream`),
      );
      return {
        layer: layer.name,
        multiplicationsPerImage: counts.get(layer.name)!,
        activationsPerWeight: Math.min(positionsOf(source.geometry), array.accumulatorDepth),
        blocks: stream.blocks,
        activationRange: inputOf(network, layer).activations,
        weightRange: rangeOf(layer.weights),
        pairs: {
          'layer-iid': drawPairs(source, count, pairs, rngOf(seed, `${layer.name} layer-iid`)),
          'layer-stream': stream.pairs,
        },
      };
    }),
  };
}

/** Input codes of every weighted layer for each of the images, by the name of what the layer reads. */
export function recordInputs(
  network: QuantisedNetwork,
  layers: readonly WeightedLayer[],
  dataset: Dataset,
  images: readonly number[],
  onProgress: OnProgress,
  approximate: ApproximateInference = {
    assignment: uniformAssignment(network, EXACT_INT8),
    roundedOperand: 'activations',
  },
): ReadonlyMap<string, readonly Int8Array[]> {
  const engine = createEngine(network, approximate.assignment, approximate.roundedOperand);
  const shapes = quantisedShapes(network);
  const read = new Map(layers.map(({ inputs }) => [inputs[0]!, [] as Int8Array[]]));
  for (const [done, image] of images.entries()) {
    engine.infer(imageCodes(dataset, image));
    for (const [name, codes] of read) {
      const own = new Int8Array(sizeOf(shapes.get(name)!));
      engine.readCodes(name, own);
      codes.push(own);
    }
    onProgress({ stage: 'record', done: done + 1, total: images.length, unit: 'images' });
  }
  return read;
}

export function drawImages(available: number, count: number, rng: Rng): readonly number[] {
  const all = Array.from({ length: available }, (_, image) => image);
  shuffle(all, rng);
  return all.slice(0, count).sort((x, y) => x - y);
}

/** Numbers of their own for each purpose, so that one layer's do not depend on the others. */
export function rngOf(seed: number, purpose: string): Rng {
  return createRng(Number.parseInt(sha256(`${seed} ${purpose}`).slice(0, 8), 16));
}

function rangeOf(codes: Int8Array): CodeRange {
  return {
    low: codes.reduce((least, code) => Math.min(least, code), 127),
    high: codes.reduce((most, code) => Math.max(most, code), -128),
  };
}

function checkOptions(
  { pairs, images, seed, array }: { pairs: number; images: number; seed: number; array: ArrayShape },
  dataset: Dataset,
): void {
  const limits: readonly (readonly [string, number, number, number])[] = [
    ['pairs per layer', pairs, 64, 2 ** 20],
    [`images of data set ${dataset.name}`, images, 1, dataset.images],
    ['seed', seed, 0, 2 ** 32 - 1],
    ['array rows', array.rows, 1, 64],
    ['array columns', array.columns, 1, 64],
    ['accumulator depth', array.accumulatorDepth, 1, 2 ** 20],
  ];
  const faults = limits.flatMap(([where, value, low, high]): readonly Fault[] =>
    Number.isInteger(value) && value >= low && value <= high
      ? []
      : [{ where, wanted: `an integer ${low} … ${high}`, found: String(value) }],
  );
  if (faults.length > 0) throw badInput(faults, 'Give values within these limits.');
}
