import type { Transistor } from './transistors.ts';

/** An output pin of a cell. */
export interface OutputPin {
  readonly name: string;
  /** Liberty function of the input pins, or the state variable IQ / IQN of a flip-flop. */
  readonly function: string;
  /** Largest load, fF; also the last point of the load axis. */
  readonly maxLoadFf: number;
}

/** Internal net that carries the value of Q, or its complement. */
export interface StateNet {
  readonly net: string;
  readonly inverted: boolean;
}

/** What makes a cell a rising-edge flip-flop. */
export interface FlipFlop {
  readonly clock: string;
  readonly data: string;
  /** Active-low asynchronous reset pin. */
  readonly resetBar?: string;
  /** Internal nets that hold the state: set to the value of Q / of its complement to start a DC analysis. */
  readonly stateNets: readonly StateNet[];
  /** The same in the master, which holds the state while the clock is high. */
  readonly masterNets: readonly StateNet[];
}

/** A standard cell as a transistor netlist with what Liberty says about its logic. */
export interface Cell {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly OutputPin[];
  readonly transistors: readonly Transistor[];
  readonly flipFlop?: FlipFlop;
}

/** Unit transistors in series from supply to output → largest load of a drive-1 output, fF. */
export const MAX_LOAD_FF: readonly number[] = [60, 60, 25, 15, 10];
