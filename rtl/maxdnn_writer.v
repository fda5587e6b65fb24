// maxdnn_writer: puts results into the activation memory: group of Lanes channels -> position, as they come from the
// requantiser. Wide results go byte by byte, 4 * Lanes cycles for a group. Also fills words with one code.
`default_nettype none
module maxdnn_writer #(
  parameter Rows  = 4,  // bytes of a word
  parameter Lanes = 1,
  parameter Words = 64  // of the activation memory
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                start_i,
  /// the output's map
  input  wire         [23:0] base_i,
  input  wire         [15:0] pitch_i,
  input  wire         [23:0] row_pitch_i,
  input  wire         [15:0] width_i,
  input  wire         [15:0] height_i,
  /// place of the first channel: word of the pixel and byte
  input  wire         [23:0] first_word_i,
  input  wire          [7:0] first_byte_i,
  input  wire                wide_i,
  /// with start_i: fill this many words
  input  wire                fill_i,
  input  wire         [23:0] fill_words_i,
  input  wire          [7:0] fill_code_i,
  /// results; tags as in maxdnn_drain
  input  wire                valid_i,
  input  wire [32*Lanes-1:0] code_i,
  input  wire    [Lanes-1:0] mask_i,
  input  wire                group_end_i,
  input  wire                commit_i,
  input  wire                final_i,
  /// all bytes of a wide result are written
  output wire                release_o,
  /// the last word is being written
  output wire                done_o,
  /// a word beyond the memory: not written
  output wire                fault_o,
  output wire     [Rows-1:0] we_o,
  output wire         [23:0] address_o,
  output wire   [8*Rows-1:0] data_o
);
  localparam [7:0] Bytes = Rows;
  localparam [7:0] Step = Lanes;
  localparam [7:0] Aligned = ~(Lanes - 1);
  localparam [Rows-1:0] FirstByte = 1;

  wire [23:0] walk_address;
  wire [17:0] unused_y, unused_x;
  wire        unused_last;
  wire        takes = valid_i && !wide_i;
  maxdnn_walker u_walker (
    .clk_i(clk_i),
    .start_i(start_i),
    .origin_i(base_i),
    .top_i(18'sd0),
    .left_i(18'sd0),
    .step_x_i({8'd0, pitch_i}),
    .step_y_i(row_pitch_i),
    .stride_x_i(8'd0),
    .stride_y_i(8'd0),
    .width_i(width_i),
    .height_i(height_i),
    .advance_i(takes),
    .rewind_i(group_end_i && !commit_i),
    .mark_i(commit_i),
    .address_o(walk_address),
    .y_o(unused_y),
    .x_o(unused_x),
    .last_o(unused_last)
  );

  // Wide results: the lowest byte is the next one.
  reg [32*Lanes-1:0] wide_q;
  reg    [Lanes-1:0] wide_mask_q;
  reg          [1:0] wide_byte_q;
  reg                wide_busy_q, wide_final_q;
  wire               wide_writes = wide_busy_q && wide_mask_q[0];

  reg         fills_q;
  reg  [23:0] word_q;
  reg   [7:0] byte_q;
  wire  [7:0] byte_step = wide_i ? 8'd1 : Step;
  wire        moves = wide_writes || (takes && group_end_i);
  wire  [7:0] next_byte = byte_q + byte_step;
  wire        fill_end = fills_q && word_q == fill_words_i - 24'd1;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {fills_q, wide_busy_q} <= 2'b00;
    else begin
      fills_q <= (start_i && fill_i) || (fills_q && !fill_end);
      wide_busy_q <= !start_i && ((valid_i && wide_i) || wide_writes);
    end
  end

  always @(posedge clk_i) begin
    if (start_i) begin
      word_q <= fill_i ? 24'd0 : first_word_i;
      byte_q <= first_byte_i;
    end else if (takes && commit_i) begin
      word_q <= first_word_i;
      byte_q <= first_byte_i;
    end else if (moves) begin
      word_q <= next_byte == Bytes ? word_q + 24'd1 : word_q;
      byte_q <= next_byte == Bytes ? 8'd0 : next_byte;
    end else if (fills_q) begin
      word_q <= word_q + 24'd1;
    end
    if (valid_i && wide_i) begin
      wide_q <= code_i;
      wide_mask_q <= mask_i;
      wide_byte_q <= 2'd0;
      wide_final_q <= final_i;
    end else if (wide_writes) begin
      wide_q <= wide_q >> 8;
      wide_byte_q <= wide_byte_q + 2'd1;
      if (wide_byte_q == 2'd3) wide_mask_q <= wide_mask_q >> 1;
    end
  end
  assign release_o = wide_busy_q && !wide_writes;

  // Registers in front of the memory.
  reg [Rows-1:0]   we_q;
  reg [23:0]       address_q;
  reg [8*Rows-1:0] data_q;
  reg              done_q;

  wire [8*Lanes-1:0] bytes;
  wire  [Rows-1:0]   mask;
  wire               unused_code = &{1'b0, code_i};
  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_bytes
      assign bytes[8*lane +: 8] = code_i[32*lane +: 8];
    end
    if (Rows == Lanes) begin : gen_whole
      assign mask = mask_i;
    end else begin : gen_part
      assign mask = { {Rows-Lanes{1'b0}}, mask_i};
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      we_q <= {Rows{1'b0}};
      done_q <= 1'b0;
    end else begin
      we_q <= fills_q ? {Rows{1'b1}} : wide_writes ? FirstByte << byte_q : takes ? mask << (byte_q & Aligned) : {Rows{1'b0}};
      done_q <= fill_end || (takes && final_i) || (release_o && wide_final_q);
    end
  end

  always @(posedge clk_i) begin
    if (fills_q || wide_writes || takes) begin
      address_q <= walk_address + word_q;
      data_q <= fills_q ? {Rows{fill_code_i}} : wide_writes ? {Rows{wide_q[7:0]}} : {Rows/Lanes{bytes}};
    end
  end

  wire beyond = {8'd0, address_q} >= Words;
  assign fault_o = beyond && we_q != {Rows{1'b0}};
  assign we_o = beyond ? {Rows{1'b0}} : we_q;
  assign address_o = address_q;
  assign data_o = data_q;
  assign done_o = done_q;
endmodule
`default_nettype wire
