import { join } from 'node:path';
import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { type Dataset, imageCodes } from '../../src/dnn/data/dataset.ts';
import { argmax, createEngine } from '../../src/dnn/infer.ts';
import type { FloatNetwork, Tensor } from '../../src/dnn/network.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { registerTruthTable } from '../../src/multiplier/truth-table.ts';
import { readAlwannGraph } from '../../src/reproduce/alwann/read-graph.ts';
import { PALETTE } from '../../src/reproduce/palette.ts';
import type { ReproduceRequest } from '../../src/reproduce/reproduce-parts.ts';
import type { EnergyTable } from '../../src/synth/energy-table.ts';
import { row, tableOf } from '../explore/stream-table.ts';
import { randomImages, sketchGraph, writeGraph } from './alwann-sketch.ts';

/** Energy per multiplication on uniform operands of each digit of the palette, pJ. */
export const ENERGIES_PJ = [0.5, 0.4, 0.3, 0.1] as const;

/** A float network with the convolutions of the sketched graph; its weights are its own. */
function smallNetwork(seed: number): FloatNetwork {
  const rng = createRng(seed);
  const tensors = new Map<string, Tensor>();
  const put = (name: string, shape: readonly number[], value: () => number): string => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, data: Float32Array.from({ length: count }, value) });
    return name;
  };
  const normal = (): number => rng.nextGaussian();
  const above = (): number => 0.5 + rng.nextFloat();
  const batchNorm = (name: string, input: string, channels: number) =>
    ({
      name,
      op: 'batchNorm',
      inputs: [input],
      gamma: put(`${name}/gamma`, [channels], above),
      beta: put(`${name}/beta`, [channels], normal),
      mean: put(`${name}/mean`, [channels], normal),
      variance: put(`${name}/variance`, [channels], above),
      epsilon: 1e-5,
    }) as const;
  const conv = (name: string, input: string, from: number, to: number, stride: number) =>
    ({
      name,
      op: 'conv2d',
      inputs: [input],
      weights: put(`${name}/weights`, [3, 3, from, to], () => 0.3 * normal()),
      stride: [stride, stride],
      pads: [1, 1, 1, 1],
    }) as const;
  return {
    name: 'small',
    input: { height: 6, width: 8, channels: 3, scale: 1 / 128, zeroPoint: 128 },
    layers: [
      conv('conv0', 'input', 3, 4, 1),
      batchNorm('bn0', 'conv0', 4),
      { name: 'relu0', op: 'relu', inputs: ['bn0'] },
      conv('conv1', 'relu0', 4, 6, 2),
      batchNorm('bn1', 'conv1', 6),
      { name: 'relu1', op: 'relu', inputs: ['bn1'] },
      { name: 'mean', op: 'globalAveragePool', inputs: ['relu1'] },
      { name: 'dense0', op: 'dense', inputs: ['mean'], weights: put('dense0/weights', [6, 5], normal) },
    ],
    tensors,
  };
}

/** Energies of the palette and of two more exact designs, the best of which counts for what is exact. */
export function paletteTable(): EnergyTable {
  const exact = (family: 'booth' | 'baugh-wooley'): MultiplierSpec => ({
    family,
    aBits: 8,
    bBits: 8,
    aSigned: true,
    bSigned: true,
  });
  return tableOf([
    row(exact('booth'), 0.6),
    row(exact('baugh-wooley'), ENERGIES_PJ[0]),
    row(PALETTE[0]!.spec, 0.8),
    ...PALETTE.slice(1).map(({ spec }, digit) => row(spec, ENERGIES_PJ[digit + 1]!)),
  ]);
}

/** The images with what the exact network says as labels, so that it is right everywhere. */
function labelled(network: QuantisedNetwork, images: Dataset): Dataset {
  const engine = createEngine(network, uniformAssignment(network, EXACT_INT8));
  const labels = images.labels.map((_, image) => argmax(engine.infer(imageCodes(images, image))));
  return { ...images, labels };
}

/** Everything that a reproduction starts from, small. @param folder where the book goes */
export function smallRequest(folder: string): ReproduceRequest {
  const floatNetwork = smallNetwork(2);
  const rough = Uint16Array.from({ length: 65536 }, (_, i) => {
    const [a, b] = [i >> 8, i & 255];
    return Math.min(65535, (a & 0xf0) * (b & 0xf0) + (b % 9 === 4 ? 30 * a : 0));
  });
  const network = quantiseNetwork(floatNetwork, randomImages(16, 21));
  return {
    floatNetwork,
    network,
    graph: readAlwannGraph(writeGraph(sketchGraph(3))),
    test: labelled(network, randomImages(60, 22)),
    recalibration: randomImages(24, 23),
    bookPath: join(folder, 'scores.json'),
    workers: 0,
    table: paletteTable(),
    evoapprox: [
      { name: '7C1', table: registerTruthTable(rough, 'rough', 'unsigned'), savingPercentPublished: 12.5 },
    ],
    fills: [{ title: 'with 10 others', images: randomImages(10, 24) }],
  };
}
