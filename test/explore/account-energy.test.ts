import { describe, expect, test } from 'vitest';
import { type LayerMultiplier, type MixedAssignment, uniformAssignment } from '../../src/dnn/assignment.ts';
import { mixWeights } from '../../src/dnn/mixture.ts';
import {
  isWeighted,
  type QuantisedConv,
  type QuantisedNetwork,
  type WeightedLayer,
} from '../../src/dnn/quantised-network.ts';
import { accountEnergy, type ElementEnergy, gainsOf } from '../../src/explore/account-energy.ts';
import { storageEnergy } from '../../src/explore/storage-energy.ts';
import { publishedSram, type StorageParameters } from '../../src/explore/storage-parameters.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';

const common = { multipliers: [1, 1, 1], shifts: [1, 1, 1], weightScales: [1, 1, 1], outputScale: 1 };
/** As in access-counts.test.ts: 36 multiplications, 48 element cycles in a 1 × 2 array with 2 sums per column. */
const conv: QuantisedConv = {
  name: 'conv',
  op: 'conv2d',
  inputs: ['input'],
  kernel: [1, 2],
  stride: [1, 1],
  pads: [0, 1, 0, 0],
  weights: Int8Array.from({ length: 12 }, (_, i) => i + 1),
  bias: new Int32Array(3),
  ...common,
  low: -128,
  high: 127,
};
/** 9 inputs, 2 outputs: 18 multiplications in 9 cycles. */
const dense: WeightedLayer = {
  name: 'logits',
  op: 'dense',
  inputs: ['conv'],
  weights: new Int8Array(18).fill(1),
  bias: new Int32Array(2),
  ...common,
  low: -(2 ** 31),
  high: 2 ** 31 - 1,
};
const network: QuantisedNetwork = {
  name: 'tiny',
  input: { height: 1, width: 3, channels: 2, scale: 1, zeroPoint: 128 },
  layers: [conv, dense],
};
const array = { rows: 1, columns: 2, accumulatorDepth: 2 };

const memory = (wordBits: number, readPj: number, writePj: number) => ({
  wordBits,
  readPj,
  writePj,
  nodeNm: 45,
  voltageV: 1,
  source: 'test',
});
/** Energies that tell in the sum where they come from. */
const storage: StorageParameters = {
  activationSram: { ...memory(8, 1, 10), capacityBytes: 100 },
  weightSram: { ...memory(8, 100, 1000), capacityBytes: 100 },
  accumulatorSram: { ...memory(20, 1e4, 1e5), capacityBytes: 100 },
  dram: memory(8, 1e6, 1e7),
  weightsResident: false,
  imagesPerWeightFetch: 1,
};

describe('storage, by hand', () => {
  const layers = storageEnergy(network, array, 20, storage);

  test('a convolution that reads the image', () => {
    // 20 reads, 9 writes and the image of 6 bytes filled in; 24 weights read of 12 filled in; 27 sums each way;
    // DRAM: 12 weights and the image.
    expect(layers[0]!.energy).toEqual({
      activationSramNj: (20 + 10 * (9 + 6)) * 1e-3,
      weightSramNj: expect.closeTo(24 * 100e-3 + 12, 9),
      accumulatorSramNj: expect.closeTo(27 * 110, 9),
      dramNj: expect.closeTo(18e3, 9),
    });
  });

  test('a dense layer at the end', () => {
    // 9 channels in 9 K tiles of one row; 2 filters in one tile; 8 sums of 2 filters each way; logits of 4 bytes.
    expect(layers[1]!.accesses).toMatchObject({ cycles: 9, activationReads: 9, weightReads: 18 });
    expect(layers[1]!.energy.accumulatorSramNj).toBeCloseTo(16 * 110, 9);
    expect(layers[1]!.dram).toEqual({
      readBytes: 18,
      writeBytes: 8,
      weightFillBytes: 18,
      activationFillBytes: 0,
    });
  });

  test('resident weights, a batch, and maps that do not fit', () => {
    const traffic = (own: Partial<StorageParameters>) =>
      storageEnergy(network, array, 20, { ...storage, ...own }).map(({ dram }) => dram.readBytes);
    expect(traffic({ weightsResident: true })).toEqual([6, 0]);
    expect(traffic({ imagesPerWeightFetch: 4 })).toEqual([3 + 6, 4.5]);
    // Of the convolution the maps have 6 + 9 bytes, of the dense layer 9 + 2: the map between is in DRAM.
    const small = { ...storage.activationSram, capacityBytes: 14 };
    const spilled = storageEnergy(network, array, 20, { ...storage, activationSram: small });
    expect(spilled.map(({ dram }) => [dram.activationFillBytes, dram.writeBytes])).toEqual([
      [6, 9],
      [9, 8],
    ]);
    // Weights that do not fit are fetched for each of the 2 tiles of positions.
    expect(traffic({ weightSram: { ...storage.weightSram, capacityBytes: 11 } })[0]).toBe(24 + 6);
  });

  test('memories that are too small are told together', () => {
    const tooSmall = {
      ...storage,
      weightsResident: true,
      weightSram: publishedSram(29, 8),
      accumulatorSram: publishedSram(9, 8),
    };
    expect(() => storageEnergy(network, array, 20, tooSmall)).toThrow(
      'wanted at least 30, all weights, as weightsResident says, found 29\n' +
        'storage: accumulatorSram.capacityBytes: wanted at least 10: 2 columns of 2 sums of 20 bits, found 9',
    );
  });
});

