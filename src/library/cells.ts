import { arithmeticCells } from './arithmetic-cells.ts';
import type { Cell } from './cell.ts';
import { flipFlopCells } from './flip-flops.ts';
import { gateCells } from './gates.ts';
import { fingersOf } from './transistors.ts';

/** Width of one poly column at the height of the cell row, µm². Source: LIBRARY45 area rule (45 nm, 1.4 µm row). */
const COLUMN_AREA_UM2 = 0.266;

/** All cells of the embedded library, sorted by name. */
export const CELLS: readonly Cell[] = [...gateCells(), ...arithmeticCells(), ...flipFlopCells()].sort(
  (a, b) => (a.name < b.name ? -1 : 1),
);

/**
 * Area from the number of poly columns (an n and a p transistor share one): one more for the cell's edge, and one
 * more for a diffusion break per further seven columns.
 */
export function areaUm2(cell: Cell): number {
  const columns = Math.max(
    ...(['n', 'p'] as const).map((type) =>
      cell.transistors.filter((t) => t.type === type).reduce((sum, t) => sum + fingersOf(t), 0),
    ),
  );
  return COLUMN_AREA_UM2 * (columns + 1 + Math.floor((columns - 1) / 7));
}
