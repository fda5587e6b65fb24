// maxdnn_axi_read: reads a run of 64-bit beats over AXI4, one INCR burst at a time.
//
// Bursts end at multiples of 128 bytes, so none has more than 16 beats and none crosses 4 KiB. An error response
// stops it: the rest of the burst is taken and thrown away, no further burst starts. `stop_i` does the same.
`default_nettype none
module maxdnn_axi_read #(
  parameter AddressBits = 32,  // 32..64
  parameter CountBits   = 28
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// one cycle, only while idle: read `beats_i` (at least 1) from `address_i` (multiple of 8)
  input  wire begin_i,
  input  wire [AddressBits-1:0] address_i,
  input  wire [CountBits-1:0] beats_i,
  /// finish what is outstanding, start nothing
  input  wire stop_i,
  /// one cycle: the last beat was taken, without error
  output wire done_o,
  /// one cycle: a beat came with an error response
  output wire error_o,
  /// address of that beat
  output wire [AddressBits-1:0] error_address_o,
  output wire idle_o,

  output wire beat_valid_o,
  input  wire beat_ready_i,
  output wire [63:0] beat_data_o,

  output wire [AddressBits-1:0] m_axi_araddr,
  output wire [7:0] m_axi_arlen,
  output wire [2:0] m_axi_arsize,
  output wire [1:0] m_axi_arburst,
  output wire [3:0] m_axi_arcache,
  output wire [2:0] m_axi_arprot,
  output wire m_axi_arvalid,
  input  wire m_axi_arready,
  input  wire [63:0] m_axi_rdata,
  input  wire [1:0] m_axi_rresp,
  input  wire m_axi_rlast,
  input  wire m_axi_rvalid,
  output wire m_axi_rready
);
  reg run_q;                          // a run is going on
  reg drop_q;                         // take the rest of the burst and throw it away
  reg arvalid_q;
  reg [AddressBits-1:0] address_q;    // of the burst while it is asked for, then of its next beat
  reg [3:0] length_q;                 // beats of the burst - 1
  reg [4:0] burst_q;                  // beats of the burst still to come
  reg [CountBits-1:0] left_q;         // beats not asked for yet

  // Up to the next multiple of 128 bytes, or what is left.
  wire [4:0] room = 5'd16 - {1'b0, address_q[6:3]};
  wire is_last_burst = left_q <= { {CountBits-5{1'b0}}, room};
  wire [4:0] next_burst = is_last_burst ? left_q[4:0] : room;

  wire between = run_q && burst_q == 5'd0;
  wire stopping = stop_i || drop_q;
  wire issue = between && left_q != {CountBits{1'b0}} && !stopping;
  wire finish = between && !issue;
  wire beat = m_axi_rvalid && m_axi_rready;
  wire failed = beat && m_axi_rresp[1] && !drop_q;

  assign done_o = finish && !stopping;
  assign error_o = failed;
  assign error_address_o = address_q;
  assign idle_o = !run_q;

  assign beat_valid_o = m_axi_rvalid && burst_q != 5'd0 && !arvalid_q && !stopping && !m_axi_rresp[1];
  assign beat_data_o = m_axi_rdata;

  assign m_axi_araddr = address_q;
  assign m_axi_arlen = {4'd0, length_q};
  assign m_axi_arsize = 3'd3;
  assign m_axi_arburst = 2'd1;
  assign m_axi_arcache = 4'b0011;
  assign m_axi_arprot = 3'b000;
  assign m_axi_arvalid = arvalid_q;
  assign m_axi_rready = burst_q != 5'd0 && !arvalid_q && (beat_ready_i || stopping);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      run_q <= 1'b0;
      drop_q <= 1'b0;
      arvalid_q <= 1'b0;
      address_q <= {AddressBits{1'b0}};
      length_q <= 4'd0;
      burst_q <= 5'd0;
      left_q <= {CountBits{1'b0}};
    end else begin
      if (begin_i && !run_q) begin
        run_q <= 1'b1;
        drop_q <= 1'b0;
        address_q <= address_i;
        left_q <= beats_i;
      end
      if (issue) begin
        arvalid_q <= 1'b1;
        length_q <= next_burst[3:0] - 4'd1;
        burst_q <= next_burst;
        left_q <= left_q - { {CountBits-5{1'b0}}, next_burst};
      end
      if (arvalid_q && m_axi_arready) arvalid_q <= 1'b0;
      if (beat) begin
        address_q <= address_q + { {AddressBits-4{1'b0}}, 4'd8};
        burst_q <= burst_q - 5'd1;
      end
      if (failed || (run_q && stop_i)) drop_q <= 1'b1;
      if (finish) run_q <= 1'b0;
    end
  end

  wire unused = &{1'b0, m_axi_rlast, m_axi_rresp[0]};
endmodule
`default_nettype wire
