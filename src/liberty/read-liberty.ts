import { gunzipSync } from 'node:zlib';
import { badInput } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';
import { readCells } from './cells.ts';
import type { LibraryModel } from './model.ts';
import { addNote, type NoteBook, printNotes } from './notes.ts';
import { noteLibrary } from './support.ts';
import { type LibertyGroup, numberOf, parseLibertyText, textOf } from './syntax.ts';
import { type LibertyUnits, readUnits } from './units.ts';

/**
 * Reads a Liberty file, plain or gzip-compressed (recognised by its content, not by its name).
 * @throws bad-input when it is missing, empty, damaged, not Liberty, or lacks units, voltage or cells
 */
export function readLiberty(path: string): LibraryModel {
  return parseLiberty(readLibertyText(path), path);
}

/** Uncompressed text of a Liberty file, e.g. to hand to a tool that cannot read .gz. */
export function readLibertyText(path: string): string {
  const content = readInputFile(path, 'a Liberty file (.lib or .lib.gz)');
  const plain = content[0] === 0x1f && content[1] === 0x8b ? uncompress(content, path) : content;
  const zero = plain.indexOf(0);
  if (zero >= 0) {
    throw badInput(
      { where: path, wanted: 'Liberty text', found: `binary data (a zero byte at offset ${zero})` },
      'Give a Liberty (.lib or .lib.gz) file with --liberty.',
    );
  }
  return plain.toString('utf8');
}

/** Parses Liberty text; `where` names it in errors. @throws bad-input as readLiberty */
export function parseLiberty(text: string, where: string): LibraryModel {
  const library = parseLibertyText(text, where);
  refuseIncludes(library, where);
  const units = readUnits(library, where);
  const notes: NoteBook = new Map();
  noteLibrary(library, where, notes);
  const point = readOperatingPoint(library, units, where, notes);
  const { cells, leftOut } = readCells(library, units, where, notes);
  const reasons = [...leftOut].map(([cell, reason]) => `cell ${cell} left out: ${reason}`);
  return {
    name: library.args[0] ?? '',
    sha256: sha256(text),
    ...point,
    swingFactor: readSwingFactor(library, where),
    cells,
    leftOut,
    notes: [...reasons, ...printNotes(notes)],
  };
}

/** A part of the library that is in another file is not there. */
function refuseIncludes(library: LibertyGroup, where: string): void {
  const include = [library, ...library.groups].flatMap(({ attributes }) =>
    attributes.filter(({ name }) => name === 'include_file'),
  )[0];
  if (include === undefined) return;
  throw badInput(
    {
      where: `${where}:${include.line}`,
      wanted: 'the whole library in one file',
      found: `include_file (${include.values.join(', ')})`,
    },
    'Paste the included file in its place.',
  );
}

/** Voltage and temperature of the default operating conditions, else the nominal ones. */
function readOperatingPoint(
  library: LibertyGroup,
  units: LibertyUnits,
  where: string,
  notes: NoteBook,
): { voltageV: number; temperatureC: number } {
  const wanted = textOf(library, 'default_operating_conditions');
  const conditions = library.groups.find((g) => g.name === 'operating_conditions' && g.args[0] === wanted);
  const voltage =
    (conditions && numberOf(conditions, 'voltage', where)) ?? numberOf(library, 'nom_voltage', where);
  const temperatureC =
    (conditions && numberOf(conditions, 'temperature', where)) ?? numberOf(library, 'nom_temperature', where);
  if (voltage === undefined || temperatureC === undefined) {
    const missing = voltage === undefined ? 'nom_voltage' : 'nom_temperature';
    throw badInput(
      { where, wanted: `${missing}, or default operating_conditions that give it`, found: 'neither' },
      'Power cannot be computed without it: add it, or fetch the library again.',
    );
  }
  const nominal = numberOf(library, 'nom_voltage', where);
  if (nominal !== undefined && nominal !== voltage) {
    addNote(
      notes,
      `nom_voltage ${nominal} is not that of the default operating conditions, ${voltage}, which count`,
    );
  }
  return { voltageV: voltage * units.voltageV, temperatureC };
}

/**
 * From the thresholds between which transition times are measured; mean of the rising and the falling edge.
 * Source: Synopsys, "Liberty User Guide", vol. 1: slew_lower_threshold_pct_* 20 and slew_upper_threshold_pct_* 80
 * where not given, slew_derate_from_library 1.
 */
function readSwingFactor(library: LibertyGroup, where: string): number {
  const percent = (name: string, standard: number): number => {
    const edges = ['rise', 'fall'].map((edge) => numberOf(library, `${name}_${edge}`, where) ?? standard);
    return (edges[0]! + edges[1]!) / 2;
  };
  const lower = percent('slew_lower_threshold_pct', 20);
  const upper = percent('slew_upper_threshold_pct', 80);
  if (upper > lower)
    return (100 / (upper - lower)) * (numberOf(library, 'slew_derate_from_library', where) ?? 1);
  throw badInput(
    {
      where,
      wanted: 'slew_upper_threshold_pct above slew_lower_threshold_pct',
      found: `${upper} and ${lower}`,
    },
    'Transition times mean nothing without them: correct the library.',
  );
}

function uncompress(content: Buffer, path: string): Buffer {
  try {
    return gunzipSync(content);
  } catch (error) {
    throw badInput(
      { where: path, wanted: 'a complete gzip file', found: `damaged data (${(error as Error).message})` },
      'The file is cut off or damaged: fetch it again.',
      error,
    );
  }
}
