import type { ArtifactHeader } from '../base/artifact.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** The Liberty library that the numbers come from. */
export interface LibraryIdentity {
  readonly name: string;
  readonly sha256: string;
  /** "embedded": the toolkit's own 45 nm-class library; "user": given with --liberty. */
  readonly origin: 'embedded' | 'user';
  readonly voltageV: number;
  readonly temperatureC: number;
}

/** Conditions common to every row of the table. */
export interface EnergyConditions {
  /** Operand stream: "uniform" = independent uniform operands over the full range of the application. */
  readonly stream: 'uniform';
  readonly operandPairs: number;
  readonly seed: number;
  /** Time between operand pairs; leakage energy per operation is leakage power times this. */
  readonly vectorPeriodNs: number;
  readonly inputTransitionNs: number;
  readonly outputLoadFf: number;
  /** Target given to abc -D. */
  readonly abcDelayTargetPs: number;
  /** False: zero-delay simulation, no glitch power. */
  readonly glitches: boolean;
}

/** One design, priced. */
export interface EnergyRow {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly rtlSha256: string;
  readonly netlistSha256: string;
  readonly streamSha256: string;
  /** How the mapped netlist was proved equal to the RTL before it was priced. */
  readonly equivalence: 'abc-cec';
  readonly pairsCosimulated: number;
  readonly cells: number;
  readonly areaUm2: number;
  /** Longest input-to-output path, OpenSTA. */
  readonly delayNs: number;
  /** Mean energy per operation: internal + switching + leakage. */
  readonly energyPj: number;
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
}

/** Artifact of the table stage. */
export interface EnergyTable extends ArtifactHeader<'energy-table'> {
  readonly library: LibraryIdentity;
  readonly conditions: EnergyConditions;
  readonly rows: readonly EnergyRow[];
}

export const ENERGY_TABLE_FORMAT_VERSION = 1;
