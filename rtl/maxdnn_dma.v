// maxdnn_dma: AXI4 master that fetches descriptors and moves their transfers between external words (each padded to
// a multiple of 8 bytes) and the local memories of the core. Loads go one after the other in the order of their
// slots, stores likewise; the two directions run at the same time and know nothing of each other.
`default_nettype none
module maxdnn_dma #(
  parameter AddressBits     = 32,
  parameter WordBits        = 64,  // of the core's port
  parameter ActivationBytes = 8,   // bytes of a local word
  parameter WeightBytes     = 8,
  parameter ParameterBytes  = 8,
  parameter ActivationWords = 1024,
  parameter WeightWords     = 1024,
  parameter ParameterWords  = 1024,
  parameter DescriptorWords = 64,  // of 32 bits
  parameter [32*DescriptorWords-1:0] DescriptorUsed = {32*DescriptorWords{1'b1}}
) (
  input  wire clk_i,
  input  wire rst_ni,
  /// finish what is outstanding on AXI, forget the rest
  input  wire stop_i,
  /// nothing outstanding on AXI
  output wire idle_o,

  /// one cycle: fetch the descriptor at `fetch_address_i`
  input  wire fetch_i,
  input  wire [AddressBits-1:0] fetch_address_i,
  output wire fetch_done_o,
  /// word k in bits 32k+31:32k
  output wire [32*DescriptorWords-1:0] descriptor_o,

  /// one cycle: move the transfers, which stay until `busy_o` falls
  input  wire start_i,
  output wire busy_o,
  input  wire [4*6-1:0]  kinds_i,
  input  wire [4*32-1:0] offsets_i,
  input  wire [4*24-1:0] locals_i,
  input  wire [4*24-1:0] words_i,
  input  wire [4*AddressBits-1:0] bases_i,

  /// one cycle: error responses to a fetch, a load, a store; a transfer that is wrong
  output wire fetch_error_o,
  output wire load_error_o,
  output wire store_error_o,
  output wire bad_o,
  /// with these: address of the beat or burst, or number of the transfer
  output wire [AddressBits-1:0] error_address_o,

  output wire mem_we_o,
  output wire [1:0] mem_select_o,
  output wire [23:0] mem_waddr_o,
  output wire [WordBits-1:0] mem_wdata_o,
  input  wire mem_wready_i,
  output wire mem_re_o,
  output wire [23:0] mem_raddr_o,
  input  wire mem_rready_i,
  input  wire [WordBits-1:0] mem_rdata_i,
  input  wire mem_rvalid_i,

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
  output wire m_axi_rready,
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
  localparam ActivationBeats = (ActivationBytes + 7) / 8;
  localparam WeightBeats     = (WeightBytes + 7) / 8;
  localparam ParameterBeats  = (ParameterBytes + 7) / 8;
  localparam DescriptorBeats = DescriptorWords / 2;

  // Descriptor fetch
  wire fetching;       // the reader works for the descriptor
  wire beat_valid;
  wire [63:0] beat_data;
  wire read_done;
  wire read_error;
  wire load_ready;

  maxdnn_descriptor_buffer #(
    .Words(DescriptorWords),
    .Used(DescriptorUsed)
  ) u_descriptor (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .begin_i(fetch_i),
    .end_i(read_done || read_error || stop_i),
    .fetching_o(fetching),
    .beat_valid_i(beat_valid),
    .beat_data_i(beat_data),
    .descriptor_o(descriptor_o)
  );

  // Loads
  wire loads_busy;
  wire load_begin;
  wire [AddressBits-1:0] load_address;
  wire [28:0] load_beats;
  wire [23:0] load_local;
  wire [23:0] load_words;
  wire [1:0] load_select;
  wire load_finished;
  wire loads_bad;
  wire [1:0] loads_slot;

  maxdnn_transfer_walk #(
    .Stores(0),
    .AddressBits(AddressBits),
    .ActivationBeats(ActivationBeats),
    .WeightBeats(WeightBeats),
    .ParameterBeats(ParameterBeats),
    .ActivationWords(ActivationWords),
    .WeightWords(WeightWords),
    .ParameterWords(ParameterWords)
  ) u_loads (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .start_i(start_i),
    .stop_i(stop_i),
    .busy_o(loads_busy),
    .kinds_i(kinds_i),
    .offsets_i(offsets_i),
    .locals_i(locals_i),
    .words_i(words_i),
    .bases_i(bases_i),
    .begin_o(load_begin),
    .address_o(load_address),
    .beats_o(load_beats),
    .local_o(load_local),
    .words_o(load_words),
    .select_o(load_select),
    .finished_i(load_finished),
    .bad_o(loads_bad),
    .slot_o(loads_slot)
  );

  maxdnn_dma_load #(
    .WordBits(WordBits),
    .ActivationBeats(ActivationBeats),
    .WeightBeats(WeightBeats),
    .ParameterBeats(ParameterBeats)
  ) u_load (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .begin_i(load_begin),
    .select_i(load_select),
    .local_i(load_local),
    .stop_i(stop_i),
    .ended_i(read_done),
    .finished_o(load_finished),
    .beat_valid_i(beat_valid && !fetching),
    .beat_ready_o(load_ready),
    .beat_data_i(beat_data),
    .mem_we_o(mem_we_o),
    .mem_select_o(mem_select_o),
    .mem_waddr_o(mem_waddr_o),
    .mem_wdata_o(mem_wdata_o),
    .mem_wready_i(mem_wready_i)
  );

  wire read_idle;
  wire [AddressBits-1:0] read_error_address;
  maxdnn_axi_read #(
    .AddressBits(AddressBits),
    .CountBits(29)
  ) u_read (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .begin_i(fetch_i || load_begin),
    .address_i(fetch_i ? fetch_address_i : load_address),
    .beats_i(fetch_i ? DescriptorBeats[28:0] : load_beats),
    .stop_i(stop_i),
    .done_o(read_done),
    .error_o(read_error),
    .error_address_o(read_error_address),
    .idle_o(read_idle),
    .beat_valid_o(beat_valid),
    .beat_ready_i(fetching || load_ready),
    .beat_data_o(beat_data),
    .m_axi_araddr(m_axi_araddr),
    .m_axi_arlen(m_axi_arlen),
    .m_axi_arsize(m_axi_arsize),
    .m_axi_arburst(m_axi_arburst),
    .m_axi_arcache(m_axi_arcache),
    .m_axi_arprot(m_axi_arprot),
    .m_axi_arvalid(m_axi_arvalid),
    .m_axi_arready(m_axi_arready),
    .m_axi_rdata(m_axi_rdata),
    .m_axi_rresp(m_axi_rresp),
    .m_axi_rlast(m_axi_rlast),
    .m_axi_rvalid(m_axi_rvalid),
    .m_axi_rready(m_axi_rready)
  );

  // Stores
  wire stores_busy;
  wire store_begin;
  wire [AddressBits-1:0] store_address;
  wire [28:0] store_beats;
  wire [23:0] store_local;
  wire [23:0] store_words;
  wire [1:0] store_select;
  wire stores_bad;
  wire [1:0] stores_slot;
  wire write_done;
  wire write_error;
  wire write_idle;
  wire [AddressBits-1:0] write_error_address;
  wire data_valid;
  wire data_ready;
  wire [63:0] data;

  maxdnn_transfer_walk #(
    .Stores(1),
    .AddressBits(AddressBits),
    .ActivationBeats(ActivationBeats),
    .WeightBeats(WeightBeats),
    .ParameterBeats(ParameterBeats),
    .ActivationWords(ActivationWords),
    .WeightWords(WeightWords),
    .ParameterWords(ParameterWords)
  ) u_stores (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .start_i(start_i),
    .stop_i(stop_i),
    .busy_o(stores_busy),
    .kinds_i(kinds_i),
    .offsets_i(offsets_i),
    .locals_i(locals_i),
    .words_i(words_i),
    .bases_i(bases_i),
    .begin_o(store_begin),
    .address_o(store_address),
    .beats_o(store_beats),
    .local_o(store_local),
    .words_o(store_words),
    .select_o(store_select),
    .finished_i(write_done),
    .bad_o(stores_bad),
    .slot_o(stores_slot)
  );

  maxdnn_dma_store #(
    .WordBits(WordBits),
    .ActivationBytes(ActivationBytes),
    .ActivationBeats(ActivationBeats)
  ) u_store (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .begin_i(store_begin),
    .local_i(store_local),
    .words_i(store_words),
    .stop_i(stop_i),
    .beat_valid_o(data_valid),
    .beat_ready_i(data_ready),
    .beat_data_o(data),
    .mem_re_o(mem_re_o),
    .mem_raddr_o(mem_raddr_o),
    .mem_rready_i(mem_rready_i),
    .mem_rdata_i(mem_rdata_i),
    .mem_rvalid_i(mem_rvalid_i)
  );

  maxdnn_axi_write #(
    .AddressBits(AddressBits),
    .CountBits(29)
  ) u_write (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .begin_i(store_begin),
    .address_i(store_address),
    .beats_i(store_beats),
    .stop_i(stop_i),
    .done_o(write_done),
    .error_o(write_error),
    .error_address_o(write_error_address),
    .idle_o(write_idle),
    .beat_valid_i(data_valid),
    .beat_ready_o(data_ready),
    .beat_data_i(data),
    .m_axi_awaddr(m_axi_awaddr),
    .m_axi_awlen(m_axi_awlen),
    .m_axi_awsize(m_axi_awsize),
    .m_axi_awburst(m_axi_awburst),
    .m_axi_awcache(m_axi_awcache),
    .m_axi_awprot(m_axi_awprot),
    .m_axi_awvalid(m_axi_awvalid),
    .m_axi_awready(m_axi_awready),
    .m_axi_wdata(m_axi_wdata),
    .m_axi_wstrb(m_axi_wstrb),
    .m_axi_wlast(m_axi_wlast),
    .m_axi_wvalid(m_axi_wvalid),
    .m_axi_wready(m_axi_wready),
    .m_axi_bresp(m_axi_bresp),
    .m_axi_bvalid(m_axi_bvalid),
    .m_axi_bready(m_axi_bready)
  );

  assign busy_o = loads_busy || stores_busy;
  assign idle_o = read_idle && write_idle;
  assign fetch_done_o = fetching && read_done;
  assign fetch_error_o = fetching && read_error;
  assign load_error_o = !fetching && read_error;
  assign store_error_o = write_error;
  assign bad_o = loads_bad || stores_bad;
  assign error_address_o = read_error ? read_error_address
                         : write_error ? write_error_address
                         : { {AddressBits-2{1'b0}}, loads_bad ? loads_slot : stores_slot};

  wire unused = &{1'b0, load_words, store_select};
endmodule
`default_nettype wire
