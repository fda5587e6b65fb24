import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { badInput, type Fault, show } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { MAXDNN_VERSION } from '../../base/package-root.ts';
import type { AcceleratorEnergy } from '../../explore/accelerator-energy.ts';
import { readAcceleratorEnergy } from '../../explore/read-accelerator-energy.ts';
import { areaReferenceTable, energyReferenceTable, referenceCsv } from '../../report/accelergy.ts';
import {
  elementComponents,
  memoryComponents,
  multiplierComponents,
} from '../../report/reference-components.ts';
import { type EnergyTable, readEnergyTable } from '../../synth/energy-table.ts';
import { nominalClockNs } from '../../synth/select-rows.ts';
import type { Command } from '../command.ts';
import { choiceOption, inputOption, textOption, WORK_OPTION } from '../options.ts';
import { workspaceOf } from '../workspace.ts';
import { clockOf } from './energy.ts';

const FORMATS = ['accelergy', 'csv'] as const;
const STREAMS = ['uniform', 'layer-iid', 'layer-stream'] as const;
const ROLES = ['weight-on-b', 'activation-on-b'] as const;

export const exportEnergy: Command = {
  name: 'export-energy',
  summary: 'energies for other tools: Accelergy / Timeloop energy and area reference tables (YAML), or CSV',
  options: {
    work: WORK_OPTION,
    table: inputOption('energy table', 'table/energy-table.json'),
    energy: inputOption(
      'processing elements and memories, an accelerator-energy.json',
      'energy/accelerator-energy.json if it is there',
    ),
    format: {
      type: 'string',
      value: 'NAME',
      describe: 'accelergy (ERT.yaml and ART.yaml) or csv (energy-reference.csv)',
      default: 'accelergy',
    },
    stream: {
      type: 'string',
      value: 'NAME',
      describe: 'operands of the multipliers: uniform, layer-iid or layer-stream',
      default: 'uniform',
    },
    role: {
      type: 'string',
      value: 'NAME',
      describe: 'on a stream of the layers: weight-on-b or activation-on-b',
      default: 'weight-on-b',
    },
    'clock-ns': {
      type: 'string',
      value: 'NS',
      describe: 'a clock target of the table (default: that of the accelerator energy, else the nominal one)',
    },
    prefix: {
      type: 'string',
      value: 'NAME',
      describe: 'put before the components, as in your architecture',
      default: 'maxdnn',
    },
    out: {
      type: 'string',
      value: 'DIR',
      describe: 'folder of the files (default: energy in the work folder)',
    },
  },
  examples: [
    ['maxdnn export-energy', 'out/energy/ERT.yaml and ART.yaml, uniform operands'],
    [
      'maxdnn export-energy --stream layer-stream --format csv',
      'mean over the network and each layer, as CSV',
    ],
  ],
  run: async (args) => {
    const place = workspaceOf(args);
    const table = readEnergyTable(textOption(args, 'table') ?? place.table);
    const format = choiceOption(args, 'format', FORMATS) ?? 'accelergy';
    const kind = choiceOption(args, 'stream', STREAMS) ?? 'uniform';
    const role = choiceOption(args, 'role', ROLES) ?? 'weight-on-b';
    const energyPath = textOption(args, 'energy') ?? place.acceleratorEnergy;
    const energy =
      textOption(args, 'energy') !== undefined || existsSync(energyPath)
        ? readAcceleratorEnergy(energyPath)
        : undefined;
    const clockNs = clockOf(args, table, energy?.clockNs ?? nominalClockNs(table));
    if (energy !== undefined) checkTogether(table, energy, clockNs);
    const components = [
      ...multiplierComponents(table, { clockNs, kind, role }),
      ...(energy === undefined ? [] : [...elementComponents(energy), ...memoryComponents(energy)]),
    ];
    const { library } = table;
    const origin = {
      prefix: textOption(args, 'prefix') ?? 'maxdnn',
      comment: [
        `maxdnn ${MAXDNN_VERSION}, library ${library.name} (${library.voltageV} V, ${library.temperatureC} °C), clock ${clockNs} ns`,
        `multipliers: ${kind} operands${kind === 'uniform' ? '' : `, ${role}`}; no wires, no glitches`,
      ],
    };
    const out = textOption(args, 'out') ?? join(place.acceleratorEnergy, '..');
    const files: readonly (readonly [string, string])[] =
      format === 'csv'
        ? [['energy-reference.csv', referenceCsv(components, origin)]]
        : [
            ['ERT.yaml', energyReferenceTable(components, origin)],
            ['ART.yaml', areaReferenceTable(components, origin)],
          ];
    const paths = files.map(([name, text]) => {
      writeFileAtomic(join(out, name), text);
      return join(out, name);
    });
    const hint =
      energy === undefined
        ? ['Multipliers only: "maxdnn energy" adds processing elements and memories.']
        : [];
    const count = `${components.length} components, ${components.reduce((sum, { actions }) => sum + actions.length, 0)} actions`;
    return { text: [...paths, count, ...hint].join('\n'), value: { paths, components } };
  },
};

/** Figures of two libraries or clock targets are never put into one reference table. @throws bad-input */
function checkTogether(table: EnergyTable, energy: AcceleratorEnergy, clockNs: number): void {
  const faults: Fault[] = [];
  const check = (what: string, wanted: string | number, found: string | number): void => {
    if (wanted !== found)
      faults.push({ where: `accelerator energy: ${what}`, wanted: show(wanted), found: show(found) });
  };
  check('library', table.library.sha256, energy.library.sha256);
  check('clock target in ns', clockNs, energy.clockNs);
  if (faults.length > 0) {
    throw badInput(
      faults,
      'Run maxdnn energy with this table and --clock-ns, or give its file with --energy.',
    );
  }
}
