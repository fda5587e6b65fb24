import { dirname, join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  readArtifact,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { readInputFile, sha256, writeFileAtomic } from '../base/files.ts';
import { compileSchema } from '../base/schema-check.ts';
import { OPERAND_FILE_SCHEMA } from './operand-file-schema.ts';
import type { CodeRange } from './quantised-network.ts';
import {
  type LayerOperands,
  OPERAND_ORDERS,
  type OperandOrder,
  type OperandRecord,
} from './record-operands.ts';
import type { OperandPairs } from './record-operands-source.ts';

/** Where the pairs of a layer in one order are in operands.bin: all activations, then all weights, one byte each. */
export interface StoredSequence {
  readonly pairs: number;
  /** First byte. */
  readonly offset: number;
  /** Digest of these 2 · pairs bytes. */
  readonly sha256: string;
  /** Share of the pairs whose activation has code 0. */
  readonly zeroActivations: number;
}

/** operands.json; the pairs are in operands.bin beside it. */
export interface OperandFile extends ArtifactHeader<'operand-streams'>, Omit<OperandRecord, 'layers'> {
  /** Digest of operands.bin. */
  readonly sha256: string;
  readonly layers: readonly (Omit<LayerOperands, 'pairs'> & {
    readonly sequences: Readonly<Record<OperandOrder, StoredSequence>>;
  })[];
}

/** A recording as it was read, with what identifies it. */
export interface StoredOperands {
  readonly file: OperandFile;
  readonly record: OperandRecord;
}

export const OPERAND_FILE_FORMAT_VERSION = 1;

/** Digests of what a recording follows from; equal ones mean that it need not be made again. */
export function operandInputs(
  record: Pick<OperandRecord, 'network' | 'dataset'>,
  options: object,
): Readonly<Record<string, string>> {
  return {
    network: record.network.sha256,
    dataset: record.dataset.sha256,
    options: digestOf([RECORDING_VERSION, options]),
  };
}

/**
 * Writes operands.json at `path` and operands.bin beside it.
 * @param inputs of operandInputs
 */
export function writeOperands(
  path: string,
  { layers, ...origin }: OperandRecord,
  inputs: Readonly<Record<string, string>>,
): StoredOperands {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const described = layers.map(({ pairs, ...layer }) => {
    const store = (order: OperandOrder): StoredSequence => {
      const bytes = bytesOf(pairs[order]);
      const sequence = { pairs: bytes.length / 2, offset, sha256: sha256(bytes) };
      parts.push(bytes);
      offset += bytes.length;
      return { ...sequence, zeroActivations: zeroShare(pairs[order]) };
    };
    return {
      ...layer,
      sequences: { 'layer-iid': store('layer-iid'), 'layer-stream': store('layer-stream') },
    };
  });
  const content = Buffer.concat(parts);
  const file: OperandFile = {
    ...artifactHeader('operand-streams', OPERAND_FILE_FORMAT_VERSION, inputs),
    sha256: sha256(content),
    ...origin,
    layers: described,
  };
  writeFileAtomic(binaryPath(path), content);
  writeArtifact(path, file);
  return { file, record: { ...origin, layers } };
}

/** The recording at `path` when it was made from exactly `inputs` and is whole; undefined otherwise. */
export function reusableOperands(
  path: string,
  inputs: Readonly<Record<string, string>>,
): StoredOperands | undefined {
  const kind = 'operand-streams';
  if (reusableArtifact<OperandFile>(path, kind, OPERAND_FILE_FORMAT_VERSION, inputs) === undefined)
    return undefined;
  try {
    return readOperands(path);
  } catch {
    return undefined;
  }
}

/**
 * Reads operands.json and operands.bin and checks all of both: shape, lengths, digests, codes within their ranges.
 * @throws bad-input with every fault of shape at once, else all others, at most 20
 */
export function readOperands(path: string): StoredOperands {
  const file = readArtifact<OperandFile>(path, 'operand-streams', OPERAND_FILE_FORMAT_VERSION);
  const hint = 'The recording is damaged or was edited: make it again with "maxdnn record".';
  const shapeFaults = checkShape(file, path);
  if (shapeFaults.length > 0) throw badInput(shapeFaults, hint);
  const binary = binaryPath(path);
  const content = readInputFile(binary, 'the operand pairs of operands.json');
  const faults: Fault[] = [];
  let expected = 0;
  const seen = new Set<string>();
  const layers = file.layers.map(({ sequences, ...layer }, index): LayerOperands => {
    const where = `${path}: layers[${index}]`;
    if (seen.has(layer.layer)) {
      faults.push({ where: `${where}.layer`, wanted: 'each layer once', found: `"${layer.layer}" again` });
    }
    seen.add(layer.layer);
    const pairs = OPERAND_ORDERS.map((order) => {
      const { pairs: count, offset } = sequences[order];
      if (offset !== expected) {
        const wanted = `${expected}, the end of the sequence before`;
        faults.push({ where: `${where}.sequences.${order}.offset`, wanted, found: String(offset) });
      }
      expected += 2 * count;
      const own = pairsOf(content.subarray(offset, offset + 2 * count));
      if (own.weights.length === count)
        faults.push(...contentFaults(binary, layer, order, sequences[order], own));
      return [order, own] as const;
    });
    return { ...layer, pairs: Object.fromEntries(pairs) as Record<OperandOrder, OperandPairs> };
  });
  if (content.length !== expected) {
    faults.unshift({ where: binary, wanted: `${expected} bytes`, found: `${content.length} bytes` });
  } else if (faults.length === 0 && sha256(content) !== file.sha256) {
    faults.push({ where: `${path}: sha256`, wanted: sha256(content), found: file.sha256 });
  }
  if (faults.length > 0) throw badInput(faults.slice(0, 20), hint);
  const { network, dataset, images, seed, array } = file;
  return { file, record: { network, dataset, images, seed, array, layers } };
}

/** Raise when a change of the sampling changes the pairs. */
const RECORDING_VERSION = 1;

const checkShape = compileSchema(OPERAND_FILE_SCHEMA);

/** Faults of one sequence: codes out of range, else another digest or share of zeros than the file says. */
function contentFaults(
  where: string,
  { layer, activationRange, weightRange }: Omit<LayerOperands, 'pairs'>,
  order: OperandOrder,
  stored: StoredSequence,
  pairs: OperandPairs,
): readonly Fault[] {
  const place = `${where}: ${layer}, ${order}`;
  const outOfRange = (what: string, codes: Int8Array, { low, high }: CodeRange): readonly Fault[] => {
    const index = codes.findIndex((code) => code < low || code > high);
    if (index < 0) return [];
    return [{ where: `${place}, ${what} ${index}`, wanted: `${low} … ${high}`, found: String(codes[index]) }];
  };
  const faults = [
    ...outOfRange('activation', pairs.activations, activationRange),
    ...outOfRange('weight', pairs.weights, weightRange),
  ];
  if (faults.length > 0) return faults;
  const digest = sha256(bytesOf(pairs));
  if (digest !== stored.sha256)
    return [{ where: place, wanted: `bytes with SHA-256 ${stored.sha256}`, found: digest }];
  const share = zeroShare(pairs);
  if (share === stored.zeroActivations) return [];
  return [
    { where: `${place}, zeroActivations`, wanted: String(share), found: String(stored.zeroActivations) },
  ];
}

/** operands.bin for operands.json. */
function binaryPath(path: string): string {
  return join(dirname(path), 'operands.bin');
}

function bytesOf({ activations, weights }: OperandPairs): Uint8Array {
  const bytes = new Int8Array(2 * activations.length);
  bytes.set(activations, 0);
  bytes.set(weights, activations.length);
  return new Uint8Array(bytes.buffer);
}

function pairsOf(bytes: Uint8Array): OperandPairs {
  const codes = Int8Array.from(bytes);
  const count = codes.length >> 1;
  return { activations: codes.slice(0, count), weights: codes.slice(count, 2 * count) };
}

function zeroShare({ activations }: OperandPairs): number {
  return activations.reduce((zeros, code) => zeros + Number(code === 0), 0) / activations.length;
}
