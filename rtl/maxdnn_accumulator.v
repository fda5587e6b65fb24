// maxdnn_accumulator: the sums of one column, two banks of Depth words; one bank collects while the other is drained.
//
//   cycle        k              k + 1                    k + 2
//   tag_i ──► read old sum ──► add sum_i ──► register ──► write
//
// The tag comes one cycle before its sum and goes on to the next column one cycle later. Two accesses to the same
// address must be at least 3 cycles apart, which the shortest pass makes sure of (docs/accelerator.md).
`default_nettype none
module maxdnn_accumulator #(
  parameter Bits        = 24,  // width of a sum, wraps around
  parameter Depth       = 16,  // words per bank
  parameter AddressBits = 4    // log2 of Depth
) (
  input  wire                   clk_i,
  input  wire                   rst_ni,
  /// tag of the sum that comes in the next cycle; first_i: begins a new sum; last_i: last sum of a filter tile
  input  wire                   valid_i,
  input  wire                   first_i,
  input  wire                   last_i,
  input  wire                   bank_i,
  input  wire [AddressBits-1:0] address_i,
  input  wire [Bits-1:0]        sum_i,
  /// tag for the next column
  output wire                   valid_o,
  output wire                   first_o,
  output wire                   last_o,
  output wire                   bank_o,
  output wire [AddressBits-1:0] address_o,
  /// read a sum of the bank that is not being collected; it comes in the next cycle and stays
  input  wire                   drain_i,
  input  wire                   drain_bank_i,
  input  wire [AddressBits-1:0] drain_address_i,
  output wire [Bits-1:0]        drain_sum_o
);
  reg                   valid_q, write_q;
  reg                   first_q, last_q, bank_q, write_bank_q, drain_bank_q;
  reg [AddressBits-1:0] address_q, write_address_q;
  reg [Bits-1:0]        sum_q;
  wire [2*Bits-1:0]     sums;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {valid_q, write_q} <= 2'b00;
    else {valid_q, write_q} <= {valid_i, valid_q};
  end

  always @(posedge clk_i) begin
    if (valid_i) {first_q, last_q, bank_q, address_q} <= {first_i, last_i, bank_i, address_i};
    if (valid_q) begin
      sum_q <= sum_i + (first_q ? {Bits{1'b0}} : bank_q ? sums[2*Bits-1:Bits] : sums[Bits-1:0]);
      {write_bank_q, write_address_q} <= {bank_q, address_q};
    end
    if (drain_i) drain_bank_q <= drain_bank_i;
  end

  genvar bank;
  generate
    for (bank = 0; bank < 2; bank = bank + 1) begin : gen_bank
      wire drains = drain_i && drain_bank_i == (bank == 1);
      wire collects = valid_i && !first_i && bank_i == (bank == 1);
      maxdnn_sram #(
        .Words(Depth), .AddressBits(AddressBits), .Parts(1), .PartBits(Bits)
      ) u_sram (
        .clk_i(clk_i),
        .re_i(drains || collects),
        .raddr_i(drains ? drain_address_i : address_i),
        .rdata_o(sums[bank*Bits +: Bits]),
        .we_i(write_q && write_bank_q == (bank == 1)),
        .waddr_i(write_address_q),
        .wdata_i(sum_q)
      );
    end
  endgenerate

  assign valid_o = valid_q;
  assign first_o = first_q;
  assign last_o = last_q;
  assign bank_o = bank_q;
  assign address_o = address_q;
  assign drain_sum_o = drain_bank_q ? sums[2*Bits-1:Bits] : sums[Bits-1:0];
endmodule
`default_nettype wire
