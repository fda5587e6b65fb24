import { badInput } from '../base/errors.ts';
import type { BooleanExpression } from '../liberty/boolean-expression.ts';
import { lookUpTable } from '../liberty/lookup-table.ts';
import type { CellModel } from '../liberty/model.ts';
import { holds, outputFunction } from './events.ts';
import type { Gate } from './netlist.ts';
import type { NetTiming } from './timing.ts';

/** Shortest delay in fs: an NLDM table can give 0 or less for slow inputs; no output changes before its input. */
const MIN_DELAY_FS = 1;

/** Delays from one input of a gate to one output under one condition, at the gate's load and input slews. */
export interface PathDelay {
  /** Position in cell.inputs. */
  readonly input: number;
  /** Position in cell.outputs. */
  readonly output: number;
  /** Condition on the inputs; absent: holds where no other path of this input and output does. */
  readonly when?: BooleanExpression;
  /** Delay in fs by input edge and output edge; absent where the library has none. */
  readonly riseToRise?: number;
  readonly riseToFall?: number;
  readonly fallToRise?: number;
  readonly fallToFall?: number;
}

/**
 * Delays of all timing arcs of a gate: NLDM tables at the static (worst) slew of the input's edge and the load of the
 * output's edge, rounded to 1 fs. Arcs of one input, output and `when` are merged, the slower one wins.
 */
export function listPathDelays(gate: Gate, timing: NetTiming): readonly PathDelay[] {
  const paths = new Map<string, Mutable<PathDelay>>();
  gate.cell.outputs.forEach((pin, output) => {
    const net = gate.outputNets[output];
    const riseLoadFf = net === undefined ? 0 : timing.riseLoadFf[net]!;
    const fallLoadFf = net === undefined ? 0 : timing.fallLoadFf[net]!;
    for (const { relatedPin, sense, when, rise, fall } of gate.cell.pins.get(pin)!.timing) {
      const input = gate.cell.inputs.indexOf(relatedPin);
      if (input < 0 || isNever(when)) continue;
      const condition = when === undefined || isAlways(when) ? undefined : when;
      const key = `${input} ${output} ${JSON.stringify(condition)}`;
      const path = paths.get(key) ?? { input, output, ...(condition && { when: condition }) };
      paths.set(key, path);
      const from = gate.inputNets[input]!;
      const add = (edge: keyof DelayEdges, tables: typeof rise, slewNs: number, loadFf: number): void => {
        if (tables === undefined) return;
        const delayFs = Math.max(MIN_DELAY_FS, Math.round(lookUpTable(tables.delayNs, slewNs, loadFf) * 1e6));
        path[edge] = Math.max(path[edge] ?? 0, delayFs);
      };
      const riseNs = timing.riseTransitionNs[from]!;
      const fallNs = timing.fallTransitionNs[from]!;
      if (sense !== 'negative_unate') {
        add('riseToRise', rise, riseNs, riseLoadFf);
        add('fallToFall', fall, fallNs, fallLoadFf);
      }
      if (sense !== 'positive_unate') {
        add('fallToRise', rise, fallNs, riseLoadFf);
        add('riseToFall', fall, riseNs, fallLoadFf);
      }
    }
  });
  return [...paths.values()];
}

/**
 * The slowest delay of each input, output and output edge, whatever the condition and the input edge: for readers
 * that know no conditions.
 */
export function mergePaths(paths: readonly PathDelay[]): readonly PathDelay[] {
  const merged = new Map<string, Mutable<PathDelay>>();
  for (const { input, output, ...edges } of paths) {
    const path = merged.get(`${input} ${output}`) ?? { input, output };
    merged.set(`${input} ${output}`, path);
    const raise = (own: readonly (keyof DelayEdges)[]): void => {
      const delays = [...own.map((edge) => edges[edge]), path[own[0]!]].filter(
        (delay) => delay !== undefined,
      );
      if (delays.length > 0) for (const edge of own) path[edge] = Math.max(...delays);
    };
    raise(['riseToRise', 'fallToRise']);
    raise(['riseToFall', 'fallToFall']);
  }
  return [...merged.values()];
}

/**
 * Delay of one output by the state of the inputs after the change and the input that changed: entry
 * state × inputs + input, in fs. Rules, as for Verilog module paths (IEEE 1364-2005, clause 14): conditions are evaluated in
 * the new state; of several true ones the smallest delay; a path without condition where none is true.
 * Negative: no condition of this input is true, its smallest delay under any condition with the sign changed.
 * 0: the library has no path from this input that ends in this output value.
 * @throws bad-input when the output follows an input alone in some state and the library has no delay for it
 */
export function tabulateDelays(gate: Gate, output: number, paths: readonly PathDelay[]): Int32Array {
  const { cell } = gate;
  const inputs = cell.inputs.length;
  const outputs = tabulateFunction(cell, output);
  const table = new Int32Array(outputs.length * inputs);
  for (let state = 0; state < outputs.length; state++) {
    const outputRises = outputs[state] === 1;
    for (let input = 0; input < inputs; input++) {
      const inputRises = ((state >> input) & 1) === 1;
      const own = paths.filter((path) => path.input === input && path.output === output);
      const conditional = own.filter(({ when }) => when !== undefined && holds(cell, when, state));
      const fitting = conditional.length > 0 ? conditional : own.filter(({ when }) => when === undefined);
      const delayFs = smallest(fitting, inputRises, outputRises);
      const entry = delayFs ?? -(smallest(own, inputRises, outputRises) ?? 0);
      table[state * inputs + input] = entry;
      if (entry === 0 && outputs[state] !== outputs[state ^ (1 << input)]) {
        throw noArc(gate, output, input, outputRises);
      }
    }
  }
  return table;
}

/** Value of an output in every state of the inputs. @throws bad-input as outputFunction */
export function tabulateFunction(cell: CellModel, output: number): Uint8Array {
  const expression = outputFunction(cell, output);
  return Uint8Array.from({ length: 2 ** cell.inputs.length }, (_, state) =>
    holds(cell, expression, state) ? 1 : 0,
  );
}

/** Delay of a path by output edge for either edge of the input, fs; absent where the library has none. */
export function delayOfEdges(path: PathDelay, inputRises: boolean, outputRises: boolean): number | undefined {
  return outputRises
    ? inputRises
      ? (path.riseToRise ?? path.fallToRise)
      : (path.fallToRise ?? path.riseToRise)
    : inputRises
      ? (path.riseToFall ?? path.fallToFall)
      : (path.fallToFall ?? path.riseToFall);
}

type DelayEdges = Pick<PathDelay, 'riseToRise' | 'riseToFall' | 'fallToRise' | 'fallToFall'>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function smallest(paths: readonly PathDelay[], inputRises: boolean, outputRises: boolean) {
  const delays = paths.flatMap((path) => delayOfEdges(path, inputRises, outputRises) ?? []);
  return delays.length === 0 ? undefined : Math.min(...delays);
}

function isAlways(when: BooleanExpression): boolean {
  return when.kind === 'constant' && when.value === 1;
}

function isNever(when: BooleanExpression | undefined): boolean {
  return when?.kind === 'constant' && when.value === 0;
}

function noArc({ instance, cell }: Gate, output: number, input: number, outputRises: boolean): Error {
  return badInput(
    {
      where: `instance ${instance} (${cell.name})`,
      wanted: `a timing arc from ${cell.inputs[input]} to a ${outputRises ? 'rising' : 'falling'} ${cell.outputs[output]}`,
      found: 'none',
    },
    'Glitches need delays: use a library with timing for this cell, or map the design without it.',
  );
}
