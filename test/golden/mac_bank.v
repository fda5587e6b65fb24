// Cosimulation bank of processing elements: all on the same inputs, each with a slot of 64 bits in q_o, its partial
// sum in the low half and its activation in the high half. The last slot holds a constant by which the driver knows
// that it reads the slots in the right place.
`default_nettype none
module mac_bank (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire en_i,
  input  wire weight_load_i,
  input  wire [31:0] weight_i,
  input  wire [31:0] activation_i,
  input  wire [31:0] psum_i,
  output wire [191:0] q_o
);
  wire [7:0] activation_0;
  wire [23:0] psum_0;
  mac_roup_s8_p1_r3_1_0_weight_b_acc24 u_0 (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .en_i(en_i),
    .weight_load_i(weight_load_i),
    .weight_i(weight_i[7:0]),
    .activation_i(activation_i[7:0]),
    .psum_i(psum_i[23:0]),
    .activation_o(activation_0),
    .psum_o(psum_0)
  );
  assign q_o[63:0] = {24'b0, activation_0, 8'b0, psum_0};
  wire [4:0] activation_1;
  wire [19:0] psum_1;
  mac_narrow_s8_a6_b5_weight_a_acc20 u_1 (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .en_i(en_i),
    .weight_load_i(weight_load_i),
    .weight_i(weight_i[5:0]),
    .activation_i(activation_i[4:0]),
    .psum_i(psum_i[19:0]),
    .activation_o(activation_1),
    .psum_o(psum_1)
  );
  assign q_o[127:64] = {27'b0, activation_1, 12'b0, psum_1};
  assign q_o[191:128] = 64'h6d6178646e6e0002;
  wire unused_inputs = &{ 1'b0, weight_i, activation_i, psum_i };
endmodule
`default_nettype wire
