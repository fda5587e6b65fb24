// maxdnn_dma_store: reads words of the activation memory and cuts them into beats of 8 bytes. Bytes behind the word
// are 0. At most four words are on their way or waiting, so that the core never has to hold one back.
`default_nettype none
module maxdnn_dma_store #(
  parameter WordBits        = 64,  // of the core's port
  parameter ActivationBytes = 8,   // bytes of a word
  parameter ActivationBeats = 1
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// one cycle: read `words_i` words from `local_i`
  input  wire begin_i,
  input  wire [23:0] local_i,
  input  wire [23:0] words_i,
  /// forget everything
  input  wire stop_i,

  output wire beat_valid_o,
  input  wire beat_ready_i,
  output wire [63:0] beat_data_o,

  /// asked for in the cycle in which `mem_rready_i` is high too; the data comes later, in order
  output wire mem_re_o,
  output wire [23:0] mem_raddr_o,
  input  wire mem_rready_i,
  input  wire [WordBits-1:0] mem_rdata_i,
  input  wire mem_rvalid_i
);
  localparam Bits = 64 * ActivationBeats;
  localparam [3:0] Last = ActivationBeats[3:0] - 4'd1;

  reg [23:0] left_q;     // words not asked for yet
  reg [23:0] raddr_q;
  reg [2:0] taken_q;     // words asked for and not sent yet
  reg [2:0] held_q;      // words in `word_q`
  reg [1:0] head_q;
  reg [1:0] tail_q;
  reg [3:0] lane_q;      // beat of the word that goes next
  reg [8*ActivationBytes-1:0] word_q [0:3];

  wire asked = mem_re_o && mem_rready_i;
  wire beat = beat_valid_o && beat_ready_i;
  wire sent = beat && lane_q == Last;
  wire [2:0] plus_asked = {2'd0, asked};
  wire [2:0] plus_held = {2'd0, mem_rvalid_i};
  wire [2:0] minus_sent = {2'd0, sent};
  wire [Bits-1:0] head;
  wire [16*64-1:0] lanes = { {16*64-Bits{1'b0}}, head};

  assign mem_re_o = left_q != 24'd0 && !taken_q[2];
  assign mem_raddr_o = raddr_q;
  assign beat_valid_o = held_q != 3'd0;
  assign beat_data_o = lanes[64*lane_q +: 64];

  generate
    if (Bits > 8 * ActivationBytes) begin : gen_padding
      assign head = { {Bits-8*ActivationBytes{1'b0}}, word_q[head_q]};
    end else begin : gen_whole
      assign head = word_q[head_q];
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      left_q <= 24'd0;
      raddr_q <= 24'd0;
      taken_q <= 3'd0;
      held_q <= 3'd0;
      head_q <= 2'd0;
      tail_q <= 2'd0;
      lane_q <= 4'd0;
    end else if (stop_i) begin
      left_q <= 24'd0;
      taken_q <= 3'd0;
      held_q <= 3'd0;
    end else if (begin_i) begin
      left_q <= words_i;
      raddr_q <= local_i;
      taken_q <= 3'd0;
      held_q <= 3'd0;
      head_q <= 2'd0;
      tail_q <= 2'd0;
      lane_q <= 4'd0;
    end else begin
      if (asked) begin
        left_q <= left_q - 24'd1;
        raddr_q <= raddr_q + 24'd1;
      end
      taken_q <= taken_q + plus_asked - minus_sent;
      held_q <= held_q + plus_held - minus_sent;
      if (mem_rvalid_i) tail_q <= tail_q + 2'd1;
      if (sent) head_q <= head_q + 2'd1;
      if (beat) lane_q <= sent ? 4'd0 : lane_q + 4'd1;
    end
  end

  always @(posedge clk_i) begin
    if (mem_rvalid_i) word_q[tail_q] <= mem_rdata_i[8*ActivationBytes-1:0];
  end

  generate
    if (WordBits > 8 * ActivationBytes) begin : gen_unused
      wire unused = &{1'b0, mem_rdata_i[WordBits-1:8*ActivationBytes]};
    end
  endgenerate
endmodule
`default_nettype wire
