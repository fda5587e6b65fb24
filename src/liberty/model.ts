import type { BooleanExpression } from './boolean-expression.ts';
import type { ConstraintTable, NldmTable } from './lookup-table.ts';

/** A standard-cell library in our units: ns, fF, fJ, nW, V, °C, µm². */
export interface LibraryModel {
  readonly name: string;
  /** SHA-256 of the file's uncompressed text. */
  readonly sha256: string;
  readonly voltageV: number;
  readonly temperatureC: number;
  /** Time of a full swing as a straight ramp over a transition time of the tables: 2.5 for thresholds 30 % and 70 %. */
  readonly swingFactor: number;
  readonly cells: ReadonlyMap<string, CellModel>;
  /** Cells that are not in `cells` because of something this reader does not support, and what that is. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** What is in the file and not, or not exactly, in this model, one line each; see docs/liberty.md. */
  readonly notes: readonly string[];
}

export interface CellModel {
  readonly name: string;
  readonly areaUm2: number;
  /** True when the library tells tools not to choose the cell. */
  readonly dontUse: boolean;
  readonly pins: ReadonlyMap<string, PinModel>;
  /** Names of the input pins in the order of the library. */
  readonly inputs: readonly string[];
  /** Names of the output pins in the order of the library. */
  readonly outputs: readonly string[];
  readonly leakage: LeakageModel;
  /** Present for edge-triggered cells. */
  readonly flipFlop?: FlipFlopModel;
  /** "latch" and "statetable" (clock gates): understood by no stage yet. */
  readonly storage: 'none' | 'flip-flop' | 'latch' | 'statetable';
}

export interface PinModel {
  readonly name: string;
  readonly direction: 'input' | 'output' | 'inout' | 'internal';
  readonly capacitanceFf: number;
  /** Capacitance that a rising and a falling edge at the pin meet; equal to capacitanceFf where not given apart. */
  readonly riseCapacitanceFf: number;
  readonly fallCapacitanceFf: number;
  /** Largest load that the tables were made for; absent where the library gives none. */
  readonly maxCapacitanceFf?: number;
  /** True for pins that the library marks so and for those that clock the cell's flip-flop. */
  readonly isClock: boolean;
  /** What an output computes; absent for inputs and for outputs without a combinational description. */
  readonly function?: BooleanExpression;
  /** True when the output can be switched off. */
  readonly isThreeState: boolean;
  readonly timing: readonly TimingArc[];
  readonly power: readonly PowerArc[];
  readonly constraints: readonly ConstraintArc[];
}

/** Delay arc from `relatedPin` to the output pin that owns it. */
export interface TimingArc {
  readonly relatedPin: string;
  readonly sense: 'positive_unate' | 'negative_unate' | 'non_unate';
  /** Liberty timing_type; "combinational" when the library gives none. */
  readonly type: string;
  readonly when?: BooleanExpression;
  /** Delay (ns) and output transition (ns) of a rising output. */
  readonly rise?: EdgeTables;
  /** The same for a falling output. */
  readonly fall?: EdgeTables;
}

export interface EdgeTables {
  readonly delayNs: NldmTable;
  readonly transitionNs: NldmTable;
}

/** Time that the pin that owns it must be stable before or after an edge of `relatedPin`, or a pulse width. */
export interface ConstraintArc {
  readonly relatedPin: string;
  /** Liberty timing_type, e.g. "setup_rising", "hold_falling", "recovery_rising", "min_pulse_width". */
  readonly type: string;
  readonly when?: BooleanExpression;
  /** For a rising edge of the owning pin. */
  readonly rise?: ConstraintTable;
  /** For a falling one. */
  readonly fall?: ConstraintTable;
}

/** Internal energy of one transition of the pin that owns it, in fJ, load not included. */
export interface PowerArc {
  /** The input whose change causes the transition; absent: any, or the pin itself for an input. */
  readonly relatedPin?: string;
  readonly when?: BooleanExpression;
  /** Supply that delivers it; arcs of different supplies add up. */
  readonly relatedPgPin?: string;
  readonly riseFj?: NldmTable;
  readonly fallFj?: NldmTable;
}

export interface LeakageModel {
  /** For states that no entry of `states` covers, nW. */
  readonly defaultNw: number;
  readonly states: readonly { readonly when: BooleanExpression; readonly leakageNw: number }[];
}

export interface FlipFlopModel {
  /** Names of the state variable and its complement, as used by the output functions. */
  readonly state: string;
  readonly stateInverted: string;
  readonly nextState: BooleanExpression;
  readonly clockedOn: BooleanExpression;
  readonly clear?: BooleanExpression;
  readonly preset?: BooleanExpression;
}
