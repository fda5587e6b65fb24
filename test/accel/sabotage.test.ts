import { describe, expect, test } from 'vitest';
import { COMPUTE_FIELDS } from '../../src/accel/descriptor.ts';
import { DESCRIPTOR_BYTES } from '../../src/accel/encode-descriptor.ts';
import type { AcceleratorProgram } from '../../src/accel/program.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomImages } from '../dnn/random-network.ts';
import { compareLayers, compileSmall, smallArray } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

const A: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const network = smallNetwork(1, 2);
const assignment = uniformAssignment(network, A);
const spec = smallArray({ lanes: 2, elements: 'bank', multipliers: [A, EXACT_INT8] });
const program = compileSmall(network, assignment, spec);
const codes = imageCodes(randomImages(network, 1, 3), 0);

/** Layers that differ once a byte of the image is changed. */
function damage(change: (image: Uint8Array) => void): readonly string[] {
  const image = program.image.slice();
  change(image);
  const damaged: AcceleratorProgram = { ...program, image };
  const { different, compared } = compareLayers(network, assignment, damaged, codes);
  expect(compared).toBeGreaterThan(500);
  return different;
}

const conv = program.descriptors.findIndex(({ compute }) => compute.operation === 'conv');
const add = program.descriptors.findIndex(({ compute }) => compute.operation === 'add');
const loads = program.descriptors[0]!.transfers;
const weights = loads.find(({ kind }) => kind === 'loadWeights')!.offset;
const parameters = loads.find(({ kind }) => kind === 'loadParameters')!.offset;

test('the program itself has no fault', () => {
  expect(damage(() => {})).toEqual([]);
});

describe('damage of the memory image is noticed', () => {
  // 4 columns: two header words, 8 bytes each outside, then four rows of weights.
  test.each<[string, number, number]>([
    ['a weight', weights + 2 * 8, 64],
    ['the kernel row of a pass', weights, 1],
    ['the multiplier of a column', weights + 8, 1],
    ['a bias', parameters, 255],
    ['a multiplier of the requantiser', parameters + 5, 64],
    ['a shift of the requantiser', parameters + 6, 1],
  ])('%s', (_name, offset, bits) => {
    expect(damage((image) => (image[offset]! ^= bits))[0]).toBe('grouped');
  });

  test.each<[string, number, string, number, number]>([
    ['padTop', conv, 'grouped', 0, 1],
    ['inputZero', conv, 'grouped', 0, 64],
    ['outputZero', conv, 'grouped', 0, 1],
    ['high', conv, 'grouped', 0, 64],
    ['inputRowPitch', conv, 'grouped', 0, 1],
    ['channels', conv, 'grouped', 0, 8],
    ['factorA', add, 'sum', 1, 64],
    ['secondZero', add, 'sum', 0, 1],
    ['secondBase', add, 'sum', 0, 1],
    ['outputBase', add, 'sum', 0, 1],
  ])('field %s of a descriptor', (name, descriptor, layer, byte, bits) => {
    const word = COMPUTE_FIELDS.findIndex((field) => field.name === name);
    const different = damage((image) => {
      image[descriptor * DESCRIPTOR_BYTES + 4 * word + byte]! ^= bits;
    });
    expect(different).toContain(layer);
  });

  test('a transfer of the output', () => {
    const last = program.descriptors.length - 1;
    const different = damage((image) => {
      image[last * DESCRIPTOR_BYTES + 4 * 42]! ^= 1;
    });
    expect(different).toEqual(['logits']);
  });
});

describe('a program that leaves a memory is refused', () => {
  const refused = (descriptor: number, word: number, value: number): string =>
    badInputText(() =>
      damage((image) =>
        new DataView(image.buffer).setUint32(descriptor * DESCRIPTOR_BYTES + 4 * word, value, true),
      ),
    );

  test('an unknown operation', () => {
    expect(refused(1, 0, 7)).toBe('descriptor 1: wanted a known operation, found 7\nThe program is damaged.');
  });

  test('an output behind the activation memory', () => {
    const word = COMPUTE_FIELDS.findIndex(({ name }) => name === 'outputBase');
    expect(refused(conv, word, spec.activationWords)).toContain(
      `wanted activation word 0 … ${spec.activationWords - 1}, found ${spec.activationWords}`,
    );
  });

  test('a multiplier that the array does not have', () => {
    expect(badInputText(() => damage((image) => (image[weights + 8]! = 7)))).toContain(
      'wanted multiplier 0 … 1, found 7',
    );
  });

  test('weights without an end', () => {
    const word = COMPUTE_FIELDS.findIndex(({ name }) => name === 'weightBase');
    expect(refused(conv, word, spec.weightWords - 4)).toContain('wanted weight word 0 … ');
  });
});
