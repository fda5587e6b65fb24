import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { COMPUTE_FIELDS } from '../../src/accel/descriptor.ts';
import { type GeneratedFile, memoryPortBits } from '../../src/accel/generate-shell.ts';

/**
 * Test equipment: a `maxdnn_core` that computes nothing sensible but holds the memories, answers its port with random
 * stalls and takes a random time. In words 0 … fillWords-1 behind the bases it does
 *
 *   conv: output ← input ^ weight ^ parameter (each cut or zero-extended to a word of the activation memory)
 *   fill: output ← outputZero in all bytes
 *   add:  nothing but time
 *   else: fault
 *
 * and a fault when it is started while busy,
 * after kernelHeight cycles of stall_weights_o and kernelWidth cycles of stall_drain_o.
 */
export function standInCore(spec: ArraySpec): GeneratedFile {
  const wordTop = memoryPortBits(spec) - 1;
  const [aBits, wBits, pBits] = [8 * spec.rows, 8 * spec.columns, 64 * spec.lanes];
  const text = `// Stand-in for maxdnn_core: test/accel/stand-in-core.ts
\`default_nettype none
module maxdnn_core (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire start_i,
  input  wire [2047:0] descriptor_i,
  output reg  done_o,
  output reg  fault_o,
  output wire active_o,
  output wire stall_weights_o,
  output wire stall_drain_o,
  input  wire mem_we_i,
  input  wire [1:0] mem_select_i,
  input  wire [23:0] mem_waddr_i,
  input  wire [${wordTop}:0] mem_wdata_i,
  output wire mem_wready_o,
  input  wire mem_re_i,
  input  wire [23:0] mem_raddr_i,
  output wire mem_rready_o,
  output reg  [${wordTop}:0] mem_rdata_o,
  output reg  mem_rvalid_o
);
  reg [${aBits - 1}:0] activations [0:${spec.activationWords - 1}];
  reg [${wBits - 1}:0] weights [0:${spec.weightWords - 1}];
  reg [${pBits - 1}:0] parameters [0:${spec.parameterWords - 1}];
  integer k;
  initial begin
    for (k = 0; k < ${spec.activationWords}; k = k + 1) activations[k] = ${aBits}'d0;
    for (k = 0; k < ${spec.weightWords}; k = k + 1) weights[k] = ${wBits}'d0;
    for (k = 0; k < ${spec.parameterWords}; k = k + 1) parameters[k] = ${pBits}'d0;
  end

  reg [31:0] random_q;
  always @(posedge clk_i) random_q <= {random_q[30:0], random_q[31] ^ random_q[21] ^ random_q[1] ^ random_q[0]};
  initial random_q = 32'h5eed1234;

  wire [2:0] operation = descriptor_i[${bits('operation')}];
  wire [23:0] input_base = descriptor_i[${bits('inputBase')}];
  wire [23:0] output_base = descriptor_i[${bits('outputBase')}];
  wire [23:0] weight_base = descriptor_i[${bits('weightBase')}];
  wire [23:0] parameter_base = descriptor_i[${bits('parameterBase')}];
  wire [23:0] count = descriptor_i[${bits('fillWords')}];
  wire [7:0] code = descriptor_i[${bits('outputZero')}];
  wire [7:0] weights_stalls = descriptor_i[${bits('kernelHeight')}];
  wire [7:0] drain_stalls = descriptor_i[${bits('kernelWidth')}];

  reg busy_q;
  reg [9:0] delay_q;
  reg twice_q;
  reg [7:0] weights_q;
  reg [7:0] drain_q;
  reg [23:0] place_q;
  wire ready = busy_q && delay_q == 10'd0 && weights_q == 8'd0 && drain_q == 8'd0;
  wire computes = operation == 3'd1 || operation == 3'd4;
  assign active_o = ready && computes && place_q != count && random_q[3];
  assign stall_weights_o = busy_q && delay_q == 10'd0 && weights_q != 8'd0;
  assign stall_drain_o = busy_q && delay_q == 10'd0 && weights_q == 8'd0 && drain_q != 8'd0;

  wire [${aBits - 1}:0] weight = ${resize(`weights[weight_base + place_q]`, wBits, aBits)};
  wire [${aBits - 1}:0] parameter_word = ${resize(`parameters[parameter_base + place_q]`, pBits, aBits)};

  // Reads: at most four wait, the answer takes a random time.
  reg [23:0] asked_q [0:3];
  reg [1:0] head_q;
  reg [1:0] tail_q;
  reg [2:0] waiting_q;
  assign mem_wready_o = random_q[7] || random_q[9];
  assign mem_rready_o = (random_q[11] || random_q[14]) && waiting_q != 3'd4;
  wire ask = mem_re_i && mem_rready_o;
  wire answer = waiting_q != 3'd0 && (random_q[17] || random_q[18]);

  always @(posedge clk_i) begin
    if (active_o) begin
      activations[output_base + place_q] <= operation == 3'd4 ? {${spec.rows}{code}}
        : activations[input_base + place_q] ^ weight ^ parameter_word;
    end
    if (mem_we_i && mem_wready_o) begin
      case (mem_select_i)
        2'd0: activations[mem_waddr_i] <= mem_wdata_i[${aBits - 1}:0];
        2'd1: weights[mem_waddr_i] <= mem_wdata_i[${wBits - 1}:0];
        default: parameters[mem_waddr_i] <= mem_wdata_i[${pBits - 1}:0];
      endcase
    end
    if (ask) asked_q[tail_q] <= mem_raddr_i;
    // What lies behind the word must not matter.
    mem_rdata_o <= {${Math.ceil((wordTop + 1) / 32)}{random_q}};
    if (answer) mem_rdata_o[${aBits - 1}:0] <= activations[asked_q[head_q]];
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      done_o <= 1'b0;
      fault_o <= 1'b0;
      busy_q <= 1'b0;
      delay_q <= 10'd0;
      twice_q <= 1'b0;
      weights_q <= 8'd0;
      drain_q <= 8'd0;
      place_q <= 24'd0;
      head_q <= 2'd0;
      tail_q <= 2'd0;
      waiting_q <= 3'd0;
      mem_rvalid_o <= 1'b0;
    end else begin
      done_o <= 1'b0;
      fault_o <= 1'b0;
      if (start_i) begin
        busy_q <= 1'b1;
        delay_q <= random_q[9:0] & {{4{random_q[11] & random_q[12]}}, {6{random_q[10]}}};
        if (busy_q) twice_q <= 1'b1;
        weights_q <= weights_stalls;
        drain_q <= drain_stalls;
        place_q <= 24'd0;
      end
      if (busy_q && delay_q != 10'd0) delay_q <= delay_q - 10'd1;
      if (stall_weights_o) weights_q <= weights_q - 8'd1;
      if (stall_drain_o) drain_q <= drain_q - 8'd1;
      if (active_o) place_q <= place_q + 24'd1;
      if (ready && (!computes || place_q == count)) begin
        busy_q <= 1'b0;
        done_o <= 1'b1;
        fault_o <= twice_q || !computes && operation != 3'd2;
      end
      if (ask) tail_q <= tail_q + 2'd1;
      if (answer) head_q <= head_q + 2'd1;
      waiting_q <= waiting_q + {2'd0, ask} - {2'd0, answer};
      mem_rvalid_o <= answer;
    end
  end
endmodule
\`default_nettype wire
`;
  return { name: 'maxdnn_core.v', text: withoutLint(text) };
}

/** The stand-in indexes small memories with 24-bit addresses and looks at few fields: no lint for it alone. */
function withoutLint(text: string): string {
  return `/* verilator lint_off WIDTH */\n/* verilator lint_off UNUSED */\n${text}/* verilator lint_on UNUSED */\n/* verilator lint_on WIDTH */\n`;
}

function bits(name: (typeof COMPUTE_FIELDS)[number]['name']): string {
  const word = COMPUTE_FIELDS.findIndex((field) => field.name === name);
  const { bits: width } = COMPUTE_FIELDS[word]!;
  return `${32 * word + width - 1}:${32 * word}`;
}

function resize(value: string, from: number, to: number): string {
  return from >= to ? value : `{${to - from}'d0, ${value}}`;
}
