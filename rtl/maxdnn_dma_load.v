// maxdnn_dma_load: puts beats of 8 bytes together to local words and writes them to the core's memories.
`default_nettype none
module maxdnn_dma_load #(
  parameter WordBits        = 64,  // multiple of 64, at most 1024
  parameter ActivationBeats = 1,
  parameter WeightBeats     = 1,
  parameter ParameterBeats  = 1
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// one cycle: words of memory `select_i` come from now on, the first one for `local_i`
  input  wire begin_i,
  input  wire [1:0] select_i,
  input  wire [23:0] local_i,
  /// forget everything
  input  wire stop_i,
  /// one cycle: the last beat was handed over
  input  wire ended_i,
  /// one cycle: the last word was written
  output wire finished_o,

  input  wire beat_valid_i,
  output wire beat_ready_o,
  input  wire [63:0] beat_data_i,

  /// written in the cycle in which `mem_wready_i` is high too
  output wire mem_we_o,
  output wire [1:0] mem_select_o,
  output wire [23:0] mem_waddr_o,
  output wire [WordBits-1:0] mem_wdata_o,
  input  wire mem_wready_i
);
  localparam [4:0] LastA = ActivationBeats[4:0] - 5'd1;
  localparam [4:0] LastW = WeightBeats[4:0] - 5'd1;
  localparam [4:0] LastP = ParameterBeats[4:0] - 5'd1;

  reg active_q;
  reg ended_q;
  reg full_q;          // a whole word waits for its memory
  reg [1:0] select_q;
  reg [3:0] lane_q;    // beat of the word that comes next
  reg [23:0] waddr_q;

  wire [4:0] last = select_q == 2'd1 ? LastW : select_q == 2'd2 ? LastP : LastA;
  wire beat = beat_valid_i && beat_ready_o;
  wire is_last = {1'b0, lane_q} == last;
  wire written = full_q && mem_wready_i;

  assign beat_ready_o = active_q && (!full_q || mem_wready_i);
  assign finished_o = active_q && ended_q && !full_q;
  assign mem_we_o = full_q;
  assign mem_select_o = select_q;
  assign mem_waddr_o = waddr_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      ended_q <= 1'b0;
      full_q <= 1'b0;
      select_q <= 2'd0;
      lane_q <= 4'd0;
      waddr_q <= 24'd0;
    end else if (stop_i) begin
      active_q <= 1'b0;
      full_q <= 1'b0;
    end else if (begin_i) begin
      active_q <= 1'b1;
      ended_q <= 1'b0;
      full_q <= 1'b0;
      select_q <= select_i;
      lane_q <= 4'd0;
      waddr_q <= local_i;
    end else begin
      if (ended_i) ended_q <= 1'b1;
      if (finished_o) active_q <= 1'b0;
      if (beat) lane_q <= is_last ? 4'd0 : lane_q + 4'd1;
      if (beat && is_last) full_q <= 1'b1;
      else if (written) full_q <= 1'b0;
      if (written) waddr_q <= waddr_q + 24'd1;
    end
  end

  genvar lane;
  generate
    for (lane = 0; lane < WordBits / 64; lane = lane + 1) begin : gen_lane
      localparam [3:0] Lane = lane;
      reg [63:0] data_q;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) data_q <= 64'd0;
        else if (beat && lane_q == Lane) data_q <= beat_data_i;
      end
      assign mem_wdata_o[64*lane +: 64] = data_q;
    end
  endgenerate
endmodule
`default_nettype wire
