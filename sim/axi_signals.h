// Signals of an AXI4 port with 64-bit data as plain values, so that memory and checker know no Verilated model.
#ifndef MAXDNN_AXI_SIGNALS_H
#define MAXDNN_AXI_SIGNALS_H

#include <cstdint>

// What the master drives, as it stands before a rising edge.
struct AxiMasterSignals {
  bool arvalid = false, rready = false, awvalid = false, wvalid = false, wlast = false, bready = false;
  uint64_t araddr = 0, awaddr = 0, wdata = 0;
  unsigned arlen = 0, arsize = 0, arburst = 0, awlen = 0, awsize = 0, awburst = 0, wstrb = 0;
};

// What the slave drives: depends on nothing that the master does in the same cycle.
struct AxiSlaveSignals {
  bool arready = false, rvalid = false, rlast = false, awready = false, wready = false, bvalid = false;
  uint64_t rdata = 0;
  unsigned rresp = 0, bresp = 0;
};

template <class Top>
AxiMasterSignals axi_sample(const Top& top) {
  AxiMasterSignals s;
  s.arvalid = top.m_axi_arvalid;
  s.araddr = top.m_axi_araddr;
  s.arlen = top.m_axi_arlen;
  s.arsize = top.m_axi_arsize;
  s.arburst = top.m_axi_arburst;
  s.rready = top.m_axi_rready;
  s.awvalid = top.m_axi_awvalid;
  s.awaddr = top.m_axi_awaddr;
  s.awlen = top.m_axi_awlen;
  s.awsize = top.m_axi_awsize;
  s.awburst = top.m_axi_awburst;
  s.wvalid = top.m_axi_wvalid;
  s.wdata = top.m_axi_wdata;
  s.wstrb = top.m_axi_wstrb;
  s.wlast = top.m_axi_wlast;
  s.bready = top.m_axi_bready;
  return s;
}

template <class Top>
void axi_drive(Top& top, const AxiSlaveSignals& s) {
  top.m_axi_arready = s.arready;
  top.m_axi_rvalid = s.rvalid;
  top.m_axi_rdata = s.rdata;
  top.m_axi_rresp = s.rresp;
  top.m_axi_rlast = s.rlast;
  top.m_axi_awready = s.awready;
  top.m_axi_wready = s.wready;
  top.m_axi_bvalid = s.bvalid;
  top.m_axi_bresp = s.bresp;
}

#endif
