import type { GeneratedFile } from '../accel/generate-shell.ts';
import { MaxdnnError } from '../base/errors.ts';
import type { BlockNetlist, BlockSignal } from './block-netlist.ts';
import { TOP_MODULE } from './map-accelerator.ts';
import { below, type MemoryCell } from './modules.ts';
import { vectorPieces } from './vector-pieces.ts';

/** An instance of a block whose signals are written down. */
export interface ProbedBlock {
  readonly path: string;
  readonly block: BlockNetlist;
  /** Further signals to write down, seen from the instance. */
  readonly extra: readonly BlockSignal[];
}

/** A memory whose accesses are counted. */
export interface ProbedMemory extends MemoryCell {
  readonly path: string;
}

/** Files that the probe reads and writes in the folder of the simulation. */
export const PROBE_FILES = { windows: 'probe-windows.hex', trace: 'probe.txt' } as const;

/** Room for windows. */
export const MOST_WINDOWS = 4096;

/**
 * Adds to the top module what writes down the signals of blocks, as they stand before the clock edge, during windows of
 * the first image, and counts the accesses of memories. Cycle 0 is the first one of the job, behind the driver's reset. Lines of the
 * file, numbers after the letter in decimal, signals in hexadecimal, pieces of vectorPieces joined by _:
 *
 *     d CYCLE DESCRIPTOR            the first cycle of a descriptor; the last one is the end, number -1
 *     m MEMORY READS PARTS          its accesses until then: reads, and parts of words written
 *     w CYCLE                       a window begins
 *     s BLOCK STATES                what its registers hold then
 *     c BLOCK INPUTS OUTPUTS EXTRA  one cycle
 */
export function addProbe(
  verilog: readonly GeneratedFile[],
  blocks: readonly ProbedBlock[],
  memories: readonly ProbedMemory[],
  windowCycles: number,
): readonly GeneratedFile[] {
  const probe = probeText(blocks, memories, windowCycles);
  let added = 0;
  const probed = verilog.map(({ name, text }) => {
    if (name !== `${TOP_MODULE}.v`) return { name, text };
    added++;
    return { name, text: text.replace(/^endmodule$/m, () => `${probe}endmodule`) };
  });
  if (added !== 1) throw new MaxdnnError('internal', `no ${TOP_MODULE}.v to add a probe to`);
  return probed;
}

function probeText(
  blocks: readonly ProbedBlock[],
  memories: readonly ProbedMemory[],
  windowCycles: number,
): string {
  // Sized, because Yosys cuts off the upper bits that nothing reads; one per line, because Verilator takes no lines of
  // over 40 000 words.
  const concatenation = (path: string, signals: readonly BlockSignal[]): string =>
    `{${signals.map(({ name, width }) => `${width}'(${below(path, name)})`).join(',\n')}}`;
  const format = (lists: readonly (readonly BlockSignal[])[]): string =>
    lists
      .map((signals) =>
        vectorPieces(signals)
          .map(() => '%h')
          .join('_'),
      )
      .join(' ');
  const values = (path: string, lists: readonly (readonly BlockSignal[])[]): string =>
    lists
      .flatMap(vectorPieces)
      .map((piece) => (piece.length === 0 ? "1'b0" : concatenation(path, piece)))
      .join(', ');
  const counts = memories.map((_, m) => `reg [63:0] probe_reads_${m}, probe_parts_${m};`);
  const clears = memories.map((_, m) => `probe_reads_${m} = 0; probe_parts_${m} = 0;`);
  const adds = memories.map(
    ({ path, parts }, m) =>
      `if (${path}.re_i) probe_reads_${m} = probe_reads_${m} + 1; probe_parts_${m} = probe_parts_${m} + ` +
      `(${Array.from({ length: parts }, (_, part) => `{63'd0, ${path}.we_i[${part}]}`).join(' + ')});`,
  );
  const tells = memories.map(
    (_, m) => `$fwrite(probe_file, "m ${m} %0d %0d\\n", probe_reads_${m}, probe_parts_${m});`,
  );
  const line = (kind: string, { path }: ProbedBlock, lists: readonly (readonly BlockSignal[])[]): string =>
    `$fwrite(probe_file, "${kind} ${format(lists)}\\n", ${values(path, lists)});`;
  const states = blocks.map((own, b) => line(`s ${b}`, own, [own.block.states]));
  const cycles = blocks.map((own, b) =>
    line(`c ${b}`, own, [own.block.inputs, own.block.outputs, own.extra]),
  );
  const boundary = (number: string): string =>
    `begin $fwrite(probe_file, "d %0d %0d\\n", probe_cycle, ${number}); ${tells.join(' ')} end`;
  return `
  integer probe_file, probe_next, probe_cycle, probe_left, probe_descriptor;
  reg probe_over, probe_busy;
  reg [31:0] probe_windows [0:${MOST_WINDOWS - 1}];
  ${counts.join('\n  ')}
  initial begin
    probe_file = $fopen("${PROBE_FILES.trace}", "w");
    $readmemh("${PROBE_FILES.windows}", probe_windows);
    probe_next = 0; probe_cycle = 0; probe_left = 0; probe_descriptor = -1; probe_over = 0; probe_busy = 0;
    ${clears.join(' ')}
  end
  always @(posedge clk_i) if (rst_ni && !probe_over) begin
    if (u_shell.busy && !u_shell.resetting) begin
      probe_busy = 1;
      if ({16'd0, u_shell.descriptor_index} != probe_descriptor) begin
        probe_descriptor = {16'd0, u_shell.descriptor_index};
        ${boundary('probe_descriptor')}
      end
      if (probe_windows[probe_next] == probe_cycle) begin
        probe_left = ${windowCycles};
        probe_next = probe_next + 1;
        $fwrite(probe_file, "w %0d\\n", probe_cycle);
        ${states.join('\n        ')}
      end
      if (probe_left > 0) begin
        probe_left = probe_left - 1;
        ${cycles.join('\n        ')}
      end
      ${adds.join('\n      ')}
      probe_cycle = probe_cycle + 1;
    end else if (probe_busy) begin
      probe_over = 1;
      ${boundary('-1')}
      $fclose(probe_file);
    end
  end
`;
}
