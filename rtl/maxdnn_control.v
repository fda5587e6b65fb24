// maxdnn_control: starts what a descriptor asks for and waits for its end; works out steps and first places by repeated
// addition, as many cycles as the largest of strides and pads and the words of the channels before the first one.
`default_nettype none
module maxdnn_control #(
  parameter Rows  = 4,
  parameter Lanes = 1
) (
  input  wire               clk_i,
  input  wire               rst_ni,
  input  wire               start_i,
  output wire               done_o,
  output wire               fault_o,
  /// fields of the descriptor
  input  wire         [2:0] operation_i,
  input  wire               wide_i,
  input  wire        [23:0] input_base_i,
  input  wire        [15:0] input_pitch_i,
  input  wire        [23:0] input_row_pitch_i,
  input  wire        [15:0] output_height_i,
  input  wire        [15:0] output_width_i,
  input  wire         [7:0] kernel_height_i,
  input  wire         [7:0] kernel_width_i,
  input  wire         [7:0] stride_y_i,
  input  wire         [7:0] stride_x_i,
  input  wire         [7:0] pad_top_i,
  input  wire         [7:0] pad_left_i,
  input  wire        [15:0] channels_i,
  input  wire        [15:0] input_channel_i,
  input  wire        [15:0] output_channel_i,
  input  wire        [23:0] fill_words_i,
  /// what runs; the units start with go_o
  output reg                go_o,
  output wire               is_conv_o,
  output wire               is_add_o,
  output wire               is_vector_o,
  output wire               is_fill_o,
  output wire               is_wide_o,
  output reg         [23:0] origin_o,
  output wire signed [17:0] top_o,
  output wire signed [17:0] left_o,
  output reg         [23:0] step_x_o,
  output reg         [23:0] step_y_o,
  output reg         [23:0] input_word_o,
  output wire         [7:0] input_byte_o,
  output reg         [23:0] output_word_o,
  output wire         [7:0] output_byte_o,
  /// the last result is being written; something went wrong
  input  wire               end_i,
  input  wire               fault_i
);
  localparam [2:0] None = 3'd0, Conv = 3'd1, Add = 3'd2, Pool = 3'd3, Fill = 3'd4;
  localparam [1:0] Idle = 2'd0, Setup = 2'd1, Run = 2'd2, Done = 2'd3;
  localparam [17:0] WordBytes = Rows;
  localparam [15:0] Unaligned = Lanes - 1;

  reg  [1:0] state_q;
  reg        fault_q;
  reg  [7:0] count_q;
  reg [17:0] input_left_q, output_left_q;

  assign is_conv_o = operation_i == Conv;
  assign is_add_o = operation_i == Add;
  assign is_vector_o = operation_i == Add || operation_i == Pool;
  assign is_fill_o = operation_i == Fill;
  assign is_wide_o = is_conv_o && wide_i;

  wire has_map = is_conv_o || is_vector_o;
  wire has_strides = is_conv_o || operation_i == Pool;
  wire map_fault = output_height_i == 16'd0 || output_width_i == 16'd0 || channels_i == 16'd0
    || (output_channel_i & Unaligned) != 16'd0 || (is_vector_o && (input_channel_i & Unaligned) != 16'd0);
  wire stride_fault = stride_x_i == 8'd0 || stride_y_i == 8'd0;
  wire kernel_fault = kernel_height_i == 8'd0 || kernel_width_i == 8'd0;
  wire wide_fault = is_wide_o && (output_height_i != 16'd1 || output_width_i != 16'd1);
  wire field_fault = operation_i > Fill || (has_map && map_fault) || (has_strides && stride_fault)
    || (operation_i == Pool && kernel_fault) || wide_fault || (is_fill_o && fill_words_i == 24'd0);

  wire [7:0] stride_x = has_strides ? stride_x_i : 8'd1;
  wire [7:0] stride_y = has_strides ? stride_y_i : 8'd1;
  wire [7:0] pad_top = is_conv_o ? pad_top_i : 8'd0;
  wire [7:0] pad_left = is_conv_o ? pad_left_i : 8'd0;
  wire       counts = count_q < stride_x || count_q < stride_y || count_q < pad_top || count_q < pad_left;
  wire       input_more = input_left_q >= WordBytes;
  wire       output_more = output_left_q >= WordBytes;
  wire       set_up = !has_map || (!counts && !input_more && !output_more);
  wire       begins = state_q == Idle && start_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      fault_q <= 1'b0;
      go_o <= 1'b0;
    end else begin
      go_o <= state_q == Setup && set_up;
      case (state_q)
        Idle: if (start_i) state_q <= field_fault || operation_i == None ? Done : Setup;
        Setup: if (set_up) state_q <= Run;
        Run: if (end_i) state_q <= Done;
        default: state_q <= Idle;
      endcase
      if (begins) fault_q <= field_fault;
      else if (fault_i) fault_q <= 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (begins) begin
      count_q <= 8'd0;
      {step_x_o, step_y_o} <= 48'd0;
      origin_o <= input_base_i;
      {input_word_o, output_word_o} <= 48'd0;
      input_left_q <= is_vector_o ? {2'b00, input_channel_i} : 18'd0;
      output_left_q <= is_wide_o ? {output_channel_i, 2'b00} : {2'b00, output_channel_i};
    end else if (state_q == Setup) begin
      if (counts) count_q <= count_q + 8'd1;
      if (count_q < stride_x) step_x_o <= step_x_o + {8'd0, input_pitch_i};
      if (count_q < stride_y) step_y_o <= step_y_o + input_row_pitch_i;
      origin_o <= origin_o - (count_q < pad_top ? input_row_pitch_i : 24'd0)
        - (count_q < pad_left ? {8'd0, input_pitch_i} : 24'd0);
      if (input_more) {input_left_q, input_word_o} <= {input_left_q - WordBytes, input_word_o + 24'd1};
      if (output_more) {output_left_q, output_word_o} <= {output_left_q - WordBytes, output_word_o + 24'd1};
    end
  end

  assign top_o = -$signed({10'd0, pad_top});
  assign left_o = -$signed({10'd0, pad_left});
  assign input_byte_o = input_left_q[7:0];
  assign output_byte_o = output_left_q[7:0];
  assign done_o = state_q == Done;
  assign fault_o = done_o && fault_q;
endmodule
`default_nettype wire
