// maxdnn_lane: clamp(zero + floor(((x + bias) * multiplier + 2^(shift-1)) / 2^shift), low, high), one per cycle.
// With chain_i the product is added to that of the cycle before instead of to 2^(shift-1). A shift of 0 adds nothing.
//
//   x + bias ─► register ─► * ─► register ─► + ─► register ─► shift ─► register ─► clamp ─► register
`default_nettype none
module maxdnn_lane (
  input  wire               clk_i,
  /// which stages have something to do, first to last
  input  wire         [4:0] valid_i,
  input  wire signed [31:0] x_i,
  input  wire signed [31:0] bias_i,
  input  wire        [15:0] multiplier_i,
  input  wire         [5:0] shift_i,
  input  wire               chain_i,
  /// constant while anything is in the pipeline
  input  wire signed  [7:0] zero_i,
  input  wire signed [31:0] low_i,
  input  wire signed [31:0] high_i,
  output reg         [31:0] code_o
);
  reg signed [31:0] x_q;
  reg        [15:0] multiplier_q;
  reg         [5:0] shift_q, shift_q2, shift_q3;
  reg               chain_q, chain_q2;
  reg signed [48:0] product_q;
  reg signed [50:0] sum_q;
  reg signed [50:0] shifted_q;

  wire signed [50:0] half = $signed({1'b0, (50'd1 << shift_q2) >> 1});
  wire signed [50:0] value = shifted_q + $signed({ {43{zero_i[7]}}, zero_i});
  wire signed [50:0] low = $signed({ {19{low_i[31]}}, low_i});
  wire signed [50:0] high = $signed({ {19{high_i[31]}}, high_i});

  always @(posedge clk_i) begin
    if (valid_i[0]) begin
      x_q <= x_i + bias_i;
      multiplier_q <= multiplier_i;
      shift_q <= shift_i;
      chain_q <= chain_i;
    end
    if (valid_i[1]) begin
      product_q <= $signed({ {17{x_q[31]}}, x_q}) * $signed({33'd0, multiplier_q});
      shift_q2 <= shift_q;
      chain_q2 <= chain_q;
    end
    if (valid_i[2]) begin
      sum_q <= $signed({ {2{product_q[48]}}, product_q}) + (chain_q2 ? sum_q : half);
      shift_q3 <= shift_q2;
    end
    if (valid_i[3]) shifted_q <= sum_q >>> shift_q3;
    if (valid_i[4]) code_o <= value < low ? low_i : value > high ? high_i : value[31:0];
  end
endmodule
`default_nettype wire
