// maxdnn_delay: q_o is d_i of Depth cycles before.
`default_nettype none
module maxdnn_delay #(
  parameter Width    = 1,  // bits
  parameter Depth    = 1,  // cycles, 0 or more
  parameter HasReset = 1   // 1: 0 after reset; 0: undefined until data has come through
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire [Width-1:0] d_i,
  output wire [Width-1:0] q_o
);
  generate
    if (Depth == 0) begin : gen_wire
      wire unused_clock = &{1'b0, clk_i, rst_ni};
      assign q_o = d_i;
    end else begin : gen_stages
      reg  [Width*Depth-1:0] stages_q;
      wire [Width*Depth-1:0] stages_d;
      if (Depth == 1) begin : gen_one
        assign stages_d = d_i;
      end else begin : gen_more
        assign stages_d = {stages_q[Width*(Depth-1)-1:0], d_i};
      end
      if (HasReset != 0) begin : gen_reset
        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) stages_q <= {Width*Depth{1'b0}};
          else stages_q <= stages_d;
        end
      end else begin : gen_plain
        wire unused_reset = &{1'b0, rst_ni};
        always @(posedge clk_i) stages_q <= stages_d;
      end
      assign q_o = stages_q[Width*(Depth-1) +: Width];
    end
  endgenerate
endmodule
`default_nettype wire
