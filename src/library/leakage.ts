import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import { modelCards, subcircuit, temperatureOptions } from './device.ts';
import { startLines } from './start-state.ts';
import { conditionOf, statesOf } from './states.ts';

/** Standing power of a cell in one state. */
export interface StateLeakage {
  /** Levels of the input pins and, for a flip-flop, of Q. */
  readonly state: Readonly<Record<string, 0 | 1>>;
  /** Power drawn from the supply pin, nW. */
  readonly supplyNw: number;
  /** The same plus what high inputs feed into the cell through gate oxides, nW: the standing power it causes. */
  readonly totalNw: number;
}

/** DC supply power in every state: 2^inputs of a gate; of a flip-flop also both values of Q where it can hold both. */
export async function measureLeakage(cell: Cell, { corner, runFolder }: Bench): Promise<StateLeakage[]> {
  const states = leakageStates(cell);
  const pins = [...cell.inputs, ...cell.outputs.map((o) => o.name)];
  const copies = states.flatMap((state, j) => [
    `vdd${j} vdd${j} 0 ${corner.supplyV}`,
    ...cell.inputs.map((p) => `v${j}_${p} in${j}_${p} 0 ${state[p]! * corner.supplyV}`),
    `x${j} ${[...cell.inputs.map((p) => `in${j}_${p}`), ...cell.outputs.map((o) => `out${j}_${o.name}`)].join(' ')} vdd${j} 0 ${cell.name}`,
    ...startLines(cell, `x${j}`, state, corner.supplyV),
  ]);
  const deck = [
    `* maxdnn: leakage of ${cell.name}`,
    modelCards(corner),
    subcircuit(cell.name, pins, cell.transistors),
    `${temperatureOptions(corner)} gmin=1e-15`,
    ...copies,
    `.save ${states.flatMap((_, j) => [`i(vdd${j})`, ...cell.inputs.map((p) => `i(v${j}_${p})`), ...heldOutputs(cell, j)]).join('\n+ ')}`,
    '.op',
    '.end',
    '',
  ].join('\n');
  const waves = await simulate(deck, runFolder, `leakage-${cell.name}`);
  const currentA = (source: string): number => -waves.get(`i(${source.toLowerCase()})`)![0]!;
  return states.map((state, j) => {
    for (const held of heldOutputs(cell, j)) {
      if (waves.get(held.toLowerCase())![0]! > corner.supplyV / 2 === (state.Q === 1)) continue;
      throw new MaxdnnError('internal', `${cell.name}: does not hold ${conditionOf(state)} in DC`);
    }
    const supplyNw = currentA(`vdd${j}`) * corner.supplyV * 1e9;
    const inputsNw = cell.inputs.reduce(
      (sum, p) => sum + state[p]! * currentA(`v${j}_${p}`) * corner.supplyV * 1e9,
      0,
    );
    return { state, supplyNw, totalNw: supplyNw + inputsNw };
  });
}

/** Q of a flip-flop, which has to be what the state says. */
function heldOutputs(cell: Cell, copy: number): string[] {
  return cell.flipFlop === undefined ? [] : [`v(out${copy}_Q)`];
}

/** Mean over the states, nW. */
export function meanLeakageNw(leakage: readonly StateLeakage[]): number {
  return leakage.reduce((sum, l) => sum + l.totalNw, 0) / leakage.length;
}

function leakageStates(cell: Cell): Readonly<Record<string, 0 | 1>>[] {
  if (cell.flipFlop === undefined) return statesOf(cell.inputs);
  const { resetBar } = cell.flipFlop;
  return statesOf([...cell.inputs, 'Q']).filter(
    (s) => resetBar === undefined || s[resetBar] === 1 || s.Q === 0,
  );
}
