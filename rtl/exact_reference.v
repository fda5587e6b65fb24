// exact_reference: a * b of any widths and signs, for equivalence proofs of the exact multipliers.
`default_nettype none
module exact_reference #(
  parameter ABits   = 8,  // width of a_i, 2..24
  parameter BBits   = 8,  // width of b_i, 2..24
  parameter ASigned = 1,  // 1: a_i is two's complement, 0: unsigned
  parameter BSigned = 1   // 1: b_i is two's complement, 0: unsigned
) (
  input  wire [ABits-1:0]       a_i,
  input  wire [BBits-1:0]       b_i,
  output wire [ABits+BBits-1:0] p_o
);
  wire a_sign = (ASigned != 0) & a_i[ABits-1];
  wire b_sign = (BSigned != 0) & b_i[BBits-1];
  wire signed [ABits+BBits-1:0] a_wide = { {BBits{a_sign}}, a_i};
  wire signed [ABits+BBits-1:0] b_wide = { {ABits{b_sign}}, b_i};
  assign p_o = a_wide * b_wide;
endmodule
`default_nettype wire
