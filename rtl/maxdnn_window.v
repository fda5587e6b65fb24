// maxdnn_window: sum or maximum of the codes of a window, Lanes channels at a time. The words come one per cycle; what
// they add up to is there in the cycle after the last one.
`default_nettype none
module maxdnn_window #(
  parameter Rows  = 4,  // bytes of a word
  parameter Lanes = 1
) (
  input  wire                clk_i,
  input  wire                valid_i,
  input  wire   [8*Rows-1:0] data_i,
  /// first byte in use, a multiple of Lanes
  input  wire          [7:0] byte_i,
  input  wire                first_i,
  input  wire                maximum_i,
  /// subtracted from each code
  input  wire          [7:0] zero_i,
  output wire [32*Lanes-1:0] value_o
);
  localparam [7:0] Aligned = ~(Lanes - 1);
  wire [8*Rows-1:0] shifted = data_i >> {byte_i & Aligned, 3'b000};
  wire              unused_shifted = &{1'b0, shifted};

  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_lane
      reg  signed [31:0] value_q;
      wire         [7:0] code = shifted[8*lane +: 8];
      wire signed [31:0] value = $signed({ {24{code[7]}}, code}) - $signed({ {24{zero_i[7]}}, zero_i});
      wire signed [31:0] larger = value > value_q ? value : value_q;
      always @(posedge clk_i) begin
        if (valid_i) value_q <= first_i ? value : maximum_i ? larger : value_q + value;
      end
      assign value_o[32*lane +: 32] = value_q;
    end
  endgenerate
endmodule
`default_nettype wire
