// maxdnn_counters: counts what happens during a descriptor and keeps the six counts of up to `Slots` descriptors.
`default_nettype none
module maxdnn_counters #(
  parameter SlotBits = 8  // 2^SlotBits descriptors
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// all counts from 0, in the cycle before the first one that counts
  input  wire clear_i,
  input  wire cycle_i,
  input  wire active_i,
  input  wire stall_weights_i,
  input  wire stall_drain_i,
  input  wire wait_transfers_i,
  input  wire wait_compute_i,
  /// keep the counts, with what this cycle adds, in `slot_i`
  input  wire record_i,
  input  wire [SlotBits-1:0] slot_i,
  /// counts of this slot in the next cycle
  input  wire [SlotBits-1:0] select_i,
  output wire [31:0] cycles_o,
  output wire [31:0] active_o,
  output wire [31:0] stall_weights_o,
  output wire [31:0] stall_drain_o,
  output wire [31:0] wait_transfers_o,
  output wire [31:0] wait_compute_o
);
  wire [5:0] events = {wait_compute_i, wait_transfers_i, stall_drain_i, stall_weights_i, active_i, cycle_i};
  wire [191:0] counts;
  wire [191:0] shown;

  genvar k;
  generate
    for (k = 0; k < 6; k = k + 1) begin : gen_count
      reg [31:0] count_q;
      assign counts[32*k +: 32] = count_q + {31'd0, events[k]};
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) count_q <= 32'd0;
        else if (clear_i) count_q <= 32'd0;
        else count_q <= counts[32*k +: 32];
      end
    end
  endgenerate

  // Read again only where the slot or what it keeps has changed.
  reg [SlotBits-1:0] select_q;
  reg record_q;
  always @(posedge clk_i) {select_q, record_q} <= {select_i, record_i};
  maxdnn_sram #(
    .Words(1 << SlotBits), .AddressBits(SlotBits), .Parts(1), .PartBits(192)
  ) u_kept (
    .clk_i(clk_i),
    .re_i(record_q || select_i != select_q),
    .raddr_i(select_i),
    .rdata_o(shown),
    .we_i(record_i),
    .waddr_i(slot_i),
    .wdata_i(counts)
  );

  assign {wait_compute_o, wait_transfers_o, stall_drain_o, stall_weights_o, active_o, cycles_o} = shown;
endmodule
`default_nettype wire
