import { expect, test } from 'vitest';
import { describeImageEnergy } from '../../src/cli/describe-image-energy.ts';
import type { Evaluation } from '../../src/explore/evaluation.ts';
import { sampleInput } from '../report/sample.ts';

const { evaluation } = sampleInput();
const design = 'mul_roup_s8_p2_r4';
const row = evaluation.rows.find((own) => own.design === design)!;
const priced: Evaluation = {
  ...evaluation,
  energy: {
    clockNs: 1,
    role: 'weight-on-b',
    streams: ['uniform', 'layer-stream'],
    baselines: {
      uniform: { design: 'mul_booth_s8', energyPj: 0.5, energyPerImageNj: 6000 },
      'layer-stream': { design: 'mul_booth_s8', role: 'weight-on-b', energyPj: 0.1, energyPerImageNj: 1200 },
    },
  },
  rows: [
    { ...row, energyPerImageNjByStream: { uniform: 1500, 'layer-stream': 1800 } },
    {
      ...row,
      design: 'mul_x',
      energyPerImageNjByStream: { uniform: 6000 },
      energyMissing: { 'layer-stream': 'no row of mul_x in layer conv1' },
    },
  ],
};

test('one line per network with its gain on each stream, and why a figure is missing', () => {
  const lines = describeImageEnergy(priced);
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    [
      'Multiplications of one image, nJ, zero delay, at 1 ns, weights on port b; gain against the best exact multiplier',
    ],
    ['uniform', 'layer-stream'],
    ['best exact', '6000', '1200'],
    [design, '1500', '+75.0 %', '1800', '-50.0 %'],
    ['mul_x', '6000', '+0.0 %', '-'],
    ['no row of mul_x in layer conv1'],
  ]);
});

test('nothing without an energy table', () => {
  expect(describeImageEnergy(evaluation)).toEqual([]);
});
