// maxdnn_loader: reads pass after pass from the weight memory, each a header and Rows words, word i into the shadow
// registers of row i.
//
// Pass k + 1 is read while pass k streams: its header once the rows of pass k are loaded and pass k was taken, its
// rows once the exchange of pass k is ahead of them. A pass that is taken in cycle t exchanges element (i, j) at the
// end of cycle t + 4 + i + j; row 0 of the next pass is loaded at the end of cycle t + Columns + 3, and then one row
// after the other. So the shortest pass takes max(Columns + 3, Rows + HeaderWords + 1) cycles.
`default_nettype none
module maxdnn_loader #(
  parameter Rows        = 4,
  parameter Columns     = 4,
  parameter HeaderWords = 1,
  parameter SelectBits  = 1,  // bits of the number of a multiplier
  parameter HasSelects  = 0,  // 1: the header has the numbers of multipliers
  parameter Words       = 64  // of the weight memory
) (
  input  wire                          clk_i,
  input  wire                          rst_ni,
  /// begin with the pass at first_i
  input  wire                          start_i,
  /// stop and forget
  input  wire                          stop_i,
  input  wire                   [23:0] first_i,
  /// weight memory
  output wire                          re_o,
  output wire                   [23:0] address_o,
  input  wire          [8*Columns-1:0] data_i,
  /// to the elements: load the weights data_i and these selects into this row
  output reg                [Rows-1:0] load_o,
  output wire [SelectBits*Columns-1:0] select_o,
  /// there is a next pass, with this header; take it
  output wire                          valid_o,
  input  wire                          take_i,
  output wire                    [3:0] kernel_row_o,
  output wire                    [3:0] kernel_column_o,
  output wire                   [11:0] word_o,
  output wire                          last_of_filters_o,
  output wire                          last_of_layer_o,
  output wire                    [7:0] map_o,
  /// ran beyond the memory: no pass of the layer said that it is the last one
  output reg                           beyond_o
);
  localparam [1:0] Idle = 2'd0, Header = 2'd1, Load = 2'd2, Hold = 2'd3;
  localparam [7:0] LastHeader = HeaderWords - 1;
  localparam [7:0] LastRow = Rows - 1;
  localparam [7:0] Wait = Columns + 1;

  reg  [1:0] state_q;
  reg        ready_q;
  reg  [7:0] word_q, wait_q;
  reg [23:0] address_q;

  wire reads_header = state_q == Header;
  wire reads_row = state_q == Load && (word_q != 8'd0 || wait_q == 8'd0);
  wire goes_on = state_q == Hold && (take_i || !ready_q);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      ready_q <= 1'b0;
      beyond_o <= 1'b0;
      word_q <= 8'd0;
      wait_q <= 8'd0;
      load_o <= {Rows{1'b0}};
    end else begin
      load_o <= reads_row ? { {Rows-1{1'b0}}, 1'b1} << word_q : {Rows{1'b0}};
      if (start_i || stop_i) begin
        state_q <= start_i ? Header : Idle;
        ready_q <= 1'b0;
        beyond_o <= 1'b0;
        word_q <= 8'd0;
        wait_q <= 8'd0;
      end else begin
        if (take_i) wait_q <= Wait;
        else if (state_q != Idle && wait_q != 8'd0) wait_q <= wait_q - 8'd1;
        if (reads_row) ready_q <= word_q == 8'd0 || (ready_q && !take_i);
        else if (take_i) ready_q <= 1'b0;
        if (reads_header) begin
          word_q <= word_q == LastHeader ? 8'd0 : word_q + 8'd1;
          if (word_q == LastHeader) state_q <= Load;
        end else if (reads_row) begin
          word_q <= word_q == LastRow ? 8'd0 : word_q + 8'd1;
          if (word_q == LastRow) state_q <= Hold;
        end else if (goes_on) begin
          state_q <= Header;
        end
        if (re_o && {8'd0, address_q} >= Words) beyond_o <= 1'b1;
      end
    end
  end

  always @(posedge clk_i) begin
    if (start_i || (goes_on && last_of_layer_o)) address_q <= first_i;
    else if (re_o) address_q <= address_q + 24'd1;
  end

  assign re_o = reads_header || reads_row;
  assign address_o = address_q;
  assign valid_o = ready_q;

  // What was read comes one cycle later.
  localparam WordBits = 8 * Columns;
  reg                             captures_q;
  reg                       [7:0] part_q, row_q;
  reg  [WordBits*HeaderWords-1:0] header_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) captures_q <= 1'b0;
    else captures_q <= reads_header;
  end

  always @(posedge clk_i) begin
    if (reads_header) part_q <= word_q;
    if (reads_row) row_q <= word_q;
  end

  genvar part;
  generate
    for (part = 0; part < HeaderWords; part = part + 1) begin : gen_header
      localparam [7:0] Part = part;
      always @(posedge clk_i) begin
        if (captures_q && part_q == Part) header_q[WordBits*part +: WordBits] <= data_i;
      end
    end
  endgenerate

  assign kernel_row_o = header_q[3:0];
  assign kernel_column_o = header_q[7:4];
  assign word_o = header_q[19:8];
  assign last_of_filters_o = header_q[20];
  assign last_of_layer_o = header_q[21];
  assign map_o = header_q[31:24];

  genvar column;
  generate
    if (HasSelects != 0) begin : gen_selects
      wire by_row = header_q[22];
      wire [7:0] row_select = header_q[32 + 8*row_q +: 8];
      for (column = 0; column < Columns; column = column + 1) begin : gen_column
        assign select_o[SelectBits*column +: SelectBits] =
          by_row ? row_select[SelectBits-1:0] : header_q[32 + 8*column +: SelectBits];
      end
      wire unused_select = &{1'b0, row_select};
    end else begin : gen_no_selects
      wire unused_row = &{1'b0, row_q};
      assign select_o = {SelectBits*Columns{1'b0}};
    end
  endgenerate

  wire unused_header = &{1'b0, header_q};
endmodule
`default_nettype wire
