// maxdnn_transfer_walk: goes through the four transfers of a descriptor and hands out those of one direction, one
// after the other, as address, beats and local address. One walk serves the loads, another the stores.
`default_nettype none
module maxdnn_transfer_walk #(
  parameter Stores          = 0,     // 1: hands out stores, 0: loads (and reports transfers that are wrong)
  parameter AddressBits     = 32,
  parameter ActivationBeats = 1,     // beats of 8 bytes per local word
  parameter WeightBeats     = 1,
  parameter ParameterBeats  = 1,
  parameter ActivationWords = 1024,  // words of the local memories
  parameter WeightWords     = 1024,
  parameter ParameterWords  = 1024
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// one cycle: go through the transfers, which stay until `busy_o` falls
  input  wire start_i,
  /// forget everything
  input  wire stop_i,
  output wire busy_o,

  /// transfer k in part k of each: kind and base, bytes from the base, first local word, words
  input  wire [4*6-1:0]  kinds_i,
  input  wire [4*32-1:0] offsets_i,
  input  wire [4*24-1:0] locals_i,
  input  wire [4*24-1:0] words_i,
  /// program, input, output, scratch
  input  wire [4*AddressBits-1:0] bases_i,

  /// one cycle: begin with what follows
  output reg  begin_o,
  output reg  [AddressBits-1:0] address_o,
  output reg  [28:0] beats_o,
  output reg  [23:0] local_o,
  output reg  [23:0] words_o,
  /// memory: 0 activations, 1 weights, 2 parameters
  output reg  [1:0] select_o,
  /// one cycle: that transfer is finished
  input  wire finished_i,

  /// one cycle: transfer `slot_o` has an unknown kind, no words, an offset that is not a multiple of 8, or leaves
  /// its memory
  output wire bad_o,
  output wire [1:0] slot_o
);
  localparam [2:0] None = 3'd0;
  localparam [2:0] LoadWeights = 3'd2;
  localparam [2:0] LoadParameters = 3'd3;
  localparam [2:0] StoreActivations = 3'd4;
  localparam [4:0] BeatsA = ActivationBeats[4:0];
  localparam [4:0] BeatsW = WeightBeats[4:0];
  localparam [4:0] BeatsP = ParameterBeats[4:0];
  localparam [24:0] DepthA = ActivationWords[24:0];
  localparam [24:0] DepthW = WeightWords[24:0];
  localparam [24:0] DepthP = ParameterWords[24:0];

  reg busy_q;
  reg active_q;        // a transfer was handed out
  reg [2:0] slot_q;    // 0..3, then 4

  wire [5:0]  kind   = kinds_i[6*slot_q[1:0] +: 6];
  wire [31:0] offset = offsets_i[32*slot_q[1:0] +: 32];
  wire [23:0] place  = locals_i[24*slot_q[1:0] +: 24];
  wire [23:0] words  = words_i[24*slot_q[1:0] +: 24];
  wire [AddressBits-1:0] base = bases_i[AddressBits*kind[5:4] +: AddressBits];

  wire is_weights = kind[2:0] == LoadWeights;
  wire is_parameters = kind[2:0] == LoadParameters;
  wire is_store = kind[2:0] == StoreActivations;
  wire is_none = kind[2:0] == None;
  wire is_mine = !is_none && (Stores != 0 ? is_store : !is_store);

  wire [4:0] beats = is_weights ? BeatsW : is_parameters ? BeatsP : BeatsA;
  wire [24:0] depth = is_weights ? DepthW : is_parameters ? DepthP : DepthA;
  wire [24:0] behind = {1'b0, place} + {1'b0, words};
  wire is_wrong = kind[2:0] > StoreActivations || words == 24'd0 || offset[2:0] != 3'd0 || behind > depth;

  wire look = busy_q && !active_q && !slot_q[2];
  assign busy_o = busy_q;
  assign slot_o = slot_q[1:0];
  assign bad_o = look && is_mine && is_wrong;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      active_q <= 1'b0;
      slot_q <= 3'd0;
      begin_o <= 1'b0;
    end else if (stop_i) begin
      busy_q <= 1'b0;
      active_q <= 1'b0;
      begin_o <= 1'b0;
    end else begin
      begin_o <= 1'b0;
      if (start_i) begin
        busy_q <= 1'b1;
        slot_q <= 3'd0;
      end else if (busy_q && slot_q[2]) begin
        busy_q <= 1'b0;
      end else if (look && is_mine && !is_wrong) begin
        active_q <= 1'b1;
        begin_o <= 1'b1;
      end else if (look && !is_mine) begin
        slot_q <= slot_q + 3'd1;
      end else if (active_q && finished_i) begin
        active_q <= 1'b0;
        slot_q <= slot_q + 3'd1;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      address_o <= {AddressBits{1'b0}};
      beats_o <= 29'd0;
      local_o <= 24'd0;
      words_o <= 24'd0;
      select_o <= 2'd0;
    end else if (look && is_mine) begin
      address_o <= base + { {AddressBits-32{1'b0}}, offset};
      beats_o <= words * beats;
      local_o <= place;
      words_o <= words;
      select_o <= is_weights ? 2'd1 : is_parameters ? 2'd2 : 2'd0;
    end
  end

  wire unused = &{1'b0, kind[3]};
endmodule
`default_nettype wire
