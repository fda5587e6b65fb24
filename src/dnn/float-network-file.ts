import { type ArtifactHeader, artifactHeader, readArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { readInputFile, sha256, writeFileAtomic } from '../base/files.ts';
import { compileSchema } from '../base/schema-check.ts';
import { FLOAT_NETWORK_SCHEMA } from './float-network-schema.ts';
import { floatShapes } from './float-shapes.ts';
import type { FloatLayer, FloatNetwork, InputDescription, Tensor } from './network.ts';

export const FLOAT_NETWORK_FORMAT_VERSION = 1;

/** Content of NAME.json; the numbers are in NAME.bin beside it (docs/network-format.md). */
interface FloatNetworkFile extends ArtifactHeader<'float-network'> {
  readonly name: string;
  readonly provenance?: string;
  readonly input: InputDescription;
  readonly layers: readonly FloatLayer[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly offset: number;
  }[];
  readonly bin: { readonly bytes: number; readonly sha256: string };
}

/**
 * Reads a float network from NAME.json and NAME.bin and checks all of it.
 * @param path NAME.json
 * @throws bad-input, with every fault found
 */
export function readFloatNetwork(path: string): FloatNetwork {
  const binPath = binPathOf(path);
  const file = readArtifact<FloatNetworkFile>(path, 'float-network', FLOAT_NETWORK_FORMAT_VERSION);
  const faults = checkFile(file, path);
  if (faults.length > 0) throw badInput(faults, 'See docs/network-format.md, or export the network again.');
  const bin = readInputFile(binPath, 'the numbers of a float network');
  if (bin.length !== file.bin.bytes || sha256(bin) !== file.bin.sha256) {
    throw badInput(
      {
        where: binPath,
        wanted: `${file.bin.bytes} bytes with SHA-256 ${file.bin.sha256}`,
        found: `${bin.length} bytes with SHA-256 ${sha256(bin)}`,
      },
      `It does not belong to ${path}, or it is damaged: export the network again.`,
    );
  }
  const tensors = readTensors(file, bin, path);
  const network: FloatNetwork = { name: file.name, input: file.input, layers: file.layers, tensors };
  checkNumbers(network, path);
  floatShapes(network);
  return network;
}

/**
 * Writes NAME.bin and NAME.json.
 * @param path NAME.json
 */
export function writeFloatNetwork(
  path: string,
  network: FloatNetwork,
  inputs: Readonly<Record<string, string>> = {},
  provenance?: string,
): void {
  floatShapes(network);
  let offset = 0;
  const tensors = [...network.tensors].map(([name, { shape, data }]) => {
    const entry = { name, shape, offset };
    offset += 4 * data.length;
    return entry;
  });
  const bin = Buffer.alloc(offset);
  let position = 0;
  for (const { data } of network.tensors.values()) {
    for (const value of data) position = bin.writeFloatLE(value, position);
  }
  writeFileAtomic(binPathOf(path), bin);
  const file: FloatNetworkFile = {
    ...artifactHeader('float-network', FLOAT_NETWORK_FORMAT_VERSION, inputs),
    ...(provenance === undefined ? {} : { provenance }),
    name: network.name,
    input: network.input,
    layers: network.layers,
    tensors,
    bin: { bytes: bin.length, sha256: sha256(bin) },
  };
  writeArtifact(path, file);
}

const checkSchema = compileSchema(FLOAT_NETWORK_SCHEMA);

function binPathOf(path: string): string {
  if (path.endsWith('.json')) return `${path.slice(0, -'.json'.length)}.bin`;
  throw badInput(
    { where: path, wanted: 'NAME.json, with NAME.bin beside it', found: 'another ending' },
    'Check the path.',
  );
}

function checkFile(file: FloatNetworkFile, path: string): readonly Fault[] {
  const faults = [...checkSchema(file, path)];
  if (faults.length > 0) return faults;
  const seen = new Set<string>();
  let end = 0;
  for (const tensor of [...file.tensors].sort((a, b) => a.offset - b.offset)) {
    const where = `${path}, tensor ${tensor.name}`;
    if (seen.has(tensor.name))
      faults.push({ where, wanted: 'a name of its own', found: 'a second one of that name' });
    if (tensor.offset !== end) faults.push({ where, wanted: `offset ${end}`, found: String(tensor.offset) });
    seen.add(tensor.name);
    end = tensor.offset + 4 * sizeOf(tensor.shape);
  }
  if (end !== file.bin.bytes) {
    faults.push({
      where: `${path}/bin/bytes`,
      wanted: `${end}, the end of the last tensor`,
      found: String(file.bin.bytes),
    });
  }
  return faults;
}

function readTensors(file: FloatNetworkFile, bin: Buffer, path: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const faults: Fault[] = [];
  for (const { name, shape, offset } of file.tensors) {
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => bin.readFloatLE(offset + 4 * i));
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      faults.push({
        where: `${path}, tensor ${name}[${bad}]`,
        wanted: 'a finite number',
        found: String(data[bad]),
      });
    }
    tensors.set(name, { shape, data });
  }
  if (faults.length > 0) throw badInput(faults.slice(0, 20), 'The training diverged or the export is wrong.');
  return tensors;
}

function checkNumbers(network: FloatNetwork, path: string): void {
  for (const layer of network.layers) {
    if (layer.op !== 'batchNorm' || layer.variance === undefined) continue;
    const variance = network.tensors.get(layer.variance)?.data;
    const bad = variance?.findIndex((value) => value < 0) ?? -1;
    if (bad < 0) continue;
    throw badInput(
      {
        where: `${path}, tensor ${layer.variance}[${bad}]`,
        wanted: 'a variance ≥ 0',
        found: show(variance![bad]),
      },
      'Are mean and variance mixed up?',
    );
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
