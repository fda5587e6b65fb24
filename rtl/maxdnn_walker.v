// maxdnn_walker: goes through the positions of a map in raster order, with a word address and, for convolutions, the
// coordinates of the window's first pixel in the input. A marked position can be returned to.
//
// Example: width 3, stride 2, pitch 1: columns 0 1 2, left_i + 0 2 4, addresses origin_i + 0 2 4.
`default_nettype none
module maxdnn_walker (
  input  wire               clk_i,
  /// go to position (0, 0) and mark it
  input  wire               start_i,
  input  wire        [23:0] origin_i,
  /// coordinates of the first window's first pixel
  input  wire signed [17:0] top_i,
  input  wire signed [17:0] left_i,
  /// address and coordinates from position to position
  input  wire        [23:0] step_x_i,
  input  wire        [23:0] step_y_i,
  input  wire         [7:0] stride_x_i,
  input  wire         [7:0] stride_y_i,
  /// positions in a row, rows; at least 1
  input  wire        [15:0] width_i,
  input  wire        [15:0] height_i,
  /// go on to the next position, or with rewind_i to the mark; with mark_i the next position becomes the mark
  input  wire               advance_i,
  input  wire               rewind_i,
  input  wire               mark_i,
  output wire        [23:0] address_o,
  output wire signed [17:0] y_o,
  output wire signed [17:0] x_o,
  /// this is the last position of the map
  output wire               last_o
);
  reg        [15:0] column_q, row_q, column_mark_q, row_mark_q;
  reg        [23:0] address_q, row_address_q, address_mark_q, row_address_mark_q;
  reg signed [17:0] y_q, x_q, y_mark_q, x_mark_q;

  wire               row_end = column_q == width_i - 16'd1;
  wire        [15:0] next_column = row_end ? 16'd0 : column_q + 16'd1;
  wire        [15:0] next_row = row_end ? row_q + 16'd1 : row_q;
  wire        [23:0] next_row_address = row_end ? row_address_q + step_y_i : row_address_q;
  wire        [23:0] next_address = row_end ? next_row_address : address_q + step_x_i;
  wire signed [17:0] next_y = row_end ? y_q + $signed({10'd0, stride_y_i}) : y_q;
  wire signed [17:0] next_x = row_end ? left_i : x_q + $signed({10'd0, stride_x_i});

  always @(posedge clk_i) begin
    if (start_i) begin
      {column_q, row_q} <= 32'd0;
      {address_q, row_address_q} <= {origin_i, origin_i};
      {y_q, x_q} <= {top_i, left_i};
    end else if (advance_i && rewind_i) begin
      {column_q, row_q} <= {column_mark_q, row_mark_q};
      {address_q, row_address_q} <= {address_mark_q, row_address_mark_q};
      {y_q, x_q} <= {y_mark_q, x_mark_q};
    end else if (advance_i) begin
      {column_q, row_q} <= {next_column, next_row};
      {address_q, row_address_q} <= {next_address, next_row_address};
      {y_q, x_q} <= {next_y, next_x};
    end
    if (start_i) begin
      {column_mark_q, row_mark_q} <= 32'd0;
      {address_mark_q, row_address_mark_q} <= {origin_i, origin_i};
      {y_mark_q, x_mark_q} <= {top_i, left_i};
    end else if (advance_i && mark_i) begin
      {column_mark_q, row_mark_q} <= {next_column, next_row};
      {address_mark_q, row_address_mark_q} <= {next_address, next_row_address};
      {y_mark_q, x_mark_q} <= {next_y, next_x};
    end
  end

  assign address_o = address_q;
  assign y_o = y_q;
  assign x_o = x_q;
  assign last_o = row_end && row_q == height_i - 16'd1;
endmodule
`default_nettype wire
