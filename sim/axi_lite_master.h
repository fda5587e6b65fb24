// AXI4-Lite master for the register port s_axi_*: one access at a time, address and data of a write in random order,
// responses taken after a random wait. `Clock` is called once per cycle and must clock the model.
#ifndef MAXDNN_AXI_LITE_MASTER_H
#define MAXDNN_AXI_LITE_MASTER_H

#include <cstdint>
#include <functional>

#include "axi_memory.h"

struct AxiLiteResult {
  uint32_t data = 0;
  unsigned response = 0;
  bool finished = false;  // false: no answer within the limit
};

template <class Top>
class AxiLiteMaster {
 public:
  // `clock` runs one cycle; the outputs of the model as they stand before the edge have been seen when `before` ran.
  AxiLiteMaster(Top& top, std::function<void(const std::function<void()>& before)> clock, uint64_t seed)
      : top_(top), clock_(std::move(clock)), random_(seed) {
    quiet();
  }

  // All VALID and READY low, as a master in reset.
  void quiet() {
    top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_arvalid = top_.s_axi_bready = top_.s_axi_rready = 0;
    top_.s_axi_awaddr = top_.s_axi_araddr = top_.s_axi_awprot = top_.s_axi_arprot = 0;
    top_.s_axi_wdata = top_.s_axi_wstrb = 0;
  }

  AxiLiteResult write(uint32_t address, uint32_t data, unsigned strobes = 15) {
    AxiLiteResult result;
    bool sent_aw = false, sent_w = false;
    unsigned aw_wait = random_.between(0, 3), w_wait = random_.between(0, 3);
    for (unsigned cycle = 0; cycle < kLimit && !result.finished; cycle++) {
      top_.s_axi_awvalid = !sent_aw && cycle >= aw_wait;
      top_.s_axi_awaddr = address;
      top_.s_axi_wvalid = !sent_w && cycle >= w_wait;
      top_.s_axi_wdata = data;
      top_.s_axi_wstrb = strobes;
      top_.s_axi_bready = random_.percent(70);
      clock_([&] {
        if (top_.s_axi_awvalid && top_.s_axi_awready) sent_aw = true;
        if (top_.s_axi_wvalid && top_.s_axi_wready) sent_w = true;
        if (top_.s_axi_bvalid && top_.s_axi_bready) {
          result.response = top_.s_axi_bresp;
          result.finished = true;
        }
      });
    }
    quiet();
    return result;
  }

  AxiLiteResult read(uint32_t address) {
    AxiLiteResult result;
    bool sent = false;
    for (unsigned cycle = 0; cycle < kLimit && !result.finished; cycle++) {
      top_.s_axi_arvalid = !sent;
      top_.s_axi_araddr = address;
      top_.s_axi_rready = random_.percent(70);
      clock_([&] {
        if (top_.s_axi_arvalid && top_.s_axi_arready) sent = true;
        if (top_.s_axi_rvalid && top_.s_axi_rready) {
          result.data = top_.s_axi_rdata;
          result.response = top_.s_axi_rresp;
          result.finished = true;
        }
      });
    }
    quiet();
    return result;
  }

 private:
  static constexpr unsigned kLimit = 1000;  // cycles without an answer before it gives up
  Top& top_;
  std::function<void(const std::function<void()>&)> clock_;
  AxiRandom random_;
};

#endif
