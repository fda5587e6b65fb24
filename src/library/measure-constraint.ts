import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import { CONSTRAINT_SLEWS_NS } from './axes.ts';
import type { Cell } from './cell.ts';
import { MAX_STEP_NS, modelCards, SUPPLY_V, subcircuit, TRANSIENT_OPTIONS } from './device.ts';
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
const CLOCK_NS = 1.5;
const STOP_NS = 2.6;
const EARLIEST_NS = -0.2;
const LATEST_NS = 0.4;
/** Largest growth of the clock-to-Q delay that still counts as captured in time. */
const PUSH_OUT = 1.1;

/** Smallest times, ns, [slew of the pin][slew of the clock]: found by two scans of offsets, 6 ps apart in the second. */
export async function measureConstraint(
  cell: Cell,
  kind: ConstraintKind,
  runFolder: string,
): Promise<number[][]> {
  const table: number[][] = [];
  for (const pinSlewNs of CONSTRAINT_SLEWS_NS) {
    const row: number[] = [];
    for (const clockSlewNs of CONSTRAINT_SLEWS_NS) {
      const scan = (offsets: readonly number[]): Promise<number> =>
        smallestOffset(cell, kind, pinSlewNs, clockSlewNs, offsets, runFolder);
      const coarse = await scan(spread(EARLIEST_NS, LATEST_NS));
      const step = (LATEST_NS - EARLIEST_NS) / (COPIES - 1);
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
  runFolder: string,
): Promise<number> {
  const name = `${cell.name}-${kind.side}-${kind.pin}${kind.to}`;
  // One more copy, whose edge is far away, gives the undisturbed delay.
  const all = [...offsets, 0.8];
  const waves = await simulate(scanDeck(cell, kind, pinSlewNs, clockSlewNs, all), runFolder, name);
  const time = waves.get('time')!;
  const delays = all.map((_, j) => {
    const q = waves.get(`v(q${j})`)!;
    const ended = valueAt(time, q, STOP_NS * 1e-9) > SUPPLY_V / 2 ? 1 : 0;
    if (ended !== kind.captured) return undefined;
    if (kind.from === kind.captured) return q.some((v) => v > SUPPLY_V / 2) ? undefined : 0;
    return crossingS(time, q, SUPPLY_V / 2, kind.captured, 0, STOP_NS * 1e-9) * 1e9 - CLOCK_NS;
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
): string {
  const resetBar = cell.flipFlop!.resetBar;
  const sources = offsets.map((offset, j) => {
    const middle = CLOCK_NS + (kind.side === 'before' ? -offset : offset);
    return `vpin${j} pin${j} 0 ${ramp(middle, pinSlewNs, 1 - kind.to, kind.to)}`;
  });
  const net = (p: string, j: number): string =>
    p === 'CK'
      ? 'clock'
      : p === kind.pin
        ? `pin${j}`
        : p === resetBar
          ? 'vdd'
          : kind.data === 1
            ? 'vdd'
            : 'low';
  return [
    `* maxdnn: ${kind.side} ${kind.pin} of ${cell.name}`,
    modelCards(),
    subcircuit(cell.name, [...cell.inputs, 'Q', 'QN'], cell.transistors),
    TRANSIENT_OPTIONS,
    `vdd vdd 0 ${SUPPLY_V}`,
    'vlow low 0 0',
    `vclock clock 0 ${ramp(CLOCK_NS, clockSlewNs, 0, 1)}`,
    ...sources,
    ...offsets.flatMap((_, j) => [
      `x${j} ${cell.inputs.map((p) => net(p, j)).join(' ')} q${j} qn${j} vdd 0 ${cell.name}`,
      `cq${j} q${j} 0 ${LOAD_FF}f`,
      `cqn${j} qn${j} 0 ${LOAD_FF}f`,
      ...cell.flipFlop!.stateNets.map(
        (s) => `.nodeset v(x${j}.${s.net})=${(s.inverted ? 1 - kind.from : kind.from) * SUPPLY_V}`,
      ),
    ]),
    `.save ${offsets.map((_, j) => `v(q${j})`).join('\n+ ')}`,
    `.tran ${MAX_STEP_NS}n ${STOP_NS}n 0 ${MAX_STEP_NS}n`,
    '.end',
    '',
  ].join('\n');
}

function ramp(middleNs: number, slewNs: number, from: number, to: number): string {
  const half = slewNs / (SLEW_HIGH - SLEW_LOW) / 2;
  const [start, end] = [(middleNs - half).toFixed(6), (middleNs + half).toFixed(6)];
  return `pwl(0 ${from * SUPPLY_V} ${start}n ${from * SUPPLY_V} ${end}n ${to * SUPPLY_V})`;
}
