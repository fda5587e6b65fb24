import type { Cell } from './cell.ts';
import type { State } from './states.ts';
import { type Level, settle } from './switch-level.ts';

/**
 * SPICE lines that start a DC analysis of one instance of a cell in a given state: every inner net whose level
 * follows from the inputs (and, in a flip-flop, from Q) at switch level. Guessing the state nets alone is not enough:
 * where the first iteration does not converge, ngspice forgets the guess and may end between the two states.
 * @param instance name of the instance
 * @param state levels of all inputs, and of Q for a flip-flop
 */
export function startLines(cell: Cell, instance: string, state: State, supplyV: number): string[] {
  const { flipFlop } = cell;
  if (flipFlop === undefined) return [];
  const q = state.Q!;
  const inputs = Object.fromEntries(cell.inputs.map((pin) => [pin, state[pin]!]));
  const holding =
    inputs[flipFlop.clock] === 1 ? [...flipFlop.masterNets, ...flipFlop.stateNets] : flipFlop.stateNets;
  const before = new Map<string, Level>(
    holding.map(({ net, inverted }) => [net, (inverted ? 1 - q : q) as Level]),
  );
  const ports = new Set([...cell.inputs, ...cell.outputs.map((output) => output.name)]);
  return [...settle(cell.transistors, inputs, before)].flatMap(([net, level]) =>
    level === 'x' || ports.has(net) || net === 'VDD' || net === 'VSS'
      ? []
      : [`.nodeset v(${instance}.${net})=${level * supplyV}`],
  );
}
