import { uniformAssignment } from '../../src/dnn/assignment.ts';
import type { QuantisedConv, QuantisedNetwork, WeightedLayer } from '../../src/dnn/quantised-network.ts';
import {
  ACCELERATOR_ENERGY_FORMAT_VERSION,
  type AcceleratorEnergy,
  type AcceleratorRow,
} from '../../src/explore/accelerator-energy.ts';
import { accountEnergy, gainsOf } from '../../src/explore/account-energy.ts';
import { DEFAULT_STORAGE } from '../../src/explore/storage-parameters.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';

export const BOOTH: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };
export const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const HEX = 'a'.repeat(64);
const common = { multipliers: [2, 2, 2], shifts: [1, 1, 1], weightScales: [1, 1, 1], outputScale: 1 };
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
/** A convolution of 36 multiplications and a dense layer of 18. */
export const TINY: QuantisedNetwork = {
  name: 'tiny',
  input: { height: 1, width: 3, channels: 2, scale: 1, zeroPoint: 128 },
  layers: [conv, dense],
};

/** Energies of a tiny network with an exact multiplier and one ROUP of half its energy. */
export function sampleEnergy(): AcceleratorEnergy {
  const array = { rows: 2, columns: 2, accumulatorDepth: 2 };
  const account = (spec: MultiplierSpec, multiplyPj: number): Omit<AcceleratorRow, 'gains'> => ({
    name: designName(spec),
    role: 'weight-on-b',
    delayNs: 1.2,
    meetsClock: false,
    multiplierAreaUm2: 300,
    shellAreaUm2: 430,
    ...accountEnergy({
      network: TINY,
      assignment: uniformAssignment(TINY, spec),
      elementOf: () => ({
        multiplyPj,
        accumulatePj: 0.3,
        operandRegistersPj: 0.1,
        clockPj: 0.4,
        idlePj: 0.41,
      }),
      array,
      accumulatorBits: 24,
      storage: DEFAULT_STORAGE,
    }),
  });
  const [exact, roup] = [account(BOOTH, 0.5), account(ROUP, 0.25)];
  return {
    kind: 'accelerator-energy',
    formatVersion: ACCELERATOR_ENERGY_FORMAT_VERSION,
    maxdnnVersion: '0',
    inputs: {},
    tools: {},
    network: { name: 'tiny', sha256: HEX, multiplicationsPerImage: 54 },
    library: { name: 'lib', sha256: HEX, origin: 'embedded', voltageV: 1.1, temperatureC: 25, notes: [] },
    clockNs: 1,
    stream: 'layer-stream',
    array,
    accumulatorBits: 24,
    storage: DEFAULT_STORAGE,
    baseline: { ...exact, gains: gainsOf(exact.total, exact.total) },
    rows: [exact, roup].map((row) => ({ ...row, gains: gainsOf(row.total, exact.total) })),
  };
}
