// mul_roup_s8_p1_r3_1_0 on words instead of gates: the same products, for fast simulation only.
`default_nettype none
module mul_roup_s8_p1_r3_1_0 (
  input  wire [7:0] a_i,
  input  wire [7:0] b_i,
  output wire [15:0] p_o
);
  wire signed [15:0] a = { {8{a_i[7]}}, a_i};
  wire signed [15:0] b = { {8{b_i[7]}}, b_i};
  wire unused_words = &{1'b0, a, b};
  assign p_o = (((((a + 16'sd4) >>> 3) <<< 3) * ($signed({15'd0, b_i[2]}) + $signed({15'd0, b_i[1]}) - ($signed({15'd0, b_i[3]}) <<< 1))) <<< 2)
    + (((((a + 16'sd1) >>> 1) <<< 1) * ($signed({15'd0, b_i[4]}) + $signed({15'd0, b_i[3]}) - ($signed({15'd0, b_i[5]}) <<< 1))) <<< 4)
    + (((((a + 16'sd0) >>> 0) <<< 0) * ($signed({15'd0, b_i[6]}) + $signed({15'd0, b_i[5]}) - ($signed({15'd0, b_i[7]}) <<< 1))) <<< 6);
endmodule
`default_nettype wire
