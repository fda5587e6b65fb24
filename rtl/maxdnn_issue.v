// maxdnn_issue: sends the positions of pass after pass into the array: tile of positions -> filter tile -> pass ->
// position. A pass is taken in the cycle of the last position of the one before, so that none is lost.
`default_nettype none
module maxdnn_issue #(
  parameter AddressBits = 4  // log2 of the positions of a tile
) (
  input  wire                     clk_i,
  input  wire                     rst_ni,
  input  wire                     start_i,
  /// the input's map
  input  wire              [15:0] input_height_i,
  input  wire              [15:0] input_width_i,
  input  wire              [15:0] pitch_i,
  input  wire              [23:0] row_pitch_i,
  /// next pass from the loader
  input  wire                     pass_valid_i,
  output wire                     take_o,
  input  wire               [3:0] kernel_row_i,
  input  wire               [3:0] kernel_column_i,
  input  wire              [11:0] word_i,
  input  wire                     last_of_filters_i,
  input  wire                     last_of_layer_i,
  input  wire               [7:0] map_i,
  /// end the descriptor after this pass
  input  wire                     abort_i,
  /// position
  output wire                     advance_o,
  output wire                     rewind_o,
  output wire                     mark_o,
  input  wire              [23:0] walk_address_i,
  input  wire signed       [17:0] walk_y_i,
  input  wire signed       [17:0] walk_x_i,
  input  wire                     walk_last_i,
  /// a position enters the array: its input word or padding, map of operands, tag for the accumulators
  output wire                     valid_o,
  output wire              [23:0] address_o,
  output wire                     pad_o,
  output wire               [7:0] map_o,
  output wire                     swap_o,
  output wire                     first_o,
  output wire                     last_o,
  output wire                     bank_o,
  output wire   [AddressBits-1:0] place_o,
  /// accumulator banks that were drained; what each full one holds: last address, last filter tile of the tile of
  /// positions, last of the descriptor
  input  wire               [1:0] free_i,
  output reg  [2*AddressBits-1:0] bank_place_o,
  output reg                [1:0] bank_commit_o,
  output reg                [1:0] bank_final_o,
  /// counters
  output wire                     stall_weights_o,
  output wire                     stall_drain_o
);
  reg                   active_q, streams_q, begins_q, first_q, bank_q;
  reg             [1:0] busy_q;
  reg [AddressBits-1:0] place_q;
  reg                   last_of_filters_q, last_of_layer_q;
  reg             [3:0] kernel_row_q, kernel_column_q;
  reg             [7:0] map_q;
  reg            [23:0] offset_q;

  wire tile_end = walk_last_i || place_q == {AddressBits{1'b1}};
  wire ends = streams_q && tile_end;
  wire ends_filters = ends && (last_of_filters_q || abort_i);
  wire ends_layer = ends && (last_of_layer_q || abort_i);
  wire ends_all = ends_layer && (walk_last_i || abort_i);

  // The pass that is taken now: does it begin a filter tile, into which bank?
  wire begins = ends ? ends_filters : begins_q;
  wire bank = bank_q ^ ends_filters;
  wire bank_busy = begins && (bank ? busy_q[1] : busy_q[0]);
  wire ready = active_q && (!streams_q || (ends && !ends_all));
  assign take_o = ready && pass_valid_i && !bank_busy;

  wire [23:0] row_offset = {20'd0, kernel_row_i} * row_pitch_i;
  wire [23:0] column_offset = {20'd0, kernel_column_i} * {8'd0, pitch_i};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {active_q, streams_q, begins_q, first_q, bank_q} <= 5'd0;
      busy_q <= 2'b00;
      place_q <= {AddressBits{1'b0}};
    end else if (start_i) begin
      {active_q, streams_q, begins_q, first_q, bank_q} <= 5'b10100;
      busy_q <= 2'b00;
      place_q <= {AddressBits{1'b0}};
    end else begin
      if (ends_all) active_q <= 1'b0;
      if (streams_q) place_q <= tile_end ? {AddressBits{1'b0}} : place_q + {{AddressBits-1{1'b0}}, 1'b1};
      if (take_o) begin
        streams_q <= 1'b1;
        first_q <= begins;
      end else if (ends) begin
        streams_q <= 1'b0;
        begins_q <= begins;
      end
      bank_q <= bank;
      busy_q[0] <= (busy_q[0] && !free_i[0]) || (take_o && begins && !bank);
      busy_q[1] <= (busy_q[1] && !free_i[1]) || (take_o && begins && bank);
    end
  end

  always @(posedge clk_i) begin
    if (take_o) begin
      {last_of_filters_q, last_of_layer_q} <= {last_of_filters_i, last_of_layer_i};
      {kernel_row_q, kernel_column_q, map_q} <= {kernel_row_i, kernel_column_i, map_i};
      offset_q <= row_offset + column_offset + {12'd0, word_i};
    end
    if (ends_filters && !bank_q) begin
      bank_place_o[AddressBits-1:0] <= place_q;
      {bank_commit_o[0], bank_final_o[0]} <= {ends_layer, ends_all};
    end
    if (ends_filters && bank_q) begin
      bank_place_o[2*AddressBits-1:AddressBits] <= place_q;
      {bank_commit_o[1], bank_final_o[1]} <= {ends_layer, ends_all};
    end
  end

  wire signed [17:0] y = walk_y_i + $signed({14'd0, kernel_row_q});
  wire signed [17:0] x = walk_x_i + $signed({14'd0, kernel_column_q});

  assign advance_o = streams_q;
  assign rewind_o = tile_end && !ends_layer;
  assign mark_o = ends_layer;
  assign valid_o = streams_q;
  assign address_o = walk_address_i + offset_q;
  assign pad_o = y < 18'sd0 || y >= $signed({2'b00, input_height_i}) || x < 18'sd0
    || x >= $signed({2'b00, input_width_i});
  assign map_o = map_q;
  assign swap_o = place_q == {AddressBits{1'b0}};
  assign first_o = first_q;
  assign last_o = ends_filters;
  assign bank_o = bank_q;
  assign place_o = place_q;
  assign stall_weights_o = active_q && !streams_q && !pass_valid_i;
  assign stall_drain_o = active_q && !streams_q && pass_valid_i && bank_busy;
endmodule
`default_nettype wire
