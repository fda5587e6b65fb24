import type { ArraySpec } from './array-spec.ts';
import { generateCore } from './generate-core.ts';
import { type GeneratedFile, generateShell } from './generate-shell.ts';

/**
 * All Verilog of an accelerator, one module per file: top `maxdnn_accelerator`, shell, core, multipliers. The same spec
 * gives the same bytes.
 * @param spec one that checkArraySpec accepts
 */
export function generateAccelerator(spec: ArraySpec): readonly GeneratedFile[] {
  return [...generateShell(spec), ...generateCore(spec)];
}
