import { type ArtifactHeader, readArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { ENERGY_TABLE_SCHEMA } from './energy-table-schema.ts';

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
  readonly librarySha256: string;
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

/**
 * Reads an energy table and checks all of it: shape, units in range, specs, that names fit specs, that no design
 * is there twice and that the parts of each energy add up.
 * @throws bad-input with every fault of shape at once, else the first faulty spec, else all other faults at once
 */
export function readEnergyTable(path: string): EnergyTable {
  const table = readArtifact<EnergyTable>(path, 'energy-table', ENERGY_TABLE_FORMAT_VERSION);
  const shapeFaults = checkShape(table, path);
  const faults =
    shapeFaults.length > 0
      ? shapeFaults
      : table.rows.flatMap((row, index) =>
          rowFaults(row, `${path}: rows[${index}]`, table.rows.slice(0, index)),
        );
  if (faults.length > 0) {
    throw badInput(faults, 'The table is damaged or was edited: make it again with "maxdnn table".');
  }
  return table;
}

/**
 * The row of a design.
 * @throws bad-input when the table has none, naming those it has
 */
export function findEnergyRow(table: EnergyTable, design: string): EnergyRow {
  const row = table.rows.find((candidate) => candidate.design === design);
  if (row !== undefined) return row;
  const names = table.rows.map((candidate) => candidate.design).join(', ');
  throw badInput(
    { where: 'energy table', wanted: `a row for ${design}`, found: `rows for ${names}` },
    'Verify the design and make the table again with it.',
  );
}

const checkShape = compileSchema(ENERGY_TABLE_SCHEMA);

/** Faults between the fields of a row. */
function rowFaults(row: EnergyRow, where: string, before: readonly EnergyRow[]): readonly Fault[] {
  const name = designName(parseSpec(row.spec, `${where}.spec`));
  const faults: Fault[] = [];
  if (name !== row.design) {
    faults.push({
      where: `${where}.design`,
      wanted: `"${name}", the name of its spec`,
      found: show(row.design),
    });
  }
  if (before.some((other) => other.design === row.design)) {
    faults.push({ where: `${where}.design`, wanted: 'each design once', found: `${show(row.design)} again` });
  }
  const sumPj = row.internalPj + row.switchingPj + row.leakagePj;
  if (Math.abs(sumPj - row.energyPj) > 1e-6 * row.energyPj) {
    const wanted = `${sumPj} (internalPj + switchingPj + leakagePj)`;
    faults.push({ where: `${where}.energyPj`, wanted, found: show(row.energyPj) });
  }
  return faults;
}
