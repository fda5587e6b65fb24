import type { LibraryModel } from '../liberty/model.ts';
import { SRAM_MODULE } from './elaborate.ts';
import type { AcceleratorModule, YosysBit } from './modules.ts';

/**
 * Mapped modules as plain structural Verilog, one wire per net: OpenSTA 2.0.17 does not read the assignments to
 * concatenations that Yosys writes. Memories are left out, and so are paths through them.
 */
export function hierarchyVerilog(
  modules: ReadonlyMap<string, AcceleratorModule>,
  library: LibraryModel,
): string {
  return [...modules.values()].map((module) => moduleVerilog(module, library)).join('\n');
}

function moduleVerilog({ name, source }: AcceleratorModule, library: LibraryModel): string {
  const nets = new Set<number>();
  const bit = (value: YosysBit): string => {
    if (typeof value !== 'number') return value === '1' ? "1'b1" : "1'b0";
    nets.add(value);
    return `n${value}`;
  };
  const ports = Object.entries(source.ports);
  const lines = ports.flatMap(([port, { direction, bits }]) =>
    bits.map((value, i) => {
      const own = bits.length === 1 ? port : `${port}[${i}]`;
      return direction === 'input' ? `  assign ${bit(value)} = ${own};` : `  assign ${own} = ${bit(value)};`;
    }),
  );
  for (const [instance, cell] of Object.entries(source.cells)) {
    if (cell.type === SRAM_MODULE) continue;
    const isLeaf = library.cells.has(cell.type);
    const pins = Object.entries(cell.connections)
      .filter(([, bits]) => bits.length > 0)
      .map(([pin, bits]) => {
        const list = bits.toReversed().map(bit).join(', ');
        return `.${pin}(${isLeaf || bits.length === 1 ? list : `{${list}}`})`;
      });
    lines.push(`  ${cell.type} \\${instance} (${pins.join(', ')});`);
  }
  return [
    `module ${name} (${ports.map(([port]) => port).join(', ')});`,
    ...ports.map(([port, { direction, bits }]) => {
      return `  ${direction} ${bits.length === 1 ? '' : `[${bits.length - 1}:0] `}${port};`;
    }),
    ...[...nets].map((net) => `  wire n${net};`),
    ...lines,
    'endmodule\n',
  ].join('\n');
}
