import { type Cell, MAX_LOAD_FF } from './cell.ts';
import { dual, inverter, type Network, parallel, series, stage } from './transistors.ts';

/** First stage of a clock buffer against its output stage: smaller than a buffer's, to load the clock less. */
const CLOCK_BUFFER_FIRST = 0.4;

/** Cells of one static CMOS stage, or of one stage and an output inverter; the drive is the X number. */
export function gateCells(): Cell[] {
  return [
    ...[1, 2, 4, 8].map((drive) => inverting(`INV_X${drive}`, ['A'], 'A', '!A', drive)),
    ...[1, 2, 4, 8].map((drive) => buffered(`BUF_X${drive}`, ['A'], 'A', 'A', drive)),
    buffered('CLKBUF_X1', ['A'], 'A', 'A', 1, CLOCK_BUFFER_FIRST),
    ...[2, 3, 4].flatMap(simpleGates),
    ...complexGates('AOI', (and, or) => [and, or]),
    ...complexGates('OAI', (and, or) => [or, and]),
  ];
}

/** Drives each gate is made in. */
function drivesOf(base: string): readonly number[] {
  if (base === 'NAND2' || base === 'NOR2') return [1, 2, 4];
  if (base === 'AOI33') return [];
  return ['NAND4', 'NOR4'].includes(base) || /^(AOI|OAI)(211|221|33)$/.test(base) ? [1] : [1, 2];
}

function simpleGates(count: number): Cell[] {
  const pins = Array.from({ length: count }, (_, i) => `A${i + 1}`);
  const all = pins.join(' & ');
  const any = pins.join(' | ');
  const make = (base: string, build: typeof inverting, network: Network, logic: string): Cell[] =>
    drivesOf(base).map((drive) => build(`${base}_X${drive}`, pins, network, logic, drive));
  return [
    ...make(`NAND${count}`, inverting, series(...pins), `!(${all})`),
    ...make(`NOR${count}`, inverting, parallel(...pins), `!(${any})`),
    ...make(`AND${count}`, buffered, series(...pins), `(${all})`),
    ...make(`OR${count}`, buffered, parallel(...pins), `(${any})`),
  ];
}

/**
 * AOI21, 22, 211, 221 or, with the operators exchanged, OAI21, 22, 211, 221, 33. Where the parts of a network end up in
 * series, the first stands next to the output.
 */
function complexGates(kind: 'AOI' | 'OAI', order: <T>(and: T, or: T) => readonly [T, T]): Cell[] {
  const [inner, outer] = order(' & ', ' | ');
  const pair = (...pins: readonly string[]): string => `(${pins.join(inner)})`;
  const shapes: readonly { digits: string; pins: readonly string[]; network: Network; logic: string }[] = [
    {
      digits: '21',
      pins: ['A', 'B1', 'B2'],
      network: parallel(series('B1', 'B2'), 'A'),
      logic: `A${outer}${pair('B1', 'B2')}`,
    },
    {
      digits: '22',
      pins: ['A1', 'A2', 'B1', 'B2'],
      network: parallel(series('A1', 'A2'), series('B1', 'B2')),
      logic: `${pair('A1', 'A2')}${outer}${pair('B1', 'B2')}`,
    },
    {
      digits: '211',
      pins: ['A', 'B', 'C1', 'C2'],
      network: parallel(series('C1', 'C2'), 'A', 'B'),
      logic: `A${outer}B${outer}${pair('C1', 'C2')}`,
    },
    {
      digits: '221',
      pins: ['A', 'B1', 'B2', 'C1', 'C2'],
      network: parallel(series('C1', 'C2'), 'A', series('B1', 'B2')),
      logic: `A${outer}${pair('B1', 'B2')}${outer}${pair('C1', 'C2')}`,
    },
    {
      digits: '33',
      pins: ['A1', 'A2', 'A3', 'B1', 'B2', 'B3'],
      network: parallel(series('A1', 'A2', 'A3'), series('B1', 'B2', 'B3')),
      logic: `${pair('A1', 'A2', 'A3')}${outer}${pair('B1', 'B2', 'B3')}`,
    },
  ];
  return shapes.flatMap(({ digits, pins, network, logic }) =>
    drivesOf(`${kind}${digits}`).map((drive) =>
      inverting(
        `${kind}${digits}_X${drive}`,
        pins,
        kind === 'AOI' ? network : dual(network),
        `!(${logic})`,
        drive,
      ),
    ),
  );
}

function inverting(
  name: string,
  inputs: readonly string[],
  pullDown: Network,
  logic: string,
  drive: number,
): Cell {
  const maxLoadFf = MAX_LOAD_FF[depthOf(dual(pullDown))]! * drive;
  return {
    name,
    inputs,
    outputs: [{ name: 'ZN', function: logic, maxLoadFf }],
    transistors: stage('ZN', pullDown, drive),
  };
}

/** First stage of half the drive (or another share of it), then an output inverter. */
function buffered(
  name: string,
  inputs: readonly string[],
  pullDown: Network,
  logic: string,
  drive: number,
  first = 0.5,
): Cell {
  const out = inputs.length === 1 ? 'Z' : 'ZN';
  return {
    name,
    inputs,
    outputs: [{ name: out, function: logic, maxLoadFf: MAX_LOAD_FF[1]! * drive }],
    transistors: [...stage('inner', pullDown, drive * first), ...inverter('inner', out, drive)],
  };
}

/** Longest series chain. */
function depthOf(network: Network): number {
  if (typeof network === 'string') return 1;
  const depths = network.parts.map(depthOf);
  return network.kind === 'series' ? depths.reduce((sum, d) => sum + d, 0) : Math.max(...depths);
}
