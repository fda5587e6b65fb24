import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { uniformAssignment } from '../../src/dnn/assignment.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { multiplicationsByLayer, quantisedNetworkDigest } from '../../src/dnn/quantised-network.ts';
import { evaluateNetwork } from '../../src/explore/evaluate.ts';
import { energiesOf } from '../../src/explore/multiplier-energies.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { layerRows, row, tableOf } from './stream-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-energies-'));
afterAll(() => rmSync(folder, { recursive: true }));

const floatNetwork = randomNetwork(38);
const images = randomImages(floatNetwork, 12, 12);
const network = quantiseNetwork(floatNetwork, images);
const counts = multiplicationsByLayer(network);
const layers = [...counts.keys()];
const BOOTH: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };
const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };

/** Another energy for each layer. */
const byLayer = (first: number) => Object.fromEntries(layers.map((layer, i) => [layer, first + i / 100]));
const sumNj = (first: number) =>
  layers.reduce((sum, layer, i) => sum + counts.get(layer)! * (first + i / 100), 0) / 1000;
const rows = [
  row(BOOTH, 0.5),
  row(ROUP, 0.16),
  ...layerRows(BOOTH, 'layer-stream', 'weight-on-b', byLayer(0.2)),
  ...layerRows(BOOTH, 'layer-stream', 'activation-on-b', byLayer(0.1)),
  ...layerRows(ROUP, 'layer-stream', 'weight-on-b', byLayer(0.03)),
  ...layerRows(BOOTH, 'layer-iid', 'activation-on-b', byLayer(0.4)),
];
const digest = quantisedNetworkDigest(network);

const evaluate = (
  table: ReturnType<typeof tableOf>,
  roundedOperand: 'activations' | 'weights' = 'activations',
) =>
  evaluateNetwork({
    network,
    dataset: images,
    designs: [BOOTH, ROUP].map((spec) => ({ design: designName(spec), spec })),
    assignments: [
      { name: 'mixed', layers: new Map([...uniformAssignment(network, ROUP), [layers[0]!, BOOTH]]) },
    ],
    roundedOperand,
    outPath: join(folder, 'evaluation.json'),
    energies: energiesOf(table, network, roundedOperand),
    workers: 0,
  });

test('energy of an image by stream, with the operand of the evaluation on port b', async () => {
  expect(layers.length).toBeGreaterThan(2);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const { rows: own, assignments, energy } = await evaluate(tableOf(rows, digest));
  const close = (value: number) => expect.closeTo(value, 9);
  expect(own[0]!.energyPerImageNjByStream).toEqual({
    uniform: close(total * 0.5e-3),
    'layer-stream': close(sumNj(0.2)),
  });
  expect(own[0]!.energyPerImageNj).toBeCloseTo(total * 0.5e-3, 9);
  expect(own[1]!.energyPerImageNjByStream).toEqual({
    uniform: close(total * 0.16e-3),
    'layer-stream': close(sumNj(0.03)),
  });
  const first = counts.get(layers[0]!)!;
  expect(assignments[0]!.energyPerImageNjByStream!['layer-stream']).toBeCloseTo(
    sumNj(0.03) + (first * (0.2 - 0.03)) / 1000,
    9,
  );
  expect(own[0]!.energyMissing).toEqual({
    'layer-iid': `the energy table has no row layer-iid of ${layers[0]} with weight-on-b for mul_booth_s8`,
  });
  expect(energy).toEqual({
    clockNs: 1,
    role: 'weight-on-b',
    streams: ['uniform', 'layer-iid', 'layer-stream'],
    baselines: {
      uniform: { design: 'mul_booth_s8', energyPj: 0.5, energyPerImageNj: close(total * 0.5e-3) },
      'layer-iid': expect.objectContaining({ role: 'activation-on-b', energyPerImageNj: close(sumNj(0.4)) }),
      'layer-stream': expect.objectContaining({
        role: 'activation-on-b',
        energyPerImageNj: close(sumNj(0.1)),
      }),
    },
  });
});

test('the other operand rounded: the other rows count', async () => {
  const { rows: own } = await evaluate(tableOf(rows, digest), 'weights');
  expect(own[0]!.energyPerImageNjByStream!['layer-stream']).toBeCloseTo(sumNj(0.1), 9);
  expect(own[0]!.energyPerImageNjByStream!['layer-iid']).toBeCloseTo(sumNj(0.4), 9);
  expect(own[1]!.energyPerImageNjByStream).not.toHaveProperty('layer-stream');
  expect(own[1]!.energyMissing!['layer-stream']).toMatch(
    /no row layer-stream of \w+ with activation-on-b for mul_roup/,
  );
});

test('operands of another network do not count, and it is said', async () => {
  const { rows: own, energy } = await evaluate(tableOf(rows, 'b'.repeat(64)));
  expect(own.map((entry) => Object.keys(entry.energyPerImageNjByStream!))).toEqual([
    ['uniform'],
    ['uniform'],
  ]);
  expect(energy).toMatchObject({
    streams: ['uniform'],
    note: 'The operands of the energy table were recorded in another network, net.',
  });
  expect(Object.keys(energy!.baselines)).toEqual(['uniform']);
});
