import { expect } from 'vitest';
import type { GeneratedFile } from '../../src/accel/generate-shell.ts';

/** A fault in the Verilog: `good` becomes `bad` when the simulation runs with +mutant_<name>. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What comes before and behind the expression in the text. */
  readonly at: readonly [before: string, good: string, behind: string];
  readonly bad: string;
  /** Rule of the protocol checker that has to notice; without it, memory, counts or status have to be wrong. */
  readonly rule?: string;
}

const READ = 'maxdnn_axi_read.v';
const WRITE = 'maxdnn_axi_write.v';

/** Faults that the protocol checker must notice. */
const PROTOCOL: readonly Mutant[] = [
  {
    name: 'ar_4k',
    file: READ,
    at: ['wire [4:0] room = ', "5'd16 - {1'b0, address_q[6:3]}", ';'],
    bad: "5'd16",
    rule: 'burst crosses 4 KiB',
  },
  {
    name: 'ar_long',
    file: READ,
    at: ['m_axi_arlen = ', "{4'd0, length_q}", ';'],
    bad: "{4'd1, length_q}",
    rule: 'burst of more than 16 beats',
  },
  {
    name: 'ar_size',
    file: READ,
    at: ['m_axi_arsize = ', "3'd3", ';'],
    bad: "3'd2",
    rule: 'beats do not have 8 bytes',
  },
  {
    name: 'ar_fixed',
    file: READ,
    at: ['m_axi_arburst = ', "2'd1", ';'],
    bad: "2'd0",
    rule: 'burst is not INCR',
  },
  {
    name: 'ar_falls',
    file: READ,
    at: ['if (', 'arvalid_q && m_axi_arready', ') arvalid_q'],
    bad: 'arvalid_q',
    rule: 'ARVALID fell before ARREADY',
  },
  {
    name: 'ar_payload',
    file: READ,
    at: ['m_axi_araddr = ', 'address_q', ';'],
    bad: '(m_axi_arready ? address_q : ~address_q)',
    rule: 'AR payload changed before ARREADY',
  },
  {
    name: 'ar_reset',
    file: READ,
    at: ['m_axi_arvalid = ', 'arvalid_q', ';'],
    bad: 'arvalid_q || !rst_ni',
    rule: 'VALID in reset',
  },
  {
    name: 'ar_odd',
    file: READ,
    at: ['address_q <= ', 'address_i', ';\n        left_q'],
    bad: 'address_i + 4',
    rule: 'address is not a multiple of 8',
  },
  {
    name: 'aw_falls',
    file: WRITE,
    at: ['if (', 'awvalid_q && m_axi_awready', ') awvalid_q'],
    bad: 'awvalid_q',
    rule: 'AWVALID fell before AWREADY',
  },
  {
    name: 'aw_payload',
    file: WRITE,
    at: ['m_axi_awlen = ', "{4'd0, length_q}", ';'],
    bad: "(m_axi_awready ? {4'd0, length_q} : 8'd3)",
    rule: 'AW payload changed before AWREADY',
  },
  {
    name: 'aw_4k',
    file: WRITE,
    at: ['wire [4:0] room = ', "5'd16 - {1'b0, address_q[6:3]}", ';'],
    bad: "5'd16",
    rule: 'burst crosses 4 KiB',
  },
  {
    name: 'w_last',
    file: WRITE,
    at: ['wlast_q <= ', "burst_q == 5'd1", ';'],
    bad: "burst_q == 5'd2 || burst_q == 5'd1",
    rule: 'WLAST is not with the last beat',
  },
  {
    name: 'w_falls',
    file: WRITE,
    at: ['else if (', 'm_axi_wready', ') begin'],
    bad: "1'b1",
    rule: 'WVALID fell before WREADY',
  },
  {
    name: 'w_payload',
    file: WRITE,
    at: ['m_axi_wdata = ', 'wdata_q', ';'],
    bad: '(m_axi_wready ? wdata_q : ~wdata_q)',
    rule: 'W payload changed before WREADY',
  },
  {
    name: 'two_writes',
    file: WRITE,
    at: ['wire response = ', 'flight_q && m_axi_bvalid', ';'],
    bad: "flight_q && burst_q == 5'd0 && !awvalid_q && !wvalid_q",
    rule: 'a second write burst in flight',
  },
];

