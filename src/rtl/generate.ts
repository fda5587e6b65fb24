import { sha256 } from '../base/files.ts';
import { type ErrorMetrics, errorMetrics } from '../multiplier/error-metrics.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { buildCells } from './build-cells.ts';
import { dataSheetLines } from './data-sheet.ts';
import { render } from './render.ts';
import { multiplierView } from './views.ts';

/** A multiplier as a self-contained Verilog-2005 module. */
export interface GeneratedRtl {
  /** Name of design, module and file (`<design>.v`). */
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly verilog: string;
  readonly rtlSha256: string;
  readonly metrics: ErrorMetrics;
}

/** Verilog of a multiplier; the same spec gives the same bytes. @throws bad-input for a truth table */
export function generateRtl(spec: MultiplierSpec): GeneratedRtl {
  const list = buildCells(spec);
  const metrics = errorMetrics(spec);
  const verilog = render('multiplier.v', multiplierView(list, dataSheetLines(spec, list, metrics)));
  return { design: designName(spec), spec, verilog, rtlSha256: sha256(verilog), metrics };
}
