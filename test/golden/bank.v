// Cosimulation bank: every design on the same operand buses, its product zero-extended in a 64-bit slot of its own.
// The last slot holds a constant by which the driver knows that it reads the slots in the right place.
`default_nettype none
module bank (
  input  wire [31:0] a_i,
  input  wire [31:0] b_i,
  output wire [319:0] p_o
);
  wire [15:0] p_0;
  mul_roup_s8_p1_r3_1_0 u_0 (.a_i(a_i[7:0]), .b_i(b_i[7:0]), .p_o(p_0));
  assign p_o[63:0] = { 48'b0, p_0 };
  wire [6:0] p_1;
  mul_baugh_wooley_s4xu3 u_1 (.a_i(a_i[3:0]), .b_i(b_i[2:0]), .p_o(p_1));
  assign p_o[127:64] = { 57'b0, p_1 };
  wire [15:0] p_2;
  mul_behavioural_s8xu8 u_2 (.a_i(a_i[7:0]), .b_i(b_i[7:0]), .p_o(p_2));
  assign p_o[191:128] = { 48'b0, p_2 };
  wire [7:0] p_3;
  mul_booth_s4 u_3 (.a_i(a_i[3:0]), .b_i(b_i[3:0]), .p_o(p_3));
  assign p_o[255:192] = { 56'b0, p_3 };
  assign p_o[319:256] = 64'h6d6178646e6e0001;
  wire unused_operands = &{ 1'b0, a_i, b_i };
endmodule
`default_nettype wire