/** Faults that the comparison of memory, counts, status or resets must notice. */
const BEHAVIOUR: readonly Mutant[] = [
  {
    name: 'strobes',
    file: WRITE,
    at: ['wstrb_q <= ', '{8{!stopping}}', ';'],
    bad: "8'hfe",
  },
  {
    name: 'load_lane',
    file: 'maxdnn_dma_load.v',
    at: ['wire is_last = ', "{1'b0, lane_q} == last", ';'],
    bad: "{1'b0, lane_q} == last || lane_q == 4'd1",
  },
  {
    name: 'load_wready',
    file: 'maxdnn_dma_load.v',
    at: ['wire written = ', 'full_q && mem_wready_i', ';'],
    bad: 'full_q',
  },
  {
    name: 'store_rready',
    file: 'maxdnn_dma_store.v',
    at: ['wire asked = ', 'mem_re_o && mem_rready_i', ';'],
    bad: 'mem_re_o',
  },
  {
    name: 'store_padding',
    file: 'maxdnn_dma_store.v',
    at: ['head = ', "{ {Bits-8*ActivationBytes{1'b0}}, word_q[head_q]}", ';'],
    bad: "{ {Bits-8*ActivationBytes{1'b1}}, word_q[head_q]}",
  },
  {
    name: 'base',
    file: 'maxdnn_transfer_walk.v',
    at: ['address_o <= ', "base + { {AddressBits-32{1'b0}}, offset}", ';'],
    bad: "bases_i[AddressBits-1:0] + { {AddressBits-32{1'b0}}, offset}",
  },
  {
    name: 'read_error',
    file: READ,
    at: ['wire failed = ', 'beat && m_axi_rresp[1] && !drop_q', ';'],
    bad: "1'b0",
  },
  {
    name: 'write_error',
    file: WRITE,
    at: ['wire failed = ', 'response && m_axi_bresp[1]', ';'],
    bad: "1'b0",
  },
  {
    name: 'reset_early',
    file: 'maxdnn_sequencer.v',
    at: ['Stop: if (', 'dma_idle_i', ') begin'],
    bad: "1'b1",
  },
  {
    name: 'core_unreset',
    file: 'maxdnn_sequencer.v',
    at: ['core_rst_no <= ', "hold_q == 2'd0", ';'],
    bad: "1'b1",
  },
  {
    name: 'overtakes',
    file: 'maxdnn_sequencer.v',
    at: ['wire complete = ', 'state_q == Run && computed && !transfers_busy_i', ';'],
    bad: 'state_q == Run && computed',
  },
  {
    name: 'count',
    file: 'maxdnn_sequencer.v',
    at: ['wire is_last = ', "left_q == 16'd1", ';'],
    bad: "left_q <= 16'd2",
  },
  {
    name: 'slot',
    file: 'maxdnn_counters.v',
    at: ['.wdata_i(', 'counts', ')'],
    bad: "192'd0",
  },
];

export const MUTANTS: readonly Mutant[] = [...PROTOCOL, ...BEHAVIOUR];

/** The modules with all faults built in, each asleep until its plus-argument is given. */
export function withMutants(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  return files.map(({ name, text }) => {
    let changed = text;
    for (const { name: mutant, file, at, bad } of MUTANTS) {
      if (file !== name) continue;
      const [before, good, behind] = at;
      expect(changed.split(`${before}${good}${behind}`), mutant).toHaveLength(2);
      changed = changed.replace(
        `${before}${good}${behind}`,
        () => `${before}($test$plusargs("mutant_${mutant}") != 0 ? (${bad}) : (${good}))${behind}`,
      );
    }
    return { name, text: changed };
  });
}
