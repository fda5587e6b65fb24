import { MaxdnnError } from '../base/errors.ts';

/** Mean power in W that OpenSTA's report_power prints for a whole design. */
export interface ReportedPower {
  readonly internalW: number;
  readonly switchingW: number;
  readonly leakageW: number;
  readonly totalW: number;
}

/**
 * Figures of the line "Total" of report_power.
 * @throws tool-failed when the unit is not W, the columns are others, the line is missing or does not add up
 */
export function parseReportPower(text: string): ReportedPower {
  const all = text.split('\n');
  const head = all.findIndex((line) => /^Group\s+Internal\s+Switching\s+Leakage\s+Total\s*$/.test(line));
  const [units = '', ...lines] = head < 0 ? [] : all.slice(head + 1);
  if (!units.includes('(Watts)')) {
    const found = head < 0 ? 'none' : `columns in ${units.trim()}`;
    throw fault('a table Group, Internal, Switching, Leakage, Total in Watts', found);
  }
  const line = lines.find((other) => other.startsWith('Total'));
  const values = line?.split(/\s+/).slice(1, 5).map(Number) ?? [];
  const [internalW, switchingW, leakageW, totalW] = values;
  if (
    internalW === undefined ||
    switchingW === undefined ||
    leakageW === undefined ||
    totalW === undefined ||
    !values.every(Number.isFinite)
  ) {
    throw fault('a line Total with four numbers', line ?? 'none');
  }
  const sum = internalW + switchingW + leakageW;
  if (!(Math.abs(sum - totalW) <= 1e-4 * totalW)) throw fault(`a total of ${sum} W`, `${totalW} W`);
  return { internalW, switchingW, leakageW, totalW };
}

/** Number of pins that read_vcd or read_saif annotated. @throws tool-failed when it tells none */
export function parseAnnotatedPins(text: string): number {
  const [, pins] = /^Annotated (\d+) pin activities/m.exec(text) ?? [];
  if (pins === undefined) throw fault('"Annotated N pin activities"', 'none');
  return Number(pins);
}

function fault(wanted: string, found: string): MaxdnnError {
  return new MaxdnnError('tool-failed', `report_power of sta: wanted ${wanted}, found ${found}`, {
    hint: 'Is this version of OpenSTA known to work? docs/crosscheck.md names those that are.',
  });
}
