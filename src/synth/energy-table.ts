import { type ArtifactHeader, digestOf, readArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import type { StreamIdentity } from '../power/stream.ts';
import { ENERGY_TABLE_SCHEMA } from './energy-table-schema.ts';

export type { OperandRole, StreamKind } from '../power/stream.ts';

/** The Liberty library that the numbers come from. */
export interface LibraryIdentity {
  readonly name: string;
  readonly sha256: string;
  /** "embedded": the toolkit's own 45 nm-class library; "user": given with --liberty. */
  readonly origin: 'embedded' | 'user';
  readonly voltageV: number;
  readonly temperatureC: number;
  /** What of it the power and timing models leave out or simplify, one line each. */
  readonly notes: readonly string[];
}

/** Conditions common to every row of the table. */
export interface EnergyConditions {
  /**
   * Clock periods that every design is synthesised for, each once; the first is the nominal one. One operand pair
   * per period: leakage energy per operation is leakage power times the period.
   */
  readonly clockTargetsNs: readonly number[];
  /** Pairs of the uniform stream, and the seed that they are drawn with. */
  readonly operandPairs: number;
  readonly seed: number;
  readonly inputTransitionNs: number;
  readonly outputLoadFf: number;
  /** Whether netlists may have full-adder cells: as one more way to map, in every one that has adders, or not. */
  readonly adderCells: 'auto' | 'always' | 'never';
  /** Streams whose glitches are simulated too: none, the uniform one, or all (40 µs per pair for an 8×8 multiplier). */
  readonly glitches: GlitchScope;
}

export type GlitchScope = 'none' | 'uniform' | 'all';

/** Where the operands of a layer stream were recorded. */
export interface OperandOrigin {
  /** Digest of the recording. */
  readonly sha256: string;
  readonly network: { readonly name: string; readonly sha256: string };
  readonly dataset: { readonly name: string; readonly sha256: string; readonly images: number };
  readonly seed: number;
  /** The weight-stationary array whose order "layer-stream" follows. */
  readonly array: { readonly rows: number; readonly columns: number; readonly accumulatorDepth: number };
  /** In the order of the network. */
  readonly layers: readonly {
    readonly layer: string;
    readonly multiplicationsPerImage: number;
    /** Activations that pass a weight in "layer-stream". */
    readonly activationsPerWeight: number;
  }[];
}

/** The operands that a row was priced with. */
export interface RowStream extends StreamIdentity {
  readonly pairs: number;
  /** Digest of the patterns at the ports of this design. */
  readonly sha256: string;
}

/** Mean energy per operation: zero-delay simulation over the stream. */
export interface RowEnergy {
  readonly stream: RowStream;
  /** internal + switching + leakage, without glitches. */
  readonly energyPj: number;
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
  /** Energy of glitches over the whole stream, on top of energyPj; absent where they were not simulated. */
  readonly glitchPj?: number;
}

/** One design at one clock target on one stream. */
export interface EnergyRow extends RowEnergy {
  /** Digest of everything that the figures follow from: rowKey. */
  readonly key: string;
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly clockNs: number;
  readonly rtlSha256: string;
  readonly netlistSha256: string;
  readonly librarySha256: string;
  /** Digest of the synthesis recipes, their selection, and the versions of the tools and of the power engine. */
  readonly flowSha256: string;
  /** The recipe that gave the netlist. */
  readonly recipe: string;
  /** How the mapped netlist was proved equal to the RTL before it was priced. */
  readonly equivalence: 'abc-cec';
  readonly pairsCosimulated: number;
  readonly cells: number;
  readonly areaUm2: number;
  /** Longest input-to-output path, OpenSTA. */
  readonly delayNs: number;
  /** Whether delayNs ≤ clockNs; a target that no recipe meets is no failure, but not met either. */
  readonly meetsClock: boolean;
}

/** Artifact of the table stage. */
export interface EnergyTable extends ArtifactHeader<'energy-table'> {
  readonly library: LibraryIdentity;
  readonly conditions: EnergyConditions;
  /** Present when rows with layer streams are. */
  readonly operands?: OperandOrigin;
  /** Ordered by design, then clock target, then stream. */
  readonly rows: readonly EnergyRow[];
}

export const ENERGY_TABLE_FORMAT_VERSION = 2;

/**
 * Digest over library, flow, clock target, stream with role, conditions and RTL: same key, same figures. Whether the
 * glitches were simulated too is no part of it.
 */
export function rowKey(
  row: Omit<EnergyRow, 'key' | keyof RowEnergy> & { readonly stream: RowStream },
  conditions: EnergyConditions,
): string {
  const { inputTransitionNs, outputLoadFf } = conditions;
  const { librarySha256, flowSha256, clockNs, stream, design, rtlSha256 } = row;
  return digestOf([
    librarySha256,
    flowSha256,
    clockNs,
    inputTransitionNs,
    outputLoadFf,
    stream,
    design,
    rtlSha256,
  ]);
}

/**
 * Reads an energy table and checks all of it: shape, units in range, specs, that names fit specs, that the keys fit
 * the rows, that no row is there twice and that the parts of each energy add up.
 * @throws bad-input with every fault of shape at once, else the first faulty spec, else all other faults at once
 */
export function readEnergyTable(path: string): EnergyTable {
  const table = readArtifact<EnergyTable>(path, 'energy-table', ENERGY_TABLE_FORMAT_VERSION);
  const shapeFaults = checkShape(table, path);
  const faults = shapeFaults.length > 0 ? shapeFaults : findFaults(table, path);
  if (faults.length > 0) {
    throw badInput(faults, 'The table is damaged or was edited: make it again with "maxdnn table".');
  }
  return table;
}

const checkShape = compileSchema(ENERGY_TABLE_SCHEMA);

function findFaults(table: EnergyTable, path: string): readonly Fault[] {
  const seen = new Set<string>();
  const names = new Map<string, string>();
  return table.rows.flatMap((row, index) => {
    const where = `${path}: rows[${index}]`;
    const faults: Fault[] = [];
    const specText = JSON.stringify(row.spec);
    const name = names.get(specText) ?? designName(parseSpec(row.spec, `${where}.spec`));
    names.set(specText, name);
    if (seen.has(row.key)) {
      faults.push({ where, wanted: 'each row once', found: `${describeRow(row)} again` });
    }
    seen.add(row.key);
    return [...faults, ...rowFaults(row, name, table, where)];
  });
}

/** Faults between the fields of a row. */
function rowFaults(
  row: EnergyRow,
  name: string,
  { library, conditions }: EnergyTable,
  where: string,
): readonly Fault[] {
  const faults: Fault[] = [];
  if (name !== row.design) {
    const wanted = `"${name}", the name of its spec`;
    faults.push({ where: `${where}.design`, wanted, found: show(row.design) });
  }
  const sumPj = row.internalPj + row.switchingPj + row.leakagePj;
  if (Math.abs(sumPj - row.energyPj) > 1e-6 * row.energyPj) {
    const wanted = `${sumPj} (internalPj + switchingPj + leakagePj)`;
    faults.push({ where: `${where}.energyPj`, wanted, found: show(row.energyPj) });
  }
  if (row.librarySha256 !== library.sha256) {
    const wanted = `${library.sha256}, the library of the table`;
    faults.push({ where: `${where}.librarySha256`, wanted, found: show(row.librarySha256) });
  }
  if (!conditions.clockTargetsNs.includes(row.clockNs)) {
    const wanted = `one of the clock targets ${conditions.clockTargetsNs.join(', ')}`;
    faults.push({ where: `${where}.clockNs`, wanted, found: show(row.clockNs) });
  }
  if (row.meetsClock !== row.delayNs <= row.clockNs) {
    const wanted = `${row.delayNs <= row.clockNs}: ${row.delayNs} ns at ${row.clockNs} ns`;
    faults.push({ where: `${where}.meetsClock`, wanted, found: show(row.meetsClock) });
  }
  const isOfLayer = row.stream.kind === 'layer-iid' || row.stream.kind === 'layer-stream';
  if (isOfLayer !== (row.stream.layer !== undefined && row.stream.role !== undefined)) {
    const wanted = 'layer and role with a layer stream, and only with one';
    faults.push({ where: `${where}.stream`, wanted, found: show(row.stream) });
  }
  const key = rowKey(row, conditions);
  if (faults.length === 0 && key !== row.key) {
    faults.push({ where: `${where}.key`, wanted: `${key}, the digest of the row`, found: show(row.key) });
  }
  return faults;
}

/** A row in words, e.g. "mul_booth_s8 at 1 ns, layer-iid conv1 weight-on-b". */
export function describeRow({ design, clockNs, stream }: EnergyRow): string {
  const parts = [stream.kind, stream.layer, stream.role].filter((part) => part !== undefined);
  return `${design} at ${clockNs} ns, ${parts.join(' ')}`;
}
