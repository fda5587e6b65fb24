import type { ArraySpec } from './array-spec.ts';
import { generateCore } from './generate-core.ts';
import { type GeneratedFile, generateShell } from './generate-shell.ts';
import { withWordMultipliers } from './word-multiplier.ts';

/** Multipliers as their circuits, or written on words for a faster build of large arrays; the products are the same. */
export type MultiplierText = 'gates' | 'words';

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
