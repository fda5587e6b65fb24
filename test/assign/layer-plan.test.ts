import { describe, expect, test } from 'vitest';
import { parseAssignmentName } from '../../src/assign/assignment-name.ts';
import { planNetwork, planOfName } from '../../src/assign/layer-plan.ts';
import type { QuantisedNetwork, WeightedLayer } from '../../src/dnn/quantised-network.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { designName } from '../../src/multiplier/spec.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomConv, randomDense } from './random-layers.ts';

/** The layers of ALWANN's ResNet-8 but for their sizes: RGB first, a dense layer of 11 outputs last. */
const layers: readonly WeightedLayer[] = [
  { ...randomConv(16, [3, 3], 3), name: 'conv0' },
  { ...randomConv(32, [3, 3], 16), name: 'conv1' },
  { ...randomConv(32, [1, 1], 32), name: 'conv2' },
  { ...randomDense(11, 32), name: 'dense' },
];
const network: QuantisedNetwork = {
  name: 'net',
  input: { height: 3, width: 3, channels: 3, scale: 1, zeroPoint: 128 },
  layers,
};
const names = ['mul_booth_s8', 'mul_roup_s8_p1_r2', 'mul_roup_s8_p2_r4'];
const palette = names.map((name) => parseDesignName(name)!);
const planOf = (text: string, except: readonly string[] = []) =>
  planOfName(network, parseAssignmentName(text, 'NAME'), palette, 'NAME', except);
/** Digits of each layer, as many as it has classes. */
const digitsOf = (text: string, except: readonly string[] = []) =>
  [...planOf(text, except)].map(([layer, { specs }]) => [
    layer,
    specs.map((spec) => (spec === null ? 'x' : names.indexOf(designName(spec)))).join(''),
  ]);

describe('plan of a name', () => {
  test('one group for all layers, or one for each', () => {
    const all = (digits: string) => layers.map(({ name }) => [name, digits]);
    expect(digitsOf('FLAM-3clas_2_1_1')).toEqual(all('211'));
    expect(digitsOf('KLMS-1sigma_2')).toEqual(all('2'));
    expect(digitsOf('FLAM-2clas_2_1.1_0.x_2.0_0')).toEqual([
      ['conv0', '21'],
      ['conv1', '10'],
      ['conv2', 'x2'],
      ['dense', '00'],
    ]);
    expect(digitsOf('KLAM-row_2_1_0.0_1_2.2.1')).toEqual([
      ['conv0', '210'],
      ['conv1', '012'],
      ['conv2', '2'],
      ['dense', '1'],
    ]);
  });

  test('LLAM: a digit per layer, or per convolution with dense layers exact', () => {
    const four = ['conv0', 'conv1', 'conv2', 'dense'];
    expect(digitsOf('LLAM_2_1_1_0')).toEqual(four.map((name, i) => [name, '2110'[i]]));
    expect(digitsOf('LLAM_2_1_1')).toEqual(four.map((name, i) => [name, '2110'[i]]));
    expect(digitsOf('LLAM_2')).toEqual(four.map((name) => [name, '2']));
  });

  test('layers that are left out need not suit the level', () => {
    expect(badInputText(() => planOf('FLAM-2clas-contiguous_2_1'))).toContain(
      'NAME: layer dense: wanted a class count that divides 11 filters: flam-1-contiguous or flam-11-contiguous; or flam-2-contiguous-uneven, found flam-2-contiguous',
    );
    expect(digitsOf('FLAM-2clas-contiguous_2_1', ['dense'])).toHaveLength(3);
    expect(digitsOf('LLAM_2_1_1_0', ['conv1'])).toEqual([
      ['conv0', '2'],
      ['conv2', '1'],
      ['dense', '0'],
    ]);
  });

  test('every layer has its multipliers: KLAM by rows takes class 0 where there is one row', () => {
    const made = planNetwork(network, planOf('KLAM-row_2_1_0'));
    expect([...made.keys()]).toEqual(['conv0', 'conv1', 'conv2', 'dense']);
    expect([made.get('conv2'), made.get('dense')]).toEqual([palette[2], palette[2]]);
    expect(made.get('conv0')).toMatchObject({ specs: [palette[2], palette[1], palette[0]] });
  });

  test('refused: digits beyond the palette, other numbers of layers, levels that do not suit', () => {
    expect(badInputText(() => planOf('FLAM-3clas_2_5_1'))).toBe(
      'NAME: wanted 0 … 2 (the palette has 3 multipliers) or x, nearest 2, found 5\nName more multipliers in the palette, or use smaller digits.',
    );
    expect(badInputText(() => planOf('LLAM_2_1'))).toBe(
      'NAME: wanted one digit group for all layers or 4, one for each of conv0, conv1, conv2, dense, found 2\nThe nearest is LLAM_2_1_1_1.',
    );
    expect(badInputText(() => planOf('KLAM-chan_1_0_1_2'))).toContain(
      'NAME: layer conv0: wanted at most 3 classes of 3 channels: klam-channel-3-modulo, found klam-channel-4-modulo',
    );
    expect(badInputText(() => planOf('KLAM-row-each_1_0'))).toContain(
      'NAME: layer conv0: wanted 3 digits, one per class, found 2\nNAME: layer conv1: wanted 3 digits, one per class, found 2\nNAME: layer conv2: wanted 1 digit,',
    );
  });
});
