// Checks what an AXI4 master does, cycle by cycle: VALID and payload stand until READY, bursts are INCR of at most 16
// beats of 8 bytes, aligned, inside 4 KiB, WLAST comes with the last beat and only there, at most one read and one
// write burst are in flight, nothing is asked for in reset. Others may add rules of their own.
#ifndef MAXDNN_AXI_CHECKER_H
#define MAXDNN_AXI_CHECKER_H

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "axi_signals.h"

class AxiChecker {
 public:
  // Once per cycle, with what both sides show before the rising edge.
  void sample(const AxiMasterSignals& m, const AxiSlaveSignals& s, bool in_reset) {
    cycle_++;
    if (in_reset) {
      rule(!m.arvalid && !m.awvalid && !m.wvalid, "VALID in reset");
      last_ = AxiMasterSignals();
      was_ = AxiSlaveSignals();
      reads_ = writes_ = 0;
      w_left_ = 0;
      w_known_ = w_early_ = false;
      w_count_ = 0;
      return;
    }
    if (last_.arvalid && !was_.arready) {
      rule(m.arvalid, "ARVALID fell before ARREADY");
      rule(m.araddr == last_.araddr && m.arlen == last_.arlen, "AR payload changed before ARREADY");
    }
    if (last_.awvalid && !was_.awready) {
      rule(m.awvalid, "AWVALID fell before AWREADY");
      rule(m.awaddr == last_.awaddr && m.awlen == last_.awlen, "AW payload changed before AWREADY");
    }
    if (last_.wvalid && !was_.wready) {
      rule(m.wvalid, "WVALID fell before WREADY");
      rule(m.wdata == last_.wdata && m.wstrb == last_.wstrb && m.wlast == last_.wlast,
           "W payload changed before WREADY");
    }
    if (m.arvalid) rule(reads_ == 0, "a second read burst in flight");
    if (m.awvalid) rule(writes_ == 0, "a second write burst in flight");
    if (m.arvalid && s.arready) {
      burst(m.araddr, m.arlen, m.arsize, m.arburst);
      reads_++;
    }
    if (s.rvalid && m.rready && s.rlast && reads_ > 0) reads_--;
    if (m.awvalid && s.awready) {
      burst(m.awaddr, m.awlen, m.awsize, m.awburst);
      writes_++;
      w_known_ = true;
      w_left_ = m.awlen + 1;
      if (w_count_ > w_left_ || (w_early_ && w_count_ != w_left_)) rule(false, "WLAST is not with the last beat");
    }
    if (m.wvalid && s.wready) {
      w_count_++;
      if (w_known_) rule(m.wlast == (w_count_ == w_left_), "WLAST is not with the last beat");
      rule(w_count_ <= 16, "more than 16 beats of data in a burst");
      if (m.wlast) w_early_ = true;
    }
    if (w_known_ && w_early_) {
      w_known_ = w_early_ = false;
      w_count_ = 0;
    }
    if (s.bvalid && m.bready && writes_ > 0) writes_--;
    last_ = m;
    was_ = s;
  }

  void rule(bool kept, const char* text) {
    if (!kept) broken_[text]++;
  }

  // Rules that were broken, with how often.
  const std::map<std::string, uint64_t>& broken() const { return broken_; }
  uint64_t cycles() const { return cycle_; }
  uint64_t bursts() const { return bursts_; }

 private:
  void burst(uint64_t address, unsigned length, unsigned size, unsigned kind) {
    bursts_++;
    rule(kind == 1, "burst is not INCR");
    rule(size == 3, "beats do not have 8 bytes");
    rule(length < 16, "burst of more than 16 beats");
    rule(address % 8 == 0, "address is not a multiple of 8");
    rule(address / 4096 == (address + 8ull * length) / 4096, "burst crosses 4 KiB");
  }

  AxiMasterSignals last_;
  AxiSlaveSignals was_;
  std::map<std::string, uint64_t> broken_;
  uint64_t cycle_ = 0, bursts_ = 0;
  unsigned reads_ = 0, writes_ = 0;
  unsigned w_left_ = 0, w_count_ = 0;       // beats of the present burst: wanted, seen
  bool w_known_ = false, w_early_ = false;  // its address was taken; its last beat was taken
};

#endif
