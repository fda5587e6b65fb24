// maxdnn_requantise: Lanes lanes side by side; each result comes 5 cycles after its sum, with the tag of the sum.
// Sums that only begin a chain have no result.
`default_nettype none
module maxdnn_requantise #(
  parameter Lanes   = 1,
  parameter TagBits = 1
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                valid_i,
  input  wire                chain_i,
  /// a result is wanted
  input  wire                emit_i,
  input  wire [TagBits-1:0]  tag_i,
  input  wire [32*Lanes-1:0] x_i,
  input  wire [32*Lanes-1:0] bias_i,
  input  wire [16*Lanes-1:0] multiplier_i,
  input  wire [6*Lanes-1:0]  shift_i,
  input  wire          [7:0] zero_i,
  input  wire         [31:0] low_i,
  input  wire         [31:0] high_i,
  output wire                valid_o,
  output wire [TagBits-1:0]  tag_o,
  output wire [32*Lanes-1:0] code_o
);
  reg  [3:0] valid_q;
  wire [4:0] valid = {valid_q, valid_i};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 4'd0;
    else valid_q <= valid[3:0];
  end

  maxdnn_delay #(.Width(TagBits + 1), .Depth(5)) u_tag (
    .clk_i(clk_i), .rst_ni(rst_ni), .d_i({valid_i && emit_i, tag_i}), .q_o({valid_o, tag_o})
  );

  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_lane
      maxdnn_lane u_lane (
        .clk_i(clk_i),
        .valid_i(valid),
        .x_i(x_i[32*lane +: 32]),
        .bias_i(bias_i[32*lane +: 32]),
        .multiplier_i(multiplier_i[16*lane +: 16]),
        .shift_i(shift_i[6*lane +: 6]),
        .chain_i(chain_i),
        .zero_i(zero_i),
        .low_i(low_i),
        .high_i(high_i),
        .code_o(code_o[32*lane +: 32])
      );
    end
  endgenerate
endmodule
`default_nettype wire
