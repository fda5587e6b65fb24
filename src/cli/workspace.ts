import { join } from 'node:path';
import { RTL_SET_FILE } from '../rtl/rtl-set.ts';
import type { CommandArguments } from './command.ts';
import { textOption } from './options.ts';

/** Where each stage keeps its artifacts, below one work folder. */
export interface Workspace {
  readonly rtlDir: string;
  readonly rtlSet: string;
  /** Multipliers from outside (add-multiplier). */
  readonly multipliersDir: string;
  /** Truth tables for other programs (export-table). */
  readonly tablesDir: string;
  readonly verifyDir: string;
  readonly verdict: string;
  readonly libraryCache: string;
  readonly proveDir: string;
  readonly tableDir: string;
  readonly table: string;
  readonly networkDir: string;
  /** Float network, as imported. */
  readonly floatNetwork: string;
  readonly quantisedNetwork: string;
  /** Operands of the layers (record). */
  readonly operands: string;
  /** Assignments of multipliers (assign). */
  readonly assignDir: string;
  /** Tuned assignments (tune). */
  readonly tuneDir: string;
  readonly evaluation: string;
  /** Explorations (explore), the unnamed one itself. */
  readonly exploreDir: string;
  /** Processing elements (energy): cosimulation, shells, energies. */
  readonly elementsDir: string;
  readonly acceleratorEnergy: string;
  /** MAC-array accelerator (array): Verilog, program, listing. */
  readonly arrayDir: string;
  /** Its simulations (cosim-network). */
  readonly arrayCosimDir: string;
  readonly networkCosim: string;
  /** Its silicon estimate (synth-array). */
  readonly siliconDir: string;
  readonly reportDir: string;
  /** Figures and tables of papers, measured again (reproduce). */
  readonly reproduceDir: string;
}

/** Paths below the folder of --work. */
export function workspaceOf(args: CommandArguments): Workspace {
  const work = textOption(args, 'work') ?? 'out';
  return {
    rtlDir: join(work, 'rtl'),
    rtlSet: join(work, 'rtl', RTL_SET_FILE),
    multipliersDir: join(work, 'multipliers'),
    tablesDir: join(work, 'tables'),
    verifyDir: join(work, 'verify'),
    verdict: join(work, 'verify', 'verdict.json'),
    libraryCache: join(work, 'library'),
    proveDir: join(work, 'prove'),
    tableDir: join(work, 'table'),
    table: join(work, 'table', 'energy-table.json'),
    networkDir: join(work, 'network'),
    floatNetwork: join(work, 'network', 'float.json'),
    quantisedNetwork: join(work, 'network', 'quantised.json'),
    operands: join(work, 'operands', 'operands.json'),
    assignDir: join(work, 'assign'),
    tuneDir: join(work, 'tune'),
    evaluation: join(work, 'evaluate', 'evaluation.json'),
    exploreDir: join(work, 'explore'),
    elementsDir: join(work, 'elements'),
    acceleratorEnergy: join(work, 'energy', 'accelerator-energy.json'),
    arrayDir: join(work, 'array'),
    arrayCosimDir: join(work, 'array-cosim'),
    networkCosim: join(work, 'array-cosim', 'network-cosim.json'),
    siliconDir: join(work, 'silicon'),
    reportDir: join(work, 'report'),
    reproduceDir: join(work, 'reproduce'),
  };
}
