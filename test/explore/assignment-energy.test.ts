import { describe, expect, test } from 'vitest';
import { type LayerPlan, planNetwork } from '../../src/assign/layer-plan.ts';
import { parseLevel } from '../../src/assign/levels.ts';
import { isMixture, type MixedAssignment, SKIPPED, uniformAssignment } from '../../src/dnn/assignment.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import {
  isWeighted,
  multiplicationsByLayer,
  quantisedNetworkDigest,
} from '../../src/dnn/quantised-network.ts';
import { priceAssignment, requireLibrary } from '../../src/explore/assignment-energy.ts';
import { imageEnergyNj } from '../../src/explore/image-energy.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { layerRows, row, tableOf } from './stream-table.ts';

const floatNetwork = randomNetwork(38);
const network = quantiseNetwork(floatNetwork, randomImages(floatNetwork, 8, 3));
const weighted = network.layers.filter(isWeighted);
const perImage = multiplicationsByLayer(network);
const names = [...perImage.keys()];
const BOOTH: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };
const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const MILD: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [2, 2, 2] };

const energies: Readonly<Record<string, number>> = { [designName(BOOTH)]: 0.5, [designName(ROUP)]: 0.125 };
const byLayer = (spec: MultiplierSpec) =>
  Object.fromEntries(names.map((name, index) => [name, energies[designName(spec)]! / (index + 2)]));
const table = tableOf(
  [
    row(BOOTH, 0.5),
    row(ROUP, 0.125),
    ...[BOOTH, ROUP].flatMap((spec) => layerRows(spec, 'layer-stream', 'weight-on-b', byLayer(spec))),
  ],
  quantisedNetworkDigest(network),
);

/** Filters of class 0 with ROUP, 1 exact; weights beyond 1.5 σ skipped. */
const plan = new Map(
  weighted.map((layer): readonly [string, LayerPlan] => [
    layer.name,
    layer.bias.length > 1
      ? { level: parseLevel('flam-2', ''), specs: [ROUP, BOOTH], skip: { beyondSigma: 1.5 } }
      : { level: { kind: 'llam' }, specs: [ROUP] },
  ]),
);
const mixed = planNetwork(network, plan);
const price = (assignment: MixedAssignment, own = table) =>
  priceAssignment(network, assignment, own, 'table.json', { roundedOperand: 'activations' });

/** The sum over single weights, made without counts. */
function energyOfWeights(assignment: MixedAssignment, stream: string): number {
  let pj = 0;
  for (const [index, layer] of weighted.entries()) {
    const own = assignment.get(layer.name)!;
    const perWeight = perImage.get(layer.name)! / layer.weights.length;
    for (let tap = 0; tap < layer.weights.length; tap++) {
      const at = isMixture(own) ? own.index[tap]! : 0;
      if (at === SKIPPED) continue;
      const each = energies[designName(isMixture(own) ? own.specs[at]! : own)]!;
      pj += perWeight * (stream === 'uniform' ? each : each / (index + 2));
    }
  }
  return pj / 1000;
}

