import type { Waveforms } from '../tools/ngspice.ts';
import type { Cell } from './cell.ts';
import type { Corner } from './corners.ts';
import { MAX_STEP_NS, modelCards, subcircuit, transientOptions } from './device.ts';
import { startLines } from './start-state.ts';
import type { State } from './states.ts';
import { crossingS, integrate, valueAt } from './waveform.ts';

/** Input ramps run from rail to rail; transition times are measured between these shares of the supply. */
export const SLEW_LOW = 0.3;
export const SLEW_HIGH = 0.7;

/** One input edge of a transient: the pin goes to `to` with the given transition time (30 % … 70 %). */
export interface InputEdge {
  readonly pin: string;
  readonly to: 0 | 1;
  readonly slewNs: number;
}

/** A transient of several copies of one cell, each with another load on all its outputs, on the same inputs. */
export interface TransientPlan {
  readonly corner: Corner;
  readonly cell: Cell;
  readonly initial: Readonly<Record<string, 0 | 1>>;
  /** State of a flip-flop at the start. */
  readonly initialQ?: 0 | 1;
  readonly edges: readonly InputEdge[];
  /** Load per copy and output, fF. */
  readonly loadsFf: readonly (readonly number[])[];
}

/** What one copy of the cell did in answer to one edge. */
export interface CopyResponse {
  /** Energy drawn from the supply in the edge's time window, fJ, minus what rising outputs stored in their loads. */
  readonly energyFj: number;
  /** Per output pin that changed: new level, delay from the input's 50 % and transition time, ns. */
  readonly outputs: ReadonlyMap<
    string,
    { readonly to: 0 | 1; readonly delayNs: number; readonly transitionNs: number }
  >;
}

/** All copies' answers to one edge. */
export interface EdgeResponse {
  readonly edge: InputEdge;
  readonly copies: readonly CopyResponse[];
  /** Length of the window before and after the input's 50 % point, ns; leakage counts on both sides. */
  readonly beforeNs: number;
  readonly afterNs: number;
}

/** Time after the end of an input ramp until the next one starts, ns. */
const SETTLE_NS = 1.2;
const START_NS = 0.2;

/** ngspice deck of a plan. */
export function transientDeck(plan: TransientPlan): string {
  const { cell, corner } = plan;
  const pins = [...cell.inputs, ...cell.outputs.map((o) => o.name)];
  const { starts, stopNs } = schedule(plan);
  const sources = cell.inputs.map((pin) => {
    const points = pwl(plan, pin, starts);
    return `vin_${pin} in_${pin} 0 ${points.length === 1 ? `dc ${points[0]![1]}` : `pwl(${points.map(([t, v]) => `${t.toFixed(6)}n ${v}`).join('\n+ ')})`}`;
  });
  const copies = plan.loadsFf.flatMap((loads, j) => [
    `vdd${j} vdd${j} 0 ${corner.supplyV}`,
    `x${j} ${[...cell.inputs.map((p) => `in_${p}`), ...cell.outputs.map((o) => `out${j}_${o.name}`)].join(' ')} vdd${j} 0 ${cell.name}`,
    ...cell.outputs.map((o, k) => `cl${j}_${o.name} out${j}_${o.name} 0 ${loads[k]}f`),
    ...startLines(cell, `x${j}`, startState(plan), corner.supplyV),
  ]);
  const saved = [
    ...plan.loadsFf.flatMap((_, j) => [`i(vdd${j})`, ...cell.outputs.map((o) => `v(out${j}_${o.name})`)]),
  ];
  return [
    `* maxdnn: ${cell.name}`,
    modelCards(corner),
    subcircuit(cell.name, pins, cell.transistors),
    transientOptions(corner),
    ...sources,
    ...copies,
    `.save ${saved.join('\n+ ')}`,
    `.tran ${MAX_STEP_NS}n ${stopNs.toFixed(6)}n 0 ${MAX_STEP_NS}n`,
    '.end',
    '',
  ].join('\n');
}

/** Measures a finished transient: one response per edge, in the plan's order. */
export function measureTransient(plan: TransientPlan, waves: Waveforms): EdgeResponse[] {
  const { starts, stopNs } = schedule(plan);
  const { supplyV } = plan.corner;
  const wave = (name: string): Float64Array => waves.get(name.toLowerCase())!;
  const time = wave('time');
  return plan.edges.map((edge, e) => {
    const from = starts[e]! * 1e-9;
    const until = (starts[e + 1] ?? stopNs) * 1e-9;
    const middle = from + rampNs(edge) * 0.5e-9;
    const copies = plan.loadsFf.map((loads, j) => {
      let energyFj = -integrate(time, wave(`i(vdd${j})`), from, until) * supplyV * 1e15;
      const outputs = new Map<string, { to: 0 | 1; delayNs: number; transitionNs: number }>();
      plan.cell.outputs.forEach(({ name }, k) => {
        const v = wave(`v(out${j}_${name})`);
        const [v0, v1] = [valueAt(time, v, from), valueAt(time, v, until)];
        if (Math.abs(v1 - v0) < supplyV / 2) return;
        const to = v1 > v0 ? 1 : 0;
        if (to === 1) energyFj -= loads[k]! * supplyV * (v1 - v0);
        const at = (share: number): number =>
          crossingS(time, v, supplyV * (to === 1 ? share : 1 - share), to, from, until);
        outputs.set(name, {
          to,
          delayNs: (at(0.5) - middle) * 1e9,
          transitionNs: (at(SLEW_HIGH) - at(SLEW_LOW)) * 1e9,
        });
      });
      return { energyFj, outputs };
    });
    return {
      edge,
      copies,
      beforeNs: (middle - from) * 1e9,
      afterNs: (until - middle) * 1e9,
    };
  });
}

function rampNs(edge: InputEdge): number {
  return edge.slewNs / (SLEW_HIGH - SLEW_LOW);
}

function schedule({ edges }: TransientPlan): { starts: number[]; stopNs: number } {
  const starts: number[] = [];
  let at = START_NS;
  for (const edge of edges) {
    starts.push(at);
    at += rampNs(edge) + SETTLE_NS;
  }
  return { starts, stopNs: at };
}

/** Corners [ns, V] of a pin's waveform; a single one when it never moves. */
function pwl(plan: TransientPlan, pin: string, starts: readonly number[]): [number, number][] {
  let level: number = plan.initial[pin]! * plan.corner.supplyV;
  const corners: [number, number][] = [[0, level]];
  plan.edges.forEach((edge, e) => {
    if (edge.pin !== pin) return;
    corners.push([starts[e]!, level]);
    level = edge.to * plan.corner.supplyV;
    corners.push([starts[e]! + rampNs(edge), level]);
  });
  return corners;
}

/** Levels of the inputs, and of Q for a flip-flop, before the first edge. */
function startState({ initial, initialQ }: TransientPlan): State {
  return initialQ === undefined ? initial : { ...initial, Q: initialQ };
}
