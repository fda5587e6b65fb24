import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { areaReferenceTable, energyReferenceTable, referenceCsv } from '../../src/report/accelergy.ts';
import {
  elementComponents,
  memoryComponents,
  multiplierComponents,
  type ReferenceComponent,
} from '../../src/report/reference-components.ts';
import type { EnergyTable } from '../../src/synth/energy-table.ts';
import { BOOTH, ROUP, sampleEnergy } from '../explore/energy-sample.ts';
import { layerRows, row, tableOf } from '../explore/stream-table.ts';

const HEX = 'a'.repeat(64);
const ROWS = [
  row(BOOTH, 0.5, {}, { leakagePj: 0.01 }),
  row(ROUP, 0.2),
  ...layerRows(BOOTH, 'layer-stream', 'weight-on-b', { conv: 0.4, logits: 0.1 }),
  ...layerRows(ROUP, 'layer-stream', 'weight-on-b', { conv: 0.3 }),
];
const layer = (name: string, multiplicationsPerImage: number) => ({
  layer: name,
  multiplicationsPerImage,
  activationsPerWeight: 1,
});
const table: EnergyTable = (() => {
  const made = tableOf(ROWS, HEX);
  const operands = { ...made.operands!, layers: [layer('conv', 36), layer('logits', 18)] };
  return { ...made, operands };
})();
const origin = { prefix: 'chip', comment: ['a test', 'of two lines'] };

interface Ert {
  readonly ERT: {
    readonly version: number;
    readonly tables: readonly {
      readonly name: string;
      readonly actions: readonly {
        readonly name: string;
        readonly arguments: null;
        readonly energy: number;
      }[];
    }[];
  };
}

describe('components', () => {
  test('multipliers on uniform operands', () => {
    const components = multiplierComponents(table, {});
    expect(components.map(({ name, actions }) => [name, actions])).toEqual([
      [
        'mul_booth_s8',
        [
          { name: 'multiply', energyPj: 0.5 },
          { name: 'leak', energyPj: 0.01 },
        ],
      ],
      [
        'mul_roup_s8_p2_r4',
        [
          { name: 'multiply', energyPj: 0.2 },
          { name: 'leak', energyPj: 0 },
        ],
      ],
    ]);
  });

  test('on a stream of the layers: each layer and the mean by multiplications; designs without all layers left out', () => {
    const components = multiplierComponents(table, { kind: 'layer-stream', role: 'weight-on-b' });
    expect(components).toHaveLength(1);
    expect(components[0]!.actions).toEqual([
      { name: 'multiply', energyPj: expect.closeTo((36 * 0.4 + 18 * 0.1) / 54, 12) },
      { name: 'multiply_conv', energyPj: 0.4 },
      { name: 'multiply_logits', energyPj: 0.1 },
      { name: 'leak', energyPj: 0.01 },
    ]);
  });

  test('a stream that the table does not have is refused', () => {
    expect(() => multiplierComponents(table, { kind: 'layer-iid', role: 'weight-on-b' })).toThrow(
      'energy table: wanted rows at 1 ns on layer-iid weight-on-b, found none',
    );
  });

  test('elements: compute is the sum of its parts, each once though the baseline is among the rows', () => {
    const components = elementComponents(sampleEnergy());
    expect(components.map(({ name }) => name)).toEqual(['element_mul_booth_s8', 'element_mul_roup_s8_p2_r4']);
    const energies = components.map(({ actions }) => new Map(actions.map((a) => [a.name, a.energyPj])));
    expect(energies.map((own) => own.get('multiply'))).toEqual([
      expect.closeTo(0.5, 9),
      expect.closeTo(0.25, 9),
    ]);
    for (const own of energies) {
      const parts = ['multiply', 'accumulate', 'registers', 'clock'].map((name) => own.get(name)!);
      expect(own.get('compute')).toBeCloseTo(
        parts.reduce((sum, part) => sum + part, 0),
        9,
      );
      expect(own.get('idle')).toBeCloseTo(0.41, 9);
    }
    expect(components[0]!.areaUm2).toBe(730);
  });
});

describe('reference tables read back', () => {
  const energy = sampleEnergy();
  const components: readonly ReferenceComponent[] = [
    ...multiplierComponents(table, {}),
    ...elementComponents(energy),
    ...memoryComponents(energy),
  ];
  const actions = components.flatMap(({ name, actions: own }) =>
    own.map((action) => [`chip.${name}`, action.name, action.energyPj] as const),
  );

  test('energies as YAML: every action with its energy in pJ, under a head that says what it is', () => {
    const text = energyReferenceTable(components, origin);
    expect(text).toMatch(/^# a test\n# of two lines\n# energy in pJ per action\n\nERT:\n {2}version: 0\.4\n/);
    expect(text).toContain('# words of 64 bits, 45 nm, 0.9 V; M. Horowitz');
    const { ERT } = parse(text) as Ert;
    const found = ERT.tables.flatMap(({ name, actions: own }) =>
      own.map((action) => [name, action.name, action.energy] as const),
    );
    expect(found).toEqual(actions);
    expect(found).toHaveLength(2 * 2 + 2 * 6 + 4 * 2);
    expect(ERT.tables.every(({ actions: own }) => own.every((action) => action.arguments === null))).toBe(
      true,
    );
    const dram = ERT.tables.find(({ name }) => name === 'chip.dram')!;
    expect(dram.actions.map(({ energy: pj }) => pj)).toEqual([1950, 1950]);
  });

  test('areas: of all but the memories', () => {
    const { ART } = parse(areaReferenceTable(components, origin)) as {
      ART: { version: number; tables: { name: string; area: number }[] };
    };
    expect(ART.version).toBe(0.4);
    expect(ART.tables).toEqual([
      { name: 'chip.mul_booth_s8', area: 1 },
      { name: 'chip.mul_roup_s8_p2_r4', area: 1 },
      { name: 'chip.element_mul_booth_s8', area: 730 },
      { name: 'chip.element_mul_roup_s8_p2_r4', area: 730 },
    ]);
  });

  test('CSV: a line per action, texts with commas in quotes', () => {
    const [head, ...lines] = referenceCsv(components, { ...origin, prefix: '' })
      .trimEnd()
      .split('\n');
    expect(head).toBe('component,action,energyPj,areaUm2,note,origin');
    expect(lines).toHaveLength(actions.length);
    lines.forEach((line, index) => {
      const [name, action, energyPj] = line.split(',');
      expect([`chip.${name}`, action, Number(energyPj)]).toEqual(actions[index]);
    });
    expect(lines.at(-1)).toMatch(
      /,"words of 64 bits, 45 nm.*""Computing's energy problem.*",a test; of two lines$/,
    );
  });
});
