import { describe, expect, test } from 'vitest';
import { compareStreams } from '../../src/explore/stream-comparison.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { layerRows, row, tableOf } from './stream-table.ts';

const exact = (family: 'booth' | 'baugh-wooley', aBits = 8, bBits = 8, aSigned = true): MultiplierSpec => ({
  family,
  aBits,
  bBits,
  aSigned,
  bSigned: true,
});
const BOOTH = exact('booth');
const BW = exact('baugh-wooley');
const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const LAYERS = new Map([
  ['one', 100],
  ['two', 300],
]);

/** One layer-iid and one layer-stream row per layer and role. */
const both = (spec: MultiplierSpec, iid: readonly number[], stream: readonly number[]) => [
  ...layerRows(spec, 'layer-iid', 'weight-on-b', { one: iid[0]!, two: iid[1]! }),
  ...layerRows(spec, 'layer-iid', 'activation-on-b', { one: iid[2]!, two: iid[3]! }),
  ...layerRows(spec, 'layer-stream', 'weight-on-b', { one: stream[0]!, two: stream[1]! }),
  ...layerRows(spec, 'layer-stream', 'activation-on-b', { one: stream[2]!, two: stream[3]! }),
];
const rows = [
  row(BOOTH, 0.5),
  row(BW, 0.48),
  row(ROUP, 0.16),
  ...both(BOOTH, [0.4, 0.48, 0.24, 0.32], [0.1, 0.14, 0.2, 0.16]),
  ...both(BW, [0.2, 0.24, 0.2, 0.28], [0.16, 0.16, 0.16, 0.2]),
  ...both(ROUP, [0.1, 0.14, 0.08, 0.08], [0.04, 0.04, 0.06, 0.1]),
];

/** A number to 12 digits: the figures are sums of decimal fractions. */
const near = (value: number) => expect.closeTo(value, 12);

describe('a network by stream', () => {
  const result = compareStreams(tableOf(rows), LAYERS);
  const roup = result.designs.find(({ design }) => design === 'mul_roup_s8_p2_r4')!;

  test('layers count by their multiplications; the best exact one has its own role', () => {
    expect(result).toMatchObject({
      clockNs: 1,
      energy: 'zero-delay',
      multiplicationsPerImage: 400,
      streams: ['uniform', 'layer-iid', 'layer-stream'],
      baselines: {
        uniform: { design: 'mul_baugh_wooley_s8', energyPj: 0.48 },
        'layer-iid': { design: 'mul_baugh_wooley_s8', role: 'weight-on-b', energyPj: near(0.23) },
        'layer-stream': { design: 'mul_booth_s8', role: 'weight-on-b', energyPj: near(0.13) },
      },
    });
    expect(result.baselines.uniform).not.toHaveProperty('role');
    expect(result.designs.map(({ design, isExact }) => [design, isExact])).toEqual([
      ['mul_booth_s8', true],
      ['mul_baugh_wooley_s8', true],
      ['mul_roup_s8_p2_r4', false],
    ]);
  });

  test('energy, cheaper role and gain per stream', () => {
    expect(roup.streams).toEqual({
      uniform: {
        energyPj: { 'weight-on-b': 0.16, 'activation-on-b': 0.16 },
        gain: { 'weight-on-b': near(1 - 0.16 / 0.48), 'activation-on-b': near(1 - 0.16 / 0.48) },
        missingLayers: {},
      },
      'layer-iid': {
        energyPj: { 'weight-on-b': near(0.13), 'activation-on-b': near(0.08) },
        cheaperRole: 'activation-on-b',
        roleRatio: near(0.13 / 0.08),
        gain: { 'weight-on-b': near(1 - 0.13 / 0.23), 'activation-on-b': near(1 - 0.08 / 0.23) },
        missingLayers: {},
      },
      'layer-stream': {
        energyPj: { 'weight-on-b': near(0.04), 'activation-on-b': near(0.09) },
        cheaperRole: 'weight-on-b',
        roleRatio: near(2.25),
        gain: { 'weight-on-b': near(1 - 0.04 / 0.13), 'activation-on-b': near(1 - 0.09 / 0.13) },
        missingLayers: {},
      },
    });
  });

  test('how far streams are apart, each with the cheaper role', () => {
    expect(roup.ratios).toEqual({
      'uniform/layer-iid': near(2),
      'uniform/layer-stream': near(4),
      'layer-iid/layer-stream': near(2),
    });
    expect(roup.gainPoints['uniform/layer-stream']).toBeCloseTo(100 * (0.04 / 0.13 - 0.16 / 0.48), 9);
    expect(roup.gainPoints['layer-iid/layer-stream']).toBeCloseTo(100 * (0.04 / 0.13 - 0.08 / 0.23), 9);
  });
});

test('a layer without a row: the role is absent and the layer is named', () => {
  const unsigned = exact('booth', 8, 8, false);
  const partial = [
    ...rows,
    row(unsigned, 0.3),
    ...layerRows(unsigned, 'layer-stream', 'weight-on-b', { two: 0.01 }),
  ];
  const { designs, baselines } = compareStreams(tableOf(partial), LAYERS);
  const own = designs.at(-1)!;
  expect(own.streams['layer-stream']).toEqual({
    energyPj: {},
    gain: {},
    missingLayers: { 'weight-on-b': ['one'], 'activation-on-b': ['one', 'two'] },
  });
  expect(own.ratios).toEqual({});
  expect(baselines['layer-stream']!.design).toBe('mul_booth_s8');
});

test('baselines: not a narrower multiplier on uniform operands, nor one that misses the clock', () => {
  const small = row(exact('booth', 4, 4), 0.05);
  const late = row(exact('booth'), 0.1, {}, { meetsClock: false, delayNs: 2 });
  expect(compareStreams(tableOf([row(BW, 0.48), small, late]), LAYERS).baselines).toEqual({
    uniform: { design: 'mul_baugh_wooley_s8', energyPj: 0.48 },
  });
  expect(compareStreams(tableOf([small, late]), LAYERS).baselines.uniform!.design).toBe('mul_booth_s8');
  expect(compareStreams(tableOf([small]), LAYERS).baselines).toEqual({});
});

test('only the rows of the asked clock target count, and none of a user file', () => {
  const other = row(BW, 0.9, {}, { clockNs: 2 });
  const file = row(BOOTH, 0.01, { kind: 'file' });
  const table = tableOf([row(BW, 0.48), other, file]);
  expect(compareStreams(table, LAYERS).baselines.uniform!.energyPj).toBe(0.48);
  expect(compareStreams(table, LAYERS, { clockNs: 2 }).baselines.uniform!.energyPj).toBe(0.9);
  expect(compareStreams(table, LAYERS).streams).toEqual(['uniform']);
});

test('with glitches: their energy is added, rows without them do not count', () => {
  const table = tableOf([
    row(BW, 0.48, {}, { glitchPj: 0.4 }),
    row(BOOTH, 0.5, {}, { glitchPj: 0.2 }),
    ...layerRows(BOOTH, 'layer-iid', 'weight-on-b', { one: 0.4, two: 0.4 }),
    row(exact('booth', 9, 9), 0.1),
  ]);
  const result = compareStreams(table, LAYERS, { energy: 'with-glitches' });
  expect(result).toMatchObject({ energy: 'with-glitches', streams: ['uniform'] });
  expect(result.baselines.uniform).toEqual({ design: 'mul_booth_s8', energyPj: 0.7 });
  expect(result.designs.map(({ design }) => design)).toEqual(['mul_baugh_wooley_s8', 'mul_booth_s8']);
});