describe('energy of an assignment', () => {
  test('is the sum over its weights, by stream and layer; savings are against the best exact multiplier', () => {
    const { streams, library, clockNs, role } = price(mixed);
    expect([library, clockNs, role]).toEqual([{ name: 'lib', sha256: 'a'.repeat(64) }, 1, 'weight-on-b']);
    expect(Object.keys(streams)).toEqual(['uniform', 'layer-stream']);
    const exact = uniformAssignment(network, BOOTH);
    for (const [stream, own] of Object.entries(streams)) {
      expect(own.energyPerImageNj).toBeCloseTo(energyOfWeights(mixed, stream), 9);
      const all = Object.values(own.layers);
      expect(all).toHaveLength(names.length);
      expect(all.reduce((sum, { energyNj }) => sum + energyNj, 0)).toBeCloseTo(own.energyPerImageNj, 9);
      expect(own.bestExact!.design).toBe('mul_booth_s8');
      expect(own.bestExact!.energyPerImageNj).toBeCloseTo(energyOfWeights(exact, stream), 9);
      const saving = 100 * (1 - own.energyPerImageNj / own.bestExact!.energyPerImageNj);
      expect(own.savingPercent).toBeCloseTo(saving, 9);
      expect(saving).toBeGreaterThan(20);
      const other = imageEnergyNj(network, mixed, (spec, layer) =>
        stream === 'uniform' ? energies[designName(spec)] : byLayer(spec)[layer],
      );
      expect(other).toEqual({ energyNj: expect.closeTo(own.energyPerImageNj, 9) });
    }
  });

  test('of the exact multiplier saves nothing in any layer; without an exact one there is no saving', () => {
    const { streams } = price(uniformAssignment(network, BOOTH));
    const savings = Object.values(streams).flatMap((own) => [
      own.savingPercent,
      ...Object.values(own.layers).map(({ savingPercent }) => savingPercent),
    ]);
    expect(savings).toHaveLength(2 * (names.length + 1));
    for (const saving of savings) expect(saving).toBeCloseTo(0, 9);
    const alone = price(uniformAssignment(network, ROUP), tableOf([row(ROUP, 0.125)])).streams.uniform!;
    expect(alone.bestExact).toBeUndefined();
    expect(alone.savingPercent).toBeUndefined();
  });

  test('refused: every row that is missing, with the nearest design', () => {
    const assignment = new Map([...mixed, [names[0]!, MILD], [names[1]!, MILD]]);
    expect(badInputText(() => price(assignment))).toBe(
      [
        'table.json: wanted uniform rows for mul_roup_s8_p1_r2, found none, nearest mul_roup_s8_p2_r4',
        `table.json: wanted layer-stream rows of ${names[0]}, ${names[1]} with weight-on-b for mul_roup_s8_p1_r2, found none, nearest mul_roup_s8_p2_r4`,
        'Price the design too (maxdnn gen-rtl, verify, table), or use one that the table has.',
      ].join('\n'),
    );
  });

  test('refused: a stream that the table does not have for this network', () => {
    const ask = (own: typeof table) =>
      badInputText(() =>
        priceAssignment(network, mixed, own, 'table.json', {
          roundedOperand: 'activations',
          streams: ['layer-iid'],
        }),
      ).split('\n')[0];
    expect(ask(table)).toBe(
      `table.json: wanted layer-iid rows for ${network.name} at 1 ns, found uniform, layer-stream`,
    );
    expect(ask({ ...table, operands: { ...table.operands!, network: { name: 'other', sha256: 'b' } } })).toBe(
      `table.json: wanted layer-iid rows for ${network.name} at 1 ns, found uniform; The operands of the energy table were recorded in another network, other.`,
    );
  });

  test('operands of the network as the assignment leaves it count too, others do not', () => {
    const recordedIn = 'd'.repeat(64);
    const own = {
      ...table,
      operands: { ...table.operands!, network: { name: 'tuned', sha256: recordedIn } },
    };
    const options = { roundedOperand: 'activations' } as const;
    const streams = (more: object) =>
      Object.keys(priceAssignment(network, mixed, own, 'table.json', { ...options, ...more }).streams);
    expect(streams({ recordedIn })).toEqual(['uniform', 'layer-stream']);
    expect(streams({ recordedIn: 'e'.repeat(64) })).toEqual(['uniform']);
    expect(streams({})).toEqual(['uniform']);
  });
});

describe('library of the energies', () => {
  test('is taken when it is the stated one, or none is stated', () => {
    for (const stated of [undefined, { name: 'lib' }, { name: 'lib', sha256: 'a'.repeat(64) }]) {
      expect(() => requireLibrary(table, stated, 'table.json')).not.toThrow();
    }
  });

  test('refused: another one, or another one of this name', () => {
    const hint =
      'Make the table with that library (maxdnn table --liberty FILE), or state the nearest one: --library lib.';
    expect(badInputText(() => requireLibrary(table, { name: 'libs' }, 'table.json'))).toBe(
      `table.json: wanted energies of library libs, found those of lib\n${hint}`,
    );
    expect(
      badInputText(() => requireLibrary(table, { name: 'lib', sha256: 'b'.repeat(64) }, 'table.json')),
    ).toBe(
      `table.json: wanted energies of library lib (sha256 bbbbbbbbbbbb…), found those of lib (sha256 aaaaaaaaaaaa…)\n${hint}`,
    );
  });
});
