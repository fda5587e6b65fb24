// roup_reference: ROUP(N, P, r) straight from its definition, for equivalence proofs. Not meant for a chip.
//
//   p = sum over j = Perforation .. Bits/2-1 of A_j * b_j * 4^j
//   b_j = -2 b[2j+1] + b[2j] + b[2j-1], b[-1] = 0
//   A_j = floor((a + 2^(r_j - 1)) / 2^r_j) * 2^r_j: a rounded half-up to a multiple of 2^r_j
//
// Written by hand: the rounding is an addition here, where the rows of the generated multipliers need none.
`default_nettype none
module roup_reference #(
  parameter Bits        = 8,               // operand width N, even, 4..24
  parameter Perforation = 0,               // P: Booth digits left out
  parameter [5*(Bits/2)-1:0] Rounding = 0  // r_j in bits 5j+4:5j
) (
  input  wire [Bits-1:0]   a_i,  // two's complement, rounded
  input  wire [Bits-1:0]   b_i,  // two's complement, Booth-encoded
  output reg  [2*Bits-1:0] p_o   // two's complement
);
  wire [Bits:0] b_ext = {b_i, 1'b0};
  wire signed [2*Bits-1:0] a_wide = { {Bits{a_i[Bits-1]}}, a_i};

  integer j;
  reg [4:0] r;
  reg signed [2*Bits-1:0] half;
  reg signed [2*Bits-1:0] rounded;
  reg signed [2*Bits-1:0] product;

  always @* begin
    p_o = {2*Bits{1'b0}};
    for (j = Perforation; j < Bits/2; j = j + 1) begin
      r = Rounding[5*j +: 5];
      half = ({ {2*Bits-1{1'b0}}, 1'b1} << r) >> 1;
      rounded = ((a_wide + half) >>> r) <<< r;
      case (b_ext[2*j +: 3])
        3'b001, 3'b010: product = rounded;
        3'b011:         product = rounded <<< 1;
        3'b100:         product = -(rounded <<< 1);
        3'b101, 3'b110: product = -rounded;
        default:        product = {2*Bits{1'b0}};
      endcase
      p_o = p_o + (product <<< (2*j));
    end
  end
endmodule
`default_nettype wire
