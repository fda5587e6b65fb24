// maxdnn_vector: addresses of additions and pools: group of Lanes channels -> output pixel -> pixel of the window (an
// addition reads the two inputs instead). Reads one word per cycle.
`default_nettype none
module maxdnn_vector #(
  parameter Rows  = 4,  // channels of a word
  parameter Lanes = 1
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             start_i,
  input  wire             add_i,
  input  wire      [15:0] pitch_i,
  input  wire      [23:0] row_pitch_i,
  /// from the first input to the second
  input  wire      [23:0] second_i,
  input  wire       [7:0] kernel_height_i,
  input  wire       [7:0] kernel_width_i,
  input  wire      [15:0] channels_i,
  /// place of the first channel: word of the pixel and byte
  input  wire      [23:0] first_word_i,
  input  wire       [7:0] first_byte_i,
  /// output pixel
  output wire             advance_o,
  output wire             rewind_o,
  input  wire      [23:0] walk_address_i,
  input  wire             walk_last_i,
  /// read this word, use the lanes from this byte on
  output wire             valid_o,
  output wire      [23:0] address_o,
  output wire       [7:0] byte_o,
  /// of the word: begins a window; ends it (both for each input of an addition); is of the second input
  output wire             first_o,
  output wire             last_o,
  output wire             second_o,
  /// as in maxdnn_drain
  output wire [Lanes-1:0] mask_o,
  output wire             group_end_o,
  output wire             final_o
);
  localparam [7:0] Bytes = Rows;
  localparam [7:0] Step = Lanes;
  localparam [15:0] LongStep = Lanes;

  reg         active_q, second_q;
  reg   [7:0] column_q, row_q, byte_q;
  reg  [15:0] left_q;
  reg  [23:0] offset_q, row_offset_q, word_q;

  wire        row_end = column_q == kernel_width_i - 8'd1;
  wire        window_end = row_end && row_q == kernel_height_i - 8'd1;
  wire        pixel_end = add_i ? second_q : window_end;
  wire        group_end = pixel_end && walk_last_i;
  wire        all_end = group_end && left_q <= LongStep;
  wire  [7:0] next_byte = byte_q + Step;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) active_q <= 1'b0;
    else active_q <= start_i || (active_q && !all_end);
  end

  always @(posedge clk_i) begin
    if (start_i) begin
      second_q <= 1'b0;
      {column_q, row_q} <= 16'd0;
      {offset_q, row_offset_q} <= 48'd0;
      {word_q, byte_q} <= {first_word_i, first_byte_i};
      left_q <= channels_i;
    end else if (active_q) begin
      second_q <= add_i && !second_q;
      if (pixel_end) begin
        {column_q, row_q} <= 16'd0;
        {offset_q, row_offset_q} <= 48'd0;
      end else if (!add_i && row_end) begin
        {column_q, row_q} <= {8'd0, row_q + 8'd1};
        {offset_q, row_offset_q} <= {row_offset_q + row_pitch_i, row_offset_q + row_pitch_i};
      end else if (!add_i) begin
        column_q <= column_q + 8'd1;
        offset_q <= offset_q + {8'd0, pitch_i};
      end
      if (group_end) begin
        word_q <= next_byte == Bytes ? word_q + 24'd1 : word_q;
        byte_q <= next_byte == Bytes ? 8'd0 : next_byte;
        left_q <= left_q - LongStep;
      end
    end
  end

  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_mask
      localparam [15:0] Lane = lane;
      assign mask_o[lane] = left_q > Lane;
    end
  endgenerate

  assign advance_o = active_q && pixel_end;
  assign rewind_o = walk_last_i;
  assign valid_o = active_q;
  assign address_o = walk_address_i + word_q + (second_q ? second_i : offset_q);
  assign byte_o = byte_q;
  assign first_o = add_i || (column_q == 8'd0 && row_q == 8'd0);
  assign last_o = add_i || window_end;
  assign second_o = second_q;
  assign group_end_o = walk_last_i;
  assign final_o = all_end;
endmodule
`default_nettype wire
