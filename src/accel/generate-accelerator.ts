import type { ArraySpec } from './array-spec.ts';
import { generateCore } from './generate-core.ts';
import { type GeneratedFile, generateShell } from './generate-shell.ts';
import { withWordMultipliers } from './word-multiplier.ts';

/** Multipliers as their circuits, or written on words for a faster build of large arrays; the products are the same. */
export type MultiplierText = 'gates' | 'words';

/** Elements up to which multipliers are simulated as gates by default: more take Verilator many minutes to build. */
const GATE_ELEMENTS = 64;

/** How the multipliers of an array are best written for a simulation. */
export function simulatedMultipliers({ rows, columns }: Pick<ArraySpec, 'rows' | 'columns'>): MultiplierText {
  return rows * columns <= GATE_ELEMENTS ? 'gates' : 'words';
}

export const MULTIPLIER_TEXTS: readonly MultiplierText[] = ['gates', 'words'];

/**
 * All Verilog of an accelerator, one module per file: top `maxdnn_accelerator`, shell, core, multipliers. The same spec
 * gives the same bytes.
 * @param spec one that checkArraySpec accepts
 */
export function generateAccelerator(
  spec: ArraySpec,
  multipliers: MultiplierText = 'gates',
): readonly GeneratedFile[] {
  const core = generateCore(spec);
  const files = [
    ...generateShell(spec),
    ...(multipliers === 'gates' ? core : withWordMultipliers(core, spec.multipliers)),
  ];
  return [...new Map(files.map((file) => [file.name, file])).values()]; // shell and core both need the memory
}
