import { readArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { compileSchema, SHA256_PATTERN } from '../base/schema-check.ts';
import {
  ACCELERATOR_ENERGY_FORMAT_VERSION,
  type AcceleratorEnergy,
  type AcceleratorRow,
  type EnergySplit,
  type EnergyTotals,
} from './accelerator-energy.ts';

/**
 * Reads accelerator-energy.json and checks its shape and that its sums are those of their parts.
 * @throws bad-input with every fault at once
 */
export function readAcceleratorEnergy(path: string): AcceleratorEnergy {
  const energy = readArtifact<AcceleratorEnergy>(
    path,
    'accelerator-energy',
    ACCELERATOR_ENERGY_FORMAT_VERSION,
  );
  const shapeFaults = checkShape(energy, path);
  const faults = shapeFaults.length > 0 ? shapeFaults : findFaults(energy, path);
  if (faults.length === 0) return energy;
  throw badInput(faults, 'The file is damaged or was edited: make it again with "maxdnn energy".');
}

const MAC_PARTS = ['multiplyNj', 'accumulateNj', 'operandRegistersNj', 'clockNj', 'idleNj'] as const;
const STORAGE_PARTS = ['activationSramNj', 'weightSramNj', 'accumulatorSramNj', 'dramNj'] as const;
const PARTS: readonly (keyof EnergySplit)[] = [...MAC_PARTS, ...STORAGE_PARTS];

const text = { type: 'string', minLength: 1 } as const;
const number = { type: 'number' } as const;
const count = { type: 'number', minimum: 0 } as const;
const positive = { type: 'number', exclusiveMinimum: 0 } as const;
const digest = { type: 'string', pattern: SHA256_PATTERN } as const;

const TOTALS = numbers([...PARTS, 'macNj', 'storageNj', 'totalNj']);
const MEMORY = {
  ...some({ wordBits: positive, readPj: positive, writePj: positive, nodeNm: positive, voltageV: positive }),
  additionalProperties: true,
};
const ROW = some({
  name: text,
  role: { enum: ['weight-on-b', 'activation-on-b'] },
  delayNs: positive,
  meetsClock: { type: 'boolean' },
  multiplierAreaUm2: positive,
  shellAreaUm2: positive,
  layers: {
    type: 'array',
    minItems: 1,
    items: some({
      layer: text,
      multiplications: count,
      designs: { type: 'array', items: some({ design: text, weights: count }) },
      accesses: numbers([
        'cycles',
        'elementCycles',
        'activationReads',
        'activationWrites',
        'weightReads',
        'accumulatorReads',
        'accumulatorWrites',
      ]),
      dram: numbers(['readBytes', 'writeBytes', 'weightFillBytes', 'activationFillBytes']),
      energy: TOTALS,
    }),
  },
  total: TOTALS,
  gains: some({ multiplyPercent: number, macPercent: number, totalPercent: number }),
});

const checkShape = compileSchema({
  ...some({
    kind: { const: 'accelerator-energy' },
    formatVersion: { type: 'integer' },
    maxdnnVersion: text,
    inputs: { type: 'object' },
    tools: { type: 'object' },
    network: some({ name: text, sha256: digest, multiplicationsPerImage: positive }),
    library: { type: 'object' },
    clockNs: positive,
    stream: { enum: ['uniform', 'layer-iid', 'layer-stream'] },
    array: some({ rows: positive, columns: positive, accumulatorDepth: positive }),
    accumulatorBits: positive,
    storage: some({
      activationSram: MEMORY,
      weightSram: MEMORY,
      accumulatorSram: MEMORY,
      dram: MEMORY,
      weightsResident: { type: 'boolean' },
      imagesPerWeightFetch: positive,
    }),
    baseline: ROW,
    rows: { type: 'array', items: ROW },
  }),
  additionalProperties: false,
});

function findFaults({ baseline, rows }: AcceleratorEnergy, path: string): readonly Fault[] {
  return [
    ...rowFaults(baseline, `${path}: baseline`),
    ...rows.flatMap((row, index) => rowFaults(row, `${path}: rows[${index}]`)),
  ];
}

function rowFaults({ layers, total }: AcceleratorRow, where: string): readonly Fault[] {
  const ofLayers = PARTS.flatMap((part) =>
    sumFault(
      `${where}.total.${part}`,
      layers.map(({ energy }) => energy[part]),
      total[part],
    ),
  );
  return [
    ...totalFaults(total, `${where}.total`),
    ...layers.flatMap(({ energy }, index) => totalFaults(energy, `${where}.layers[${index}].energy`)),
    ...ofLayers,
  ];
}

function totalFaults(energy: EnergyTotals, where: string): readonly Fault[] {
  const parts = (names: readonly (keyof EnergySplit)[]): readonly number[] =>
    names.map((name) => energy[name]);
  return [
    ...sumFault(`${where}.macNj`, parts(MAC_PARTS), energy.macNj),
    ...sumFault(`${where}.storageNj`, parts(STORAGE_PARTS), energy.storageNj),
    ...sumFault(`${where}.totalNj`, [energy.macNj, energy.storageNj], energy.totalNj),
  ];
}

function sumFault(where: string, parts: readonly number[], found: number): readonly Fault[] {
  const sum = parts.reduce((total, part) => total + part, 0);
  if (Math.abs(sum - found) <= 1e-6 * Math.abs(sum)) return [];
  return [{ where, wanted: `${sum}, the sum of its parts`, found: show(found) }];
}

/** An object with at least these properties. */
function some(properties: Readonly<Record<string, object>>) {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: true,
  } as const;
}

function numbers(names: readonly string[]) {
  return some(Object.fromEntries(names.map((name) => [name, number])));
}
