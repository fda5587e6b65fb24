import { badInput } from '../base/errors.ts';
import type { AcceleratorEnergy, AcceleratorRow } from '../explore/accelerator-energy.ts';
import type { EnergyRow, EnergyTable, OperandOrigin } from '../synth/energy-table.ts';
import { designsOf, nominalClockNs, type RowSelection, selectRows } from '../synth/select-rows.ts';

/** Something that an architecture is built of, with what each of its actions costs. */
export interface ReferenceComponent {
  readonly name: string;
  /** What an action is, and what is in its energy, in a line. */
  readonly note: string;
  /** Absent where it is not known. */
  readonly areaUm2?: number;
  readonly actions: readonly ReferenceAction[];
}

export interface ReferenceAction {
  readonly name: string;
  readonly energyPj: number;
}

/** Clock target, kind of stream and role of the rows that are exported. */
export type ReferenceSelection = Pick<RowSelection, 'clockNs' | 'kind' | 'role'>;

/**
 * The multipliers of a table at one clock target and stream: action `multiply`, and on a stream of the layers one
 * per layer, `multiply_<layer>`; `multiply` is then their mean by the network's multiplications. Designs without a
 * row for each layer are left out. `leak` is the leakage of one clock period.
 * @throws bad-input when the table has no rows there
 */
export function multiplierComponents(
  table: EnergyTable,
  selection: ReferenceSelection,
): readonly ReferenceComponent[] {
  const { clockNs = nominalClockNs(table), kind = 'uniform', role } = selection;
  const { operands } = table;
  const ofLayers = kind === 'layer-iid' || kind === 'layer-stream';
  const components = designsOf(table).flatMap(({ design }): readonly ReferenceComponent[] => {
    const rowAt = (layer?: string): EnergyRow | undefined =>
      selectRows(table, {
        clockNs,
        kind,
        ...(layer !== undefined && { layer }),
        ...(ofLayers && role && { role }),
      }).find((row) => row.design === design);
    const actions = ofLayers ? layerActions(operands?.layers ?? [], rowAt) : uniformActions(rowAt());
    const { areaUm2, leakagePj } =
      table.rows.find((row) => row.design === design && row.clockNs === clockNs) ?? {};
    if (actions === undefined || areaUm2 === undefined) return [];
    const note = `multiplier; one multiplication each, leakage of one clock period`;
    return [
      { name: design, note, areaUm2, actions: [...actions, { name: 'leak', energyPj: leakagePj ?? 0 }] },
    ];
  });
  if (components.length > 0) return components;
  throw badInput(
    {
      where: 'energy table',
      wanted: `rows at ${clockNs} ns on ${[kind, role].filter(Boolean).join(' ')}`,
      found: 'none',
    },
    'Choose another --stream, --role or --clock-ns, or make the table with record and table.',
  );
}

/**
 * Processing elements, as means over the network: `compute` is everything that one multiplication costs in its
 * element, the others are parts of it (multiply, accumulate, registers, clock); `idle` is a cycle without one.
 */
export function elementComponents(energy: AcceleratorEnergy): readonly ReferenceComponent[] {
  const rows = [energy.baseline, ...energy.rows];
  const names = rows.map(({ name }) => name);
  return rows
    .filter(({ name }, index) => names.indexOf(name) === index)
    .map((row) => ({
      name: `element_${row.name}`,
      note: `processing element, ${row.role}, ${energy.stream}, clock ${energy.clockNs} ns; compute = multiply + accumulate + registers + clock`,
      areaUm2: row.multiplierAreaUm2 + row.shellAreaUm2,
      actions: elementActions(row),
    }));
}

/** The memories: one word each. Leakage and refresh are not modelled. */
export function memoryComponents({
  storage,
}: Pick<AcceleratorEnergy, 'storage'>): readonly ReferenceComponent[] {
  const memories = {
    activation_sram: storage.activationSram,
    weight_sram: storage.weightSram,
    accumulator_sram: storage.accumulatorSram,
    dram: storage.dram,
  };
  return Object.entries(memories).map(([name, memory]) => {
    const size = memory.capacityBytes === undefined ? '' : `${memory.capacityBytes} bytes, `;
    return {
      name,
      note: `${size}words of ${memory.wordBits} bits, ${memory.nodeNm} nm, ${memory.voltageV} V; ${memory.source}`,
      actions: [
        { name: 'read', energyPj: memory.readPj },
        { name: 'write', energyPj: memory.writePj },
      ],
    };
  });
}

function uniformActions(row: EnergyRow | undefined): readonly ReferenceAction[] | undefined {
  return row && [{ name: 'multiply', energyPj: row.energyPj }];
}

/** Undefined unless there is a row for each layer. */
function layerActions(
  layers: OperandOrigin['layers'],
  rowAt: (layer: string) => EnergyRow | undefined,
): readonly ReferenceAction[] | undefined {
  const own = layers.flatMap(({ layer, multiplicationsPerImage }) => {
    const row = rowAt(layer);
    return row === undefined ? [] : [{ layer, multiplicationsPerImage, energyPj: row.energyPj }];
  });
  if (own.length === 0 || own.length < layers.length) return undefined;
  const total = own.reduce((sum, { multiplicationsPerImage }) => sum + multiplicationsPerImage, 0);
  const sumPj = own.reduce((sum, { multiplicationsPerImage: n, energyPj }) => sum + n * energyPj, 0);
  const each = own.map(({ layer, energyPj }) => ({ name: `multiply_${layer}`, energyPj }));
  return [{ name: 'multiply', energyPj: sumPj / total }, ...each];
}

function elementActions({ layers, total }: AcceleratorRow): readonly ReferenceAction[] {
  const multiplications = layers.reduce((sum, layer) => sum + layer.multiplications, 0);
  const idleCycles = layers.reduce((sum, { accesses }) => sum + accesses.elementCycles, 0) - multiplications;
  const pj = (nj: number): number => (1000 * nj) / multiplications;
  return [
    { name: 'compute', energyPj: pj(total.macNj - total.idleNj) },
    { name: 'multiply', energyPj: pj(total.multiplyNj) },
    { name: 'accumulate', energyPj: pj(total.accumulateNj) },
    { name: 'registers', energyPj: pj(total.operandRegistersNj) },
    { name: 'clock', energyPj: pj(total.clockNj) },
    ...(idleCycles > 0 ? [{ name: 'idle', energyPj: (1000 * total.idleNj) / idleCycles }] : []),
  ];
}
