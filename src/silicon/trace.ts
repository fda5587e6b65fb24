import { MaxdnnError } from '../base/errors.ts';
import type { BlockSignal } from './block-netlist.ts';
import type { ProbedBlock } from './probe.ts';
import { splitVectors } from './vector-pieces.ts';

/** Signals of one instance during one window. */
export interface BlockWindow {
  /** Patterns per cycle by name, ⌈width / 32⌉ words each, the lowest bits first. */
  readonly inputs: ReadonlyMap<string, Uint32Array>;
  readonly outputs: ReadonlyMap<string, Uint32Array>;
  readonly extra: ReadonlyMap<string, Uint32Array>;
  /** What each register holds in the first cycle, in the order of the netlist. */
  readonly initial: Uint8Array;
  readonly cycles: number;
}

export interface TraceWindow {
  readonly cycle: number;
  /** In the order of the probed blocks. */
  readonly blocks: readonly BlockWindow[];
}

/** Where a descriptor begins, with the accesses of the memories until then. */
export interface TraceBoundary {
  readonly cycle: number;
  /** −1: the end of the image. */
  readonly descriptor: number;
  readonly reads: readonly number[];
  readonly partsWritten: readonly number[];
}

export interface Trace {
  readonly boundaries: readonly TraceBoundary[];
  readonly windows: readonly TraceWindow[];
}

/** Reads the file of the probe. @throws internal when it is cut short or not as the blocks want it */
export function parseTrace(text: string, blocks: readonly ProbedBlock[]): Trace {
  const boundaries: { cycle: number; descriptor: number; reads: number[]; partsWritten: number[] }[] = [];
  const windows: { cycle: number; states: string[]; lines: [string, string, string][][] }[] = [];
  for (const line of text.split('\n')) {
    const [kind, first, ...rest] = line.split(' ');
    if (kind === 'd') {
      boundaries.push({ cycle: Number(first), descriptor: Number(rest[0]), reads: [], partsWritten: [] });
    } else if (kind === 'm') {
      boundaries.at(-1)!.reads.push(Number(rest[0]));
      boundaries.at(-1)!.partsWritten.push(Number(rest[1]));
    } else if (kind === 'w') windows.push({ cycle: Number(first), states: [], lines: blocks.map(() => []) });
    else if (kind === 's') windows.at(-1)!.states.push(rest[0]!);
    else if (kind === 'c') windows.at(-1)!.lines[Number(first)]!.push(rest as [string, string, string]);
  }
  if (boundaries.at(-1)?.descriptor !== -1) {
    throw new MaxdnnError('internal', 'the trace of the accelerator has no end');
  }
  return {
    boundaries,
    windows: windows.map(({ cycle, states, lines }) => ({
      cycle,
      blocks: blocks.map(({ block, extra }, b): BlockWindow => {
        const own = lines[b]!;
        const values = splitVectors(states[b]!, block.states);
        return {
          inputs: readSignals(
            own.map(([inputs]) => inputs),
            block.inputs,
          ),
          outputs: readSignals(
            own.map(([, outputs]) => outputs),
            block.outputs,
          ),
          extra: readSignals(
            own.map(([, , others]) => others),
            extra,
          ),
          initial: Uint8Array.from(block.stateBits, ({ signal, bit, isInverted }) => {
            if (signal === undefined) return 0;
            const value = (values[signal]![bit >> 5]! >>> (bit & 31)) & 1;
            return isInverted ? 1 - value : value;
          }),
          cycles: own.length,
        };
      }),
    })),
  };
}

function readSignals(
  lines: readonly string[],
  signals: readonly BlockSignal[],
): ReadonlyMap<string, Uint32Array> {
  const patterns = signals.map(({ width }) => new Uint32Array(lines.length * Math.ceil(width / 32)));
  let [lastLine, last] = ['', [] as readonly Uint32Array[]];
  for (const [cycle, line] of lines.entries()) {
    if (line !== lastLine) [lastLine, last] = [line, splitVectors(line, signals)];
    for (const [s, words] of last.entries()) patterns[s]!.set(words, cycle * words.length);
  }
  return new Map(signals.map(({ name }, s) => [name, patterns[s]!]));
}
