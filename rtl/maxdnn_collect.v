// maxdnn_collect: accumulators of all columns. The tags go from column to column one cycle apart, as the sums do.
`default_nettype none
module maxdnn_collect #(
  parameter Columns     = 4,
  parameter Lanes       = 1,
  parameter Bits        = 24,
  parameter Depth       = 16,
  parameter AddressBits = 4
) (
  input  wire                     clk_i,
  input  wire                     rst_ni,
  /// tag of column 0, one cycle before its sum; column j is j cycles later
  input  wire                     valid_i,
  input  wire                     first_i,
  input  wire                     last_i,
  input  wire                     bank_i,
  input  wire   [AddressBits-1:0] place_i,
  input  wire  [Bits*Columns-1:0] sums_i,
  /// all columns have written the last sum of this bank
  output reg                [1:0] full_o,
  /// read the sums of these Lanes columns; they come in the next cycle
  input  wire [Columns/Lanes-1:0] group_i,
  input  wire                     bank_drain_i,
  input  wire   [AddressBits-1:0] place_drain_i,
  output reg     [Bits*Lanes-1:0] drained_o
);
  localparam Groups = Columns / Lanes;

  wire             [Columns:0] valid, first, last, bank;
  wire [AddressBits*(Columns+1)-1:0] place;
  wire      [Bits*Columns-1:0] sums;
  reg             [Groups-1:0] group_q;
  reg                          full_q;
  reg                          full_bank_q;

  assign valid[0] = valid_i;
  assign first[0] = first_i;
  assign last[0] = last_i;
  assign bank[0] = bank_i;
  assign place[AddressBits-1:0] = place_i;
  wire unused_tag = &{1'b0, first[Columns], place[AddressBits*Columns +: AddressBits]};

  genvar column;
  generate
    for (column = 0; column < Columns; column = column + 1) begin : gen_column
      maxdnn_accumulator #(.Bits(Bits), .Depth(Depth), .AddressBits(AddressBits)) u_accumulator (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .valid_i(valid[column]),
        .first_i(first[column]),
        .last_i(last[column]),
        .bank_i(bank[column]),
        .address_i(place[AddressBits*column +: AddressBits]),
        .sum_i(sums_i[Bits*column +: Bits]),
        .valid_o(valid[column+1]),
        .first_o(first[column+1]),
        .last_o(last[column+1]),
        .bank_o(bank[column+1]),
        .address_o(place[AddressBits*(column+1) +: AddressBits]),
        .drain_i(group_i[column/Lanes]),
        .drain_bank_i(bank_drain_i),
        .drain_address_i(place_drain_i),
        .drain_sum_o(sums[Bits*column +: Bits])
      );
    end
  endgenerate

  // The last column adds while the tag comes out, and writes one cycle later.
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {full_q, full_bank_q, full_o} <= 4'd0;
    else begin
      {full_q, full_bank_q} <= {valid[Columns] && last[Columns], bank[Columns]};
      full_o <= {full_q && full_bank_q, full_q && !full_bank_q};
    end
  end

  always @(posedge clk_i) group_q <= group_i;

  integer group;
  always @* begin
    drained_o = {Bits*Lanes{1'b0}};
    for (group = 0; group < Groups; group = group + 1) begin
      if (group_q[group]) drained_o = drained_o | sums[Bits*Lanes*group +: Bits*Lanes];
    end
  end
endmodule
`default_nettype wire
