import { MAXDNN_VERSION } from '../base/package-root.ts';
import type { BooleanExpression } from '../liberty/boolean-expression.ts';
import type { CellModel } from '../liberty/model.ts';
import { delayOfEdges, listPathDelays, mergePaths, type PathDelay } from './glitch-delays.ts';
import type { Gate, GateNetlist } from './netlist.ts';
import type { NetTiming } from './timing.ts';

export interface SdfOptions {
  /**
   * True: a COND per Liberty `when`, and (posedge …), (negedge …) where the edge of the input matters. False: one
   * IOPATH per input and output with the slowest delay, for readers without COND such as Icarus Verilog 11.
   */
  readonly conditional: boolean;
}

/**
 * The delays that simulateGlitchPower uses, as Standard Delay Format text with 1 fs resolution; no interconnect
 * delays. Conditions are written as in `(A == 1'b1) && (B == 1'b0)`.
 * Source: OVI, "Standard Delay Format Specification", version 3.0, May 1995.
 */
export function writeSdf(netlist: GateNetlist, timing: NetTiming, options: SdfOptions): string {
  const cells = netlist.gates.flatMap((gate) => {
    const all = listPathDelays(gate, timing);
    const paths = options.conditional ? all : mergePaths(all);
    return paths.length === 0 ? [] : [printCell(gate, paths)];
  });
  return [
    '(DELAYFILE',
    '  (SDFVERSION "3.0")',
    `  (DESIGN "${netlist.name}")`,
    '  (PROGRAM "maxdnn")',
    `  (VERSION "${MAXDNN_VERSION}")`,
    '  (DIVIDER /)',
    '  (TIMESCALE 1ps)',
    ...cells,
    ')',
    '',
  ].join('\n');
}

/** A path with what its delay depends on, in words of Verilog: what SDF and a specify block share. */
export interface PrintedPath {
  /** Empty where there is none. */
  readonly condition: string;
  readonly edge: 'posedge' | 'negedge' | undefined;
  readonly input: string;
  readonly output: string;
  /** Absent where the library has none, ps. */
  readonly risePs: string | undefined;
  readonly fallPs: string | undefined;
}

/** Paths as they are printed: two for one whose delay depends on the edge of the input. */
export function printPaths(cell: CellModel, path: PathDelay): readonly PrintedPath[] {
  const { when, riseToRise, fallToRise, riseToFall, fallToFall } = path;
  const differ = (left: number | undefined, right: number | undefined): boolean =>
    left !== undefined && right !== undefined && left !== right;
  const print = (edge: PrintedPath['edge']): PrintedPath => {
    const picoseconds = (outputRises: boolean): string | undefined => {
      const delayFs = delayOfEdges(path, edge === 'posedge', outputRises);
      return delayFs === undefined ? undefined : (delayFs / 1000).toFixed(3);
    };
    return {
      condition: when === undefined ? '' : printCondition(when),
      edge,
      input: cell.inputs[path.input]!,
      output: cell.outputs[path.output]!,
      risePs: picoseconds(true),
      fallPs: picoseconds(false),
    };
  };
  if (!differ(riseToRise, fallToRise) && !differ(riseToFall, fallToFall)) return [print(undefined)];
  return [print('posedge'), print('negedge')];
}

function printCell({ instance, cell }: Gate, paths: readonly PathDelay[]): string {
  const lines = paths
    .flatMap((path) => printPaths(cell, path))
    .map(({ condition, edge, input, output, risePs, fallPs }) => {
      const from = edge === undefined ? input : `(${edge} ${input})`;
      const path = `(IOPATH ${from} ${output} (${risePs ?? ''}) (${fallPs ?? ''}))`;
      return `    ${condition === '' ? path : `(COND ${condition} ${path})`}`;
    });
  return [
    `  (CELL (CELLTYPE "${cell.name}") (INSTANCE ${escapeIdentifier(instance)}) (DELAY (ABSOLUTE`,
    ...lines,
    '  )))',
  ].join('\n');
}

function printCondition(when: BooleanExpression): string {
  switch (when.kind) {
    case 'constant':
      return `1'b${when.value}`;
    case 'pin':
      return `(${when.name} == 1'b1)`;
    case 'not':
      return when.of.kind === 'pin' ? `(${when.of.name} == 1'b0)` : `!(${printCondition(when.of)})`;
    default: {
      const operator = { and: '&&', or: '||', xor: '!=' }[when.kind];
      const operand = (inner: BooleanExpression): string => {
        const isPlain = inner.kind === when.kind || !['and', 'or', 'xor'].includes(inner.kind);
        return isPlain ? printCondition(inner) : `(${printCondition(inner)})`;
      };
      return `${operand(when.left)} ${operator} ${operand(when.right)}`;
    }
  }
}

/** Characters that SDF does not allow in names get a backslash. */
function escapeIdentifier(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, (character) => `\\${character}`);
}
