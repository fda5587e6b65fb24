// maxdnn_descriptor_buffer: collects the beats of a descriptor and shows its words until the next fetch.
`default_nettype none
module maxdnn_descriptor_buffer #(
  parameter Words = 64,  // of 32 bits, an even number
  parameter [32*Words-1:0] Used = {32*Words{1'b1}}  // bits that are kept; the others read 0
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// one cycle: the beats of a descriptor come from now on
  input  wire begin_i,
  /// one cycle: no more of them
  input  wire end_i,
  output wire fetching_o,
  input  wire beat_valid_i,
  input  wire [63:0] beat_data_i,
  /// word k in bits 32k+31:32k
  output wire [32*Words-1:0] descriptor_o
);
  reg fetching_q;
  reg [7:0] place_q;   // beat that comes next
  wire beat = fetching_q && beat_valid_i;

  assign fetching_o = fetching_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fetching_q <= 1'b0;
      place_q <= 8'd0;
    end else if (begin_i) begin
      fetching_q <= 1'b1;
      place_q <= 8'd0;
    end else begin
      if (beat) place_q <= place_q + 8'd1;
      if (end_i) fetching_q <= 1'b0;
    end
  end

  genvar place;
  generate
    for (place = 0; place < Words / 2; place = place + 1) begin : gen_words
      localparam [7:0] Place = place;
      localparam [63:0] Kept = Used[64*place +: 64];
      reg [63:0] words_q;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) words_q <= 64'd0;
        else if (beat && place_q == Place) words_q <= beat_data_i & Kept;
      end
      assign descriptor_o[64*place +: 64] = words_q;
    end
  endgenerate
endmodule
`default_nettype wire