describe('elements', () => {
  const A: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };
  const B: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
  const energies = new Map<MultiplierSpec, ElementEnergy>([
    [A, { multiplyPj: 1, accumulatePj: 10, operandRegistersPj: 100, clockPj: 1000, idlePj: 7 }],
    [B, { multiplyPj: 2, accumulatePj: 20, operandRegistersPj: 200, clockPj: 2000, idlePj: 9 }],
  ]);
  const account = (assignment: MixedAssignment) =>
    accountEnergy({
      network,
      assignment,
      elementOf: (_, spec) => energies.get(spec)!,
      array,
      accumulatorBits: 20,
      storage,
    });

  test('one multiplier: multiplications and idle cycles', () => {
    const { layers, total } = account(uniformAssignment(network, A));
    expect(layers.map(({ multiplications }) => multiplications)).toEqual([36, 18]);
    expect(layers[0]!.energy).toMatchObject({
      multiplyNj: expect.closeTo(36e-3, 12),
      accumulateNj: expect.closeTo(0.36, 12),
      operandRegistersNj: expect.closeTo(3.6, 12),
      clockNj: expect.closeTo(36, 12),
      // 48 cycles of elements, 36 of them with a multiplication.
      idleNj: expect.closeTo(12 * 7e-3, 12),
    });
    expect(layers[1]!.energy.idleNj).toBe(0);
    expect(total.multiplyNj).toBeCloseTo(54e-3, 12);
  });

  test('the sums are those of the parts and of the layers', () => {
    const { layers, total } = account(uniformAssignment(network, B));
    const parts = [total, ...layers.map(({ energy }) => energy)];
    for (const e of parts) {
      const mac = e.multiplyNj + e.accumulateNj + e.operandRegistersNj + e.clockNj + e.idleNj;
      expect(e.macNj).toBeCloseTo(mac, 9);
      const stored = e.activationSramNj + e.weightSramNj + e.accumulatorSramNj + e.dramNj;
      expect(e.storageNj).toBeCloseTo(stored, 9);
      expect(e.totalNj).toBeCloseTo(mac + stored, 9);
    }
    expect(parts).toHaveLength(3);
    expect(total.totalNj).toBeCloseTo(layers[0]!.energy.totalNj + layers[1]!.energy.totalNj, 9);
  });

  test('a mixture: each weight its multiplier, skipped ones idle', () => {
    // Of 12 weights 3 with A, 6 with B, 3 skipped; 3 output positions.
    const mixed = mixWeights(conv, [A, B], (_, code) => (code <= 3 ? 0 : code <= 9 ? 1 : 255));
    const assignment = new Map<string, LayerMultiplier>(uniformAssignment(network, A)).set('conv', mixed);
    const { layers } = account(assignment);
    const [own] = layers;
    expect(own!.multiplications).toBe(27);
    expect(own!.designs).toEqual([
      { design: 'mul_booth_s8', weights: 3 },
      { design: 'mul_roup_s8_p2_r4', weights: 6 },
    ]);
    expect(own!.energy.multiplyNj).toBeCloseTo((9 * 1 + 18 * 2) * 1e-3, 12);
    expect(own!.energy.idleNj).toBeCloseTo((48 - 27) * ((7 * 3 + 9 * 6) / 9) * 1e-3, 12);
  });

  test('gains of multiplier, array and total differ', () => {
    const [one, other] = [account(uniformAssignment(network, A)), account(uniformAssignment(network, B))];
    const gains = gainsOf(one.total, other.total);
    expect(gains.multiplyPercent).toBeCloseTo(50, 9);
    expect(gains.macPercent).toBeCloseTo(100 * (1 - one.total.macNj / other.total.macNj), 9);
    expect(gains.totalPercent).toBeLessThan(gains.macPercent);
    expect(network.layers.filter(isWeighted)).toHaveLength(2);
  });
});
