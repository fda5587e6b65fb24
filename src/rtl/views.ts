import type { PortShape } from '../multiplier/spec.ts';
import { allCells, type Bit, type Cell, type CellList, cellInputs, portBits, ZERO } from './cells.ts';
import type { View } from './render.ts';

/** View of templates/multiplier.v.hbs. */
export function multiplierView(list: CellList, header: readonly string[]): View {
  const unused = unusedInputs(list);
  return {
    header,
    name: list.name,
    aTop: list.shape.aBits - 1,
    bTop: list.shape.bBits - 1,
    pTop: list.shape.pBits - 1,
    sections: list.sections.map(({ title, cells }) => ({ title, cells: cells.map(cellView) })),
    hasUnused: unused.length > 0,
    unused,
    product: mergeBits(list.product),
  };
}

/** View of one cell; `partial` names the template that prints it. */
function cellView(cell: Cell): View {
  const partial = `cell-${cell.kind}.v`;
  switch (cell.kind) {
    case 'final-adder': {
      const { x, y, sum } = cell;
      return { partial, top: x.length - 1, x: x.toReversed(), y: y.toReversed(), sum };
    }
    case 'behavioural':
      return { partial, product: cell.product, ...behaviouralView(cell.shape) };
    default:
      return { ...cell, partial };
  }
}

/** Unsigned operands get a zero sign bit, so that one signed product serves every mixture of signs. */
function behaviouralView({ aBits, bBits, pBits, aSigned, bSigned }: PortShape): View {
  return {
    aTop: aSigned ? aBits - 1 : aBits,
    bTop: bSigned ? bBits - 1 : bBits,
    pTop: pBits - 1,
    a: aSigned ? 'a_i' : "{1'b0, a_i}",
    b: bSigned ? 'b_i' : "{1'b0, b_i}",
  };
}

function unusedInputs(list: CellList): readonly { name: string; bits: readonly string[] }[] {
  const read = new Set(allCells(list).flatMap(cellInputs));
  const ports = [
    ['unused_a', portBits('a_i', list.shape.aBits)],
    ['unused_b', portBits('b_i', list.shape.bBits)],
  ] as const;
  return ports
    .map(([name, bits]) => ({ name, bits: mergeBits(bits.filter((bit) => !read.has(bit))) }))
    .filter(({ bits }) => bits.length > 0);
}

/**
 * Bits (least significant first) as Verilog parts, most significant first; runs v[i], v[i+1], … become v[k:i],
 * runs of zeros n'b0.
 */
function mergeBits(bits: readonly Bit[]): readonly string[] {
  const parts: { vector: string; low: number; high: number; text: string }[] = [];
  for (const bit of bits) {
    const last = parts.at(-1);
    const [, name, index] = /^(\w+)\[(\d+)\]$/.exec(bit) ?? [];
    const vector = name ?? bit;
    const position =
      index !== undefined ? Number(index) : bit === ZERO && last?.vector === ZERO ? last.high + 1 : 0;
    if (last?.vector === vector && last.high + 1 === position) {
      last.high++;
      last.text = vector === ZERO ? `${last.high + 1}'b0` : `${vector}[${last.high}:${last.low}]`;
    } else {
      parts.push({ vector, low: position, high: position, text: bit });
    }
  }
  return parts.map((part) => part.text).toReversed();
}
