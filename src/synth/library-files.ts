import { existsSync, renameSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { temporaryPath, writeFileAtomic } from '../base/files.ts';
import { evaluateBoolean } from '../liberty/boolean-expression.ts';
import type { CellModel, LibraryModel } from '../liberty/model.ts';
import { parseLiberty, readLibertyText } from '../liberty/read-liberty.ts';
import { runYosys, yosysWord } from '../tools/yosys.ts';
import type { LibraryIdentity } from './energy-table.ts';

/** Output pin of a cell that drives a constant. */
export interface TieCell {
  readonly cell: string;
  readonly pin: string;
}

/** A Liberty library in the forms that the stages of synthesis read. */
export interface SynthesisLibrary {
  readonly model: LibraryModel;
  readonly origin: LibraryIdentity['origin'];
  /** Uncompressed Liberty text without its default wire load: nets are reckoned without wires everywhere. */
  readonly libertyPath: string;
  /** Yosys RTLIL of all cells with ports only. */
  readonly portsPath: string;
  /** Yosys RTLIL of all cells with their functions; what equivalence is proved with. */
  readonly functionsPath: string;
  /** Cell that abc takes to drive the inputs: the smallest buffer (inverter where there is none). */
  readonly drivingCell: string;
  readonly tieHigh?: TieCell;
  readonly tieLow?: TieCell;
}

/**
 * Reads a Liberty file (.lib or .lib.gz) and puts what the tools need into `cacheFolder`, once per content.
 * @throws bad-input as readLiberty, and when no buffer or inverter is there or Yosys cannot read the file
 */
export async function prepareLibrary(options: {
  readonly path: string;
  readonly origin: LibraryIdentity['origin'];
  readonly cacheFolder: string;
}): Promise<SynthesisLibrary> {
  const { path, origin } = options;
  const text = readLibertyText(path);
  const model = parseLiberty(text, path);
  const drivingCell = chooseDrivingCell(model, path);
  requireGates(model, path);
  requirePower(model, path);
  const folder = resolve(options.cacheFolder);
  const stem = model.sha256.slice(0, 16);
  const libertyPath = join(folder, `${stem}.no-wires.lib`);
  const portsPath = join(folder, `${stem}.ports.il`);
  const functionsPath = join(folder, `${stem}.functions.il`);
  if (!existsSync(libertyPath)) writeFileAtomic(libertyPath, withoutWireLoad(text));
  await writeCells(['-lib', '-ignore_miss_func'], libertyPath, portsPath, path);
  await writeCells(['-ignore_miss_func'], libertyPath, functionsPath, path);
  const tieHigh = chooseTieCell(model, 1);
  const tieLow = chooseTieCell(model, 0);
  return {
    model,
    origin,
    libertyPath,
    portsPath,
    functionsPath,
    drivingCell,
    ...(tieHigh && { tieHigh }),
    ...(tieLow && { tieLow }),
  };
}

/** @throws bad-input when no output of any cell has internal_power: energies would be those of the nets alone */
function requirePower(library: LibraryModel, where: string): void {
  const cells = [...library.cells.values()];
  if (cells.some(({ pins }) => [...pins.values()].some(({ power }) => power.length > 0))) return;
  throw badInput(
    { where, wanted: 'internal_power tables', found: `none in ${cells.length} cells` },
    'Give a library that was characterised for power: without them energies would be far too low.',
  );
}

/** OpenSTA applies a library's default wire load unasked, and has no command to stop it. */
export function withoutWireLoad(libertyText: string): string {
  return libertyText.replaceAll(/^(\s*)(default_wire_load(?:_\w+)?\s*:[^;\n]*;?)/gm, '$1/* $2 */');
}

/** What reports and artifacts say about the library their numbers come from. */
export function identifyLibrary({ model, origin }: SynthesisLibrary): LibraryIdentity {
  const { name, sha256, voltageV, temperatureC, notes } = model;
  return { name, sha256, origin, voltageV, temperatureC, notes };
}

/** The library's cells as RTLIL, written beside the Liberty file and renamed when whole. */
async function writeCells(
  options: readonly string[],
  libertyPath: string,
  target: string,
  userPath: string,
): Promise<void> {
  if (existsSync(target)) return;
  const name = basename(target, '.il');
  const temporary = basename(temporaryPath(target));
  const cwd = join(target, '..');
  try {
    await runYosys({
      commands: [
        `read_liberty ${options.join(' ')} ${yosysWord(basename(libertyPath))}`,
        `write_rtlil ${temporary}`,
      ],
      cwd,
      name,
      timeoutMs: 120_000,
    });
  } catch (error) {
    if (!(error instanceof MaxdnnError) || error.code !== 'tool-failed') throw error;
    throw badInput(
      {
        where: userPath,
        wanted: 'a Liberty file that Yosys reads',
        found: `one that it refuses:\n${error.message}`,
      },
      `See ${join(cwd, `${name}.log`)}; use a library that Yosys 0.23 can read.`,
      error,
    );
  }
  renameSync(join(cwd, temporary), target);
}

/** Smallest buffer; smallest inverter in a library without buffers; ties go to the first in the library. */
function chooseDrivingCell(library: LibraryModel, where: string): string {
  const cell =
    smallest(library, (c) => !c.dontUse && isCopy(c, 1)) ??
    smallest(library, (c) => !c.dontUse && isCopy(c, 0));
  if (cell !== undefined) return cell.name;
  throw badInput(
    {
      where,
      wanted: 'a library with a buffer or an inverter',
      found: `none among ${library.cells.size} cells`,
    },
    'Give a standard-cell library that multipliers can be built from.',
  );
}

/** abc ends without saying why when it cannot invert, or cannot combine two signals. */
function requireGates(library: LibraryModel, where: string): void {
  const usable = [...library.cells.values()].filter((c) => c.storage === 'none' && !c.dontUse);
  const lacking = [
    ...(usable.some((c) => isCopy(c, 0)) ? [] : ['inverter']),
    ...(usable.some(isAndLike) ? [] : ['NAND, NOR, AND or OR of two inputs']),
  ];
  if (lacking.length === 0) return;
  throw badInput(
    {
      where,
      wanted: 'a library with an inverter and a NAND, NOR, AND or OR of two inputs',
      found: `no ${lacking.join(' and no ')} among ${library.cells.size} cells`,
    },
    'Give a standard-cell library that multipliers can be built from.',
  );
}

/** True when the cell's only output differs from the others in one of the four states of its two inputs. */
function isAndLike(cell: CellModel): boolean {
  const output = cell.pins.get(cell.outputs[0] ?? '');
  if (cell.inputs.length !== 2 || cell.outputs.length !== 1 || output?.function === undefined) return false;
  const columns = [0b1010, 0b1100];
  const states = evaluateBoolean(output.function, (name) => columns[cell.inputs.indexOf(name)]!) & 0b1111;
  return [0b0001, 0b1000, 0b1110, 0b0111].includes(states);
}

/**
 * Smallest cell without inputs whose only output is the constant `value`. Libraries mark these `dont_use` to keep
 * mappers from choosing them as logic; driving a constant is what they are for.
 */
function chooseTieCell(library: LibraryModel, value: 0 | 1): TieCell | undefined {
  const cell = smallest(library, (c) => {
    const output = c.pins.get(c.outputs[0] ?? '');
    if (c.inputs.length > 0 || c.outputs.length !== 1 || output?.function === undefined) return false;
    return output.function.kind === 'constant' && (evaluateBoolean(output.function, () => 0) & 1) === value;
  });
  return cell === undefined ? undefined : { cell: cell.name, pin: cell.outputs[0]! };
}

/** True when the cell's only output is its only input (`sameWhen` 1) or the complement (0). */
export function isCopy(cell: CellModel, sameWhen: 0 | 1): boolean {
  const output = cell.pins.get(cell.outputs[0] ?? '');
  if (cell.inputs.length !== 1 || cell.outputs.length !== 1 || output?.function === undefined) return false;
  const atZero = evaluateBoolean(output.function, () => 0) & 1;
  const atOne = evaluateBoolean(output.function, () => -1) & 1;
  return atOne === sameWhen && atZero === 1 - sameWhen;
}

function smallest(library: LibraryModel, accept: (cell: CellModel) => boolean): CellModel | undefined {
  let best: CellModel | undefined;
  for (const cell of library.cells.values()) {
    if (cell.storage !== 'none' || !accept(cell)) continue;
    if (best === undefined || cell.areaUm2 < best.areaUm2) best = cell;
  }
  return best;
}
