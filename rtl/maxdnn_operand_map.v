// maxdnn_operand_map: activation -> code of a multiplier's port that drops the lowest Drop bits: rounded half up,
// saturated at the largest code, sign-extended. Drop 0: unchanged.
`default_nettype none
module maxdnn_operand_map #(
  parameter Drop = 0  // 0 .. 6
) (
  input  wire [7:0] activation_i,
  output wire [7:0] code_o
);
  generate
    if (Drop == 0) begin : gen_same
      assign code_o = activation_i;
    end else begin : gen_round
      localparam Bits = 8 - Drop;
      localparam [Bits-1:0] Largest = (1 << (Bits - 1)) - 1;
      wire [Bits-1:0] top = activation_i[7:Drop];
      wire            up = activation_i[Drop-1] && top != Largest;
      wire [Bits-1:0] code = top + { {Bits-1{1'b0}}, up};
      wire            unused_low = &{1'b0, activation_i};
      assign code_o = { {Drop{code[Bits-1]}}, code};
    end
  endgenerate
endmodule
`default_nettype wire
