import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import type { Corner } from './corners.ts';
import { MAX_STEP_NS, modelCards, subcircuit, transientOptions } from './device.ts';
import { startLines } from './start-state.ts';
import type { State } from './states.ts';
import { SLEW_HIGH, SLEW_LOW } from './transient.ts';
import { crossingS, valueAt } from './waveform.ts';

/** A pulse of a clock or reset pin: the level it goes to for a while, and what Q has to do because of it. */
export interface PulseKind {
  readonly pin: string;
  readonly level: 0 | 1;
  /** Level of D while the pulse lasts. */
  readonly data: 0 | 1;
  /** Q before the pulse and after it. */
  readonly from: 0 | 1;
}

/** Transition time of both edges, 30 % … 70 %, ns. */
const SLEW_NS = 0.005;
const LOAD_FF = 4;
/** Times at the typical corner, ns; a corner stretches them by its slowdown. */
const PULSE_NS = 0.5;
const STOP_NS = 1.9;
const SHORTEST_NS = 0.015;
const LONGEST_NS = 0.3;
const UNDISTURBED_NS = 0.7;
const COPIES = 12;
/** Largest growth of the delay to Q that still counts. */
const PUSH_OUT = 1.1;

/**
 * Smallest width of a pulse at 50 % of the supply, ns, by two scans. Q has to change to the other value, at most 10 %
 * later than with a long pulse, and keep it. The delay counts from the edge that moves Q: the rising one of a clock,
 * the falling one of a reset. A pulse shorter than SHORTEST_NS would not swing from rail to rail and is not tried.
 */
export async function measurePulseWidth(cell: Cell, kind: PulseKind, bench: Bench): Promise<number> {
  const { slowdown } = bench.corner;
  const [shortest, longest] = [SHORTEST_NS * slowdown, LONGEST_NS * slowdown];
  const coarse = await smallestWidth(cell, kind, spread(shortest, longest), bench);
  const step = (longest - shortest) / (COPIES - 1);
  return smallestWidth(cell, kind, spread(Math.max(shortest, coarse - step), coarse + step / 4), bench);
}

function spread(from: number, to: number): number[] {
  return Array.from({ length: COPIES }, (_, i) => from + ((to - from) * i) / (COPIES - 1));
}

/** Smallest width from which on all widths of the scan work; the last one must. */
async function smallestWidth(
  cell: Cell,
  kind: PulseKind,
  widths: readonly number[],
  { corner, runFolder }: Bench,
): Promise<number> {
  const name = `${cell.name}-pulse-${kind.pin}${kind.level}-${kind.from}`;
  const { supplyV, slowdown } = corner;
  const all = [...widths, UNDISTURBED_NS * slowdown];
  const waves = await simulate(pulseDeck(cell, kind, all, corner), runFolder, name);
  const time = waves.get('time')!;
  const stopS = STOP_NS * slowdown * 1e-9;
  const to = (1 - kind.from) as 0 | 1;
  const delays = all.map((width, j) => {
    const q = waves.get(`v(q${j})`)!;
    if (valueAt(time, q, stopS) > supplyV / 2 !== (to === 1)) return undefined;
    if (q[0]! > supplyV / 2 !== (kind.from === 1)) {
      throw new MaxdnnError('internal', `${name}: Q does not start at ${kind.from}`);
    }
    const movesAtEnd = kind.pin === cell.flipFlop!.clock && kind.level === 0;
    const causeNs = PULSE_NS * slowdown + (movesAtEnd ? width : 0);
    return crossingS(time, q, supplyV / 2, to, 0, stopS) * 1e9 - causeNs;
  });
  const nominal = delays.at(-1);
  const works = delays.map((d) => d !== undefined && nominal !== undefined && d <= nominal * PUSH_OUT);
  if (works.slice(widths.length - 1).includes(false)) {
    throw new MaxdnnError('internal', `${name}: even ${widths.at(-1)} ns does not suffice`);
  }
  return widths[works.slice(0, widths.length).lastIndexOf(false) + 1]!;
}

function pulseDeck(cell: Cell, kind: PulseKind, widths: readonly number[], corner: Corner): string {
  const { supplyV, slowdown } = corner;
  const { clock, data, resetBar } = cell.flipFlop!;
  const still = (pin: string): 0 | 1 => (pin === data ? kind.data : pin === resetBar ? 1 : 0);
  const net = (pin: string, j: number): string =>
    pin === kind.pin ? `pulse${j}` : still(pin) === 1 ? 'vdd' : 'low';
  const start = Object.fromEntries([
    ...cell.inputs.map((pin) => [pin, pin === kind.pin ? 1 - kind.level : still(pin)] as const),
    ['Q', kind.from] as const,
  ]) as State;
  // A reset is pulsed with the clock low: the slave holds Q alone.
  const halfRamp = SLEW_NS / (SLEW_HIGH - SLEW_LOW) / 2;
  const pulse = (widthNs: number): string => {
    const start = PULSE_NS * slowdown;
    const [rest, active] = [(1 - kind.level) * supplyV, kind.level * supplyV];
    const points = [
      start - halfRamp,
      start + halfRamp,
      start + widthNs - halfRamp,
      start + widthNs + halfRamp,
    ];
    const levels = [rest, active, active, rest];
    return `pwl(0 ${rest} ${points.map((t, i) => `${t.toFixed(6)}n ${levels[i]}`).join(' ')})`;
  };
  return [
    `* maxdnn: pulse of ${kind.pin} of ${cell.name}, clock ${clock}`,
    modelCards(corner),
    subcircuit(cell.name, [...cell.inputs, 'Q', 'QN'], cell.transistors),
    transientOptions(corner),
    `vdd vdd 0 ${supplyV}`,
    'vlow low 0 0',
    ...widths.flatMap((width, j) => [
      `vpulse${j} pulse${j} 0 ${pulse(width)}`,
      `x${j} ${cell.inputs.map((p) => net(p, j)).join(' ')} q${j} qn${j} vdd 0 ${cell.name}`,
      `cq${j} q${j} 0 ${LOAD_FF}f`,
      `cqn${j} qn${j} 0 ${LOAD_FF}f`,
      ...startLines(cell, `x${j}`, start, supplyV),
    ]),
    `.save ${widths.map((_, j) => `v(q${j})`).join('\n+ ')}`,
    `.tran ${MAX_STEP_NS}n ${STOP_NS * slowdown}n 0 ${MAX_STEP_NS}n`,
    '.end',
    '',
  ].join('\n');
}
