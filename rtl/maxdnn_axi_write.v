// maxdnn_axi_write: writes a run of 64-bit beats over AXI4, one INCR burst at a time.
//
// Bursts end at multiples of 128 bytes, so none has more than 16 beats and none crosses 4 KiB. Address and data are
// offered independently. After `stop_i` a burst that was begun is completed without waiting for data, with all
// strobes 0; an error response ends the run.
`default_nettype none
module maxdnn_axi_write #(
  parameter AddressBits = 32,  // 32..64
  parameter CountBits   = 28
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// one cycle, only while idle: write `beats_i` (at least 1) to `address_i` (multiple of 8)
  input  wire begin_i,
  input  wire [AddressBits-1:0] address_i,
  input  wire [CountBits-1:0] beats_i,
  /// finish what is outstanding, start nothing
  input  wire stop_i,
  /// one cycle: the last burst was acknowledged, without error
  output wire done_o,
  /// one cycle: a burst was answered with an error
  output wire error_o,
  /// address of that burst
  output wire [AddressBits-1:0] error_address_o,
  output wire idle_o,

  input  wire beat_valid_i,
  output wire beat_ready_o,
  input  wire [63:0] beat_data_i,

  output wire [AddressBits-1:0] m_axi_awaddr,
  output wire [7:0] m_axi_awlen,
  output wire [2:0] m_axi_awsize,
  output wire [1:0] m_axi_awburst,
  output wire [3:0] m_axi_awcache,
  output wire [2:0] m_axi_awprot,
  output wire m_axi_awvalid,
  input  wire m_axi_awready,
  output wire [63:0] m_axi_wdata,
  output wire [7:0] m_axi_wstrb,
  output wire m_axi_wlast,
  output wire m_axi_wvalid,
  input  wire m_axi_wready,
  input  wire [1:0] m_axi_bresp,
  input  wire m_axi_bvalid,
  output wire m_axi_bready
);
  reg run_q;                          // a run is going on
  reg flight_q;                       // a burst is, up to its response
  reg fill_q;                         // complete the burst with empty beats
  reg awvalid_q;
  reg [AddressBits-1:0] address_q;    // of the burst
  reg [3:0] length_q;                 // beats of the burst - 1
  reg [4:0] burst_q;                  // beats of the burst not offered yet
  reg [CountBits-1:0] left_q;         // beats behind this burst
  reg wvalid_q;
  reg wlast_q;
  reg [7:0] wstrb_q;
  reg [63:0] wdata_q;

  // Up to the next multiple of 128 bytes, or what is left.
  wire [4:0] room = 5'd16 - {1'b0, address_q[6:3]};
  wire is_last_burst = left_q <= { {CountBits-5{1'b0}}, room};
  wire [4:0] next_burst = is_last_burst ? left_q[4:0] : room;

  wire between = run_q && !flight_q;
  wire stopping = stop_i || fill_q;
  wire issue = between && left_q != {CountBits{1'b0}} && !stopping;
  wire finish = between && !issue;
  wire response = flight_q && m_axi_bvalid;
  wire failed = response && m_axi_bresp[1];
  wire free = !wvalid_q || m_axi_wready;
  wire load = burst_q != 5'd0 && free && (beat_valid_i || stopping);

  assign done_o = finish && !stopping;
  assign error_o = failed;
  assign error_address_o = address_q;
  assign idle_o = !run_q;
  assign beat_ready_o = burst_q != 5'd0 && free && !stopping;

  assign m_axi_awaddr = address_q;
  assign m_axi_awlen = {4'd0, length_q};
  assign m_axi_awsize = 3'd3;
  assign m_axi_awburst = 2'd1;
  assign m_axi_awcache = 4'b0011;
  assign m_axi_awprot = 3'b000;
  assign m_axi_awvalid = awvalid_q;
  assign m_axi_wdata = wdata_q;
  assign m_axi_wstrb = wstrb_q;
  assign m_axi_wlast = wlast_q;
  assign m_axi_wvalid = wvalid_q;
  assign m_axi_bready = flight_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      run_q <= 1'b0;
      flight_q <= 1'b0;
      fill_q <= 1'b0;
      awvalid_q <= 1'b0;
      address_q <= {AddressBits{1'b0}};
      length_q <= 4'd0;
      burst_q <= 5'd0;
      left_q <= {CountBits{1'b0}};
    end else begin
      if (begin_i && !run_q) begin
        run_q <= 1'b1;
        fill_q <= 1'b0;
        address_q <= address_i;
        left_q <= beats_i;
      end
      if (issue) begin
        flight_q <= 1'b1;
        awvalid_q <= 1'b1;
        length_q <= next_burst[3:0] - 4'd1;
        burst_q <= next_burst;
        left_q <= left_q - { {CountBits-5{1'b0}}, next_burst};
      end
      if (awvalid_q && m_axi_awready) awvalid_q <= 1'b0;
      if (load) burst_q <= burst_q - 5'd1;
      if (response) begin
        flight_q <= 1'b0;
        address_q <= address_q + { {AddressBits-8{1'b0}}, {1'b0, length_q} + 5'd1, 3'd0};
      end
      if (failed || (run_q && stop_i)) fill_q <= 1'b1;
      if (finish) run_q <= 1'b0;
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wvalid_q <= 1'b0;
      wlast_q <= 1'b0;
      wstrb_q <= 8'd0;
      wdata_q <= 64'd0;
    end else if (load) begin
      wvalid_q <= 1'b1;
      wlast_q <= burst_q == 5'd1;
      wstrb_q <= {8{!stopping}};
      wdata_q <= stopping ? 64'd0 : beat_data_i;
    end else if (m_axi_wready) begin
      wvalid_q <= 1'b0;
    end
  end

  wire unused = &{1'b0, m_axi_bresp[0]};
endmodule
`default_nettype wire
