import type { Command } from './command.ts';
import { addMultiplier } from './commands/add-multiplier.ts';
import { array } from './commands/array.ts';
import { assign } from './commands/assign.ts';
import { compareLibrary } from './commands/compare-library.ts';
import { cosimNetwork } from './commands/cosim-network.ts';
import { crosscheck } from './commands/crosscheck.ts';
import { doctor } from './commands/doctor.ts';
import { energy } from './commands/energy.ts';
import { evaluate } from './commands/evaluate.ts';
import { explore } from './commands/explore.ts';
import { exportActivity } from './commands/export-activity.ts';
import { exportEnergy } from './commands/export-energy.ts';
import { exportTableCommand } from './commands/export-table.ts';
import { genRtl } from './commands/gen-rtl.ts';
import { importModel } from './commands/import.ts';
import { liberty } from './commands/liberty.ts';
import { list } from './commands/list.ts';
import { prove } from './commands/prove.ts';
import { quantise } from './commands/quantise.ts';
import { record } from './commands/record.ts';
import { report } from './commands/report.ts';
import { reproduce } from './commands/reproduce.ts';
import { run } from './commands/run.ts';
import { synth } from './commands/synth.ts';
import { synthArray } from './commands/synth-array.ts';
import { table } from './commands/table.ts';
import { tune } from './commands/tune.ts';
import { verify } from './commands/verify.ts';
import { worker } from './commands/worker.ts';

/** All verbs, in the order of --help. */
export const COMMANDS: readonly Command[] = [
  run,
  doctor,
  liberty,
  list,
  addMultiplier,
  exportTableCommand,
  genRtl,
  verify,
  prove,
  synth,
  table,
  crosscheck,
  exportActivity,
  compareLibrary,
  importModel,
  quantise,
  record,
  assign,
  evaluate,
  tune,
  explore,
  energy,
  exportEnergy,
  array,
  cosimNetwork,
  synthArray,
  worker,
  report,
  reproduce,
];
