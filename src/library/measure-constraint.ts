import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import { CONSTRAINT_SLEWS_NS } from './axes.ts';
import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import type { Corner } from './corners.ts';
import { MAX_STEP_NS, modelCards, subcircuit, transientOptions } from './device.ts';
import { startLines } from './start-state.ts';
import type { State } from './states.ts';
import { SLEW_HIGH, SLEW_LOW } from './transient.ts';
import { crossingS, valueAt } from './waveform.ts';

/** What is scanned: an edge of `pin` near a rising clock, and what the flip-flop has to do all the same. */
export interface ConstraintKind {
  readonly pin: string;
  readonly to: 0 | 1;
  /** Edge before the clock (setup, recovery) or after it (hold, removal). */
  readonly side: 'before' | 'after';
  /** Level of D at the clock edge if D is not the scanned pin. */
  readonly data: 0 | 1;
  /** Q before the clock, and after it. */
  readonly from: 0 | 1;
  readonly captured: 0 | 1;
}

const COPIES = 12;
const LOAD_FF = 4;
/** Times at the typical corner; a corner stretches them by its slowdown. */
const CLOCK_NS = 1.5;
const STOP_NS = 2.6;
const EARLIEST_NS = -0.2;
const LATEST_NS = 0.4;
/** Offset of a copy whose edge does not disturb the clock's. */
const FAR_NS = 0.8;
/** Largest growth of the clock-to-Q delay that still counts as captured in time. */
const PUSH_OUT = 1.1;

/**
 * Smallest times, ns, [slew of the pin][slew of the clock]: found by two scans of offsets, 6 ps apart in the second
 * (times the corner's slowdown).
 */
export async function measureConstraint(cell: Cell, kind: ConstraintKind, bench: Bench): Promise<number[][]> {
  const { slowdown } = bench.corner;
  const [earliest, latest] = [EARLIEST_NS * slowdown, LATEST_NS * slowdown];
  const table: number[][] = [];
  for (const pinSlewNs of CONSTRAINT_SLEWS_NS) {
    const row: number[] = [];
    for (const clockSlewNs of CONSTRAINT_SLEWS_NS) {
      const scan = (offsets: readonly number[]): Promise<number> =>
        smallestOffset(cell, kind, pinSlewNs, clockSlewNs, offsets, bench);
      const coarse = await scan(spread(earliest, latest));
      const step = (latest - earliest) / (COPIES - 1);
      // A little beyond the coarse result: the time steps of the two scans differ, and so do borderline copies.
      row.push(await scan(spread(coarse - step, coarse + step / 4)));
    }
    table.push(row);
  }
  return table;
}

function spread(from: number, to: number): number[] {
  return Array.from({ length: COPIES }, (_, i) => from + ((to - from) * i) / (COPIES - 1));
}

/** Smallest offset from which on all offsets of the scan work; the last one must. */
async function smallestOffset(
  cell: Cell,
  kind: ConstraintKind,
  pinSlewNs: number,
  clockSlewNs: number,
  offsets: readonly number[],
  { corner, runFolder }: Bench,
): Promise<number> {
  const { supplyV, slowdown } = corner;
  const [clockNs, stopS] = [CLOCK_NS * slowdown, STOP_NS * slowdown * 1e-9];
  const name = `${cell.name}-${kind.side}-${kind.pin}${kind.to}`;
  // One more copy, whose edge is far away, gives the undisturbed delay.
  const all = [...offsets, FAR_NS * slowdown];
  const waves = await simulate(scanDeck(cell, kind, pinSlewNs, clockSlewNs, all, corner), runFolder, name);
  const time = waves.get('time')!;
  const delays = all.map((_, j) => {
    const q = waves.get(`v(q${j})`)!;
    const ended = valueAt(time, q, stopS) > supplyV / 2 ? 1 : 0;
    if (ended !== kind.captured) return undefined;
    if (kind.from === kind.captured) return q.some((v) => v > supplyV / 2) ? undefined : 0;
    return crossingS(time, q, supplyV / 2, kind.captured, 0, stopS) * 1e9 - clockNs;
  });
  const nominal = delays.at(-1);
  const works = delays.map((d) => d !== undefined && nominal !== undefined && d <= nominal * PUSH_OUT);
  if (works.slice(offsets.length - 1).includes(false)) {
    throw new MaxdnnError('internal', `${name}: even ${offsets.at(-1)} ns does not suffice`);
  }
  return offsets[works.slice(0, offsets.length).lastIndexOf(false) + 1]!;
}

function scanDeck(
  cell: Cell,
  kind: ConstraintKind,
  pinSlewNs: number,
  clockSlewNs: number,
  offsets: readonly number[],
  corner: Corner,
): string {
  const { supplyV, slowdown } = corner;
  const clockNs = CLOCK_NS * slowdown;
  const resetBar = cell.flipFlop!.resetBar;
  const sources = offsets.map((offset, j) => {
    const middle = clockNs + (kind.side === 'before' ? -offset : offset);
    return `vpin${j} pin${j} 0 ${ramp(middle, pinSlewNs, 1 - kind.to, kind.to, supplyV)}`;
  });
  const still = (p: string): 0 | 1 => (p === resetBar ? 1 : kind.data);
  const net = (p: string, j: number): string =>
    p === 'CK' ? 'clock' : p === kind.pin ? `pin${j}` : still(p) === 1 ? 'vdd' : 'low';
  const start: State = Object.fromEntries([
    ...cell.inputs.map((p) => [p, p === 'CK' ? 0 : p === kind.pin ? 1 - kind.to : still(p)] as const),
    ['Q', kind.from] as const,
  ]) as State;
  return [
    `* maxdnn: ${kind.side} ${kind.pin} of ${cell.name}`,
    modelCards(corner),
    subcircuit(cell.name, [...cell.inputs, 'Q', 'QN'], cell.transistors),
    transientOptions(corner),
    `vdd vdd 0 ${supplyV}`,
    'vlow low 0 0',
    `vclock clock 0 ${ramp(clockNs, clockSlewNs, 0, 1, supplyV)}`,
    ...sources,
    ...offsets.flatMap((_, j) => [
      `x${j} ${cell.inputs.map((p) => net(p, j)).join(' ')} q${j} qn${j} vdd 0 ${cell.name}`,
      `cq${j} q${j} 0 ${LOAD_FF}f`,
      `cqn${j} qn${j} 0 ${LOAD_FF}f`,
      ...startLines(cell, `x${j}`, start, supplyV),
    ]),
    `.save ${offsets.map((_, j) => `v(q${j})`).join('\n+ ')}`,
    `.tran ${MAX_STEP_NS}n ${STOP_NS * slowdown}n 0 ${MAX_STEP_NS}n`,
    '.end',
    '',
  ].join('\n');
}

function ramp(middleNs: number, slewNs: number, from: number, to: number, supplyV: number): string {
  const half = slewNs / (SLEW_HIGH - SLEW_LOW) / 2;
  const [start, end] = [(middleNs - half).toFixed(6), (middleNs + half).toFixed(6)];
  return `pwl(0 ${from * supplyV} ${start}n ${from * supplyV} ${end}n ${to * supplyV})`;
}
