// maxdnn_drain: reads full accumulator banks for the requantiser: group of Lanes columns -> position. The parameters of
// a group are read with its first position and stay on the memory's output.
`default_nettype none
module maxdnn_drain #(
  parameter Columns     = 4,
  parameter Lanes       = 1,
  parameter AddressBits = 4
) (
  input  wire                     clk_i,
  input  wire                     rst_ni,
  input  wire                     start_i,
  /// filters of the descriptor, first parameter word
  input  wire              [15:0] channels_i,
  input  wire              [23:0] parameters_i,
  /// results are wide: after each read wait for release_i
  input  wire                     wide_i,
  input  wire                     release_i,
  /// the last sum of a bank has been written
  input  wire               [1:0] full_i,
  input  wire [2*AddressBits-1:0] bank_place_i,
  input  wire               [1:0] bank_commit_i,
  input  wire               [1:0] bank_final_i,
  output wire               [1:0] free_o,
  /// read these columns' sums
  output wire                     valid_o,
  output wire [Columns/Lanes-1:0] group_o,
  output wire                     bank_o,
  output wire   [AddressBits-1:0] place_o,
  output wire                     parameter_re_o,
  output wire              [23:0] parameter_address_o,
  /// with valid_o: lanes in use; last position of the group; of the tile of positions; of the descriptor
  output wire         [Lanes-1:0] mask_o,
  output wire                     group_end_o,
  output wire                     commit_o,
  output wire                     final_o,
  /// the passes' flags and the number of filters do not agree
  output wire                     fault_o
);
  localparam Groups = Columns / Lanes;
  localparam [15:0] Step = Lanes;
  localparam [Groups-1:0] First = 1;

  reg             [1:0] full_q;
  reg                   bank_q, waits_q;
  reg [AddressBits-1:0] place_q;
  reg      [Groups-1:0] group_q;
  reg            [15:0] left_q;
  reg            [23:0] parameter_q;

  wire                   full = bank_q ? full_q[1] : full_q[0];
  wire                   commits = bank_q ? bank_commit_i[1] : bank_commit_i[0];
  wire                   finishes = bank_q ? bank_final_i[1] : bank_final_i[0];
  wire [AddressBits-1:0] last_place =
    bank_q ? bank_place_i[2*AddressBits-1:AddressBits] : bank_place_i[AddressBits-1:0];
  wire                   reads = full && !waits_q;
  wire                   group_end = place_q == last_place;
  wire                   no_more = left_q <= Step;
  wire                   bank_end = reads && group_end && (group_q[Groups-1] || no_more);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q <= 2'b00;
      {bank_q, waits_q} <= 2'b00;
      place_q <= {AddressBits{1'b0}};
      group_q <= {Groups{1'b0}};
      left_q <= 16'd0;
      parameter_q <= 24'd0;
    end else if (start_i) begin
      full_q <= 2'b00;
      {bank_q, waits_q} <= 2'b00;
      place_q <= {AddressBits{1'b0}};
      group_q <= First;
      left_q <= channels_i;
      parameter_q <= parameters_i;
    end else begin
      full_q <= (full_q & ~free_o) | full_i;
      waits_q <= (reads && wide_i) || (waits_q && !release_i);
      if (reads) place_q <= group_end ? {AddressBits{1'b0}} : place_q + { {AddressBits-1{1'b0}}, 1'b1};
      if (bank_end) bank_q <= !bank_q;
      if (bank_end) group_q <= First;
      else if (reads && group_end) group_q <= group_q << 1;
      if (bank_end && commits) begin
        left_q <= channels_i;
        parameter_q <= parameters_i;
      end else if (reads && group_end) begin
        left_q <= no_more ? 16'd0 : left_q - Step;
        parameter_q <= parameter_q + 24'd1;
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

  assign free_o = {bank_end && bank_q, bank_end && !bank_q};
  assign valid_o = reads;
  assign group_o = reads ? group_q : {Groups{1'b0}};
  assign bank_o = bank_q;
  assign place_o = place_q;
  assign parameter_re_o = reads && place_q == {AddressBits{1'b0}};
  assign parameter_address_o = parameter_q;
  assign group_end_o = group_end;
  assign commit_o = commits && bank_end;
  assign final_o = finishes && bank_end;
  assign fault_o = bank_end && commits != no_more;
endmodule
`default_nettype wire
