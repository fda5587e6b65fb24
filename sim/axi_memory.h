// AXI4 slave with 64-bit data: a sparse memory of regions, seeded random latency and back-pressure on every channel,
// error injection, and a protocol checker. Everything it drives comes from its state before the cycle.
//
//   each cycle:  axi_drive(top, memory.outputs()); clock low, eval; memory.step(axi_sample(top), in_reset); clock high
#ifndef MAXDNN_AXI_MEMORY_H
#define MAXDNN_AXI_MEMORY_H

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "axi_checker.h"
#include "axi_signals.h"

// xorshift64*; Source: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016.
class AxiRandom {
 public:
  explicit AxiRandom(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 0x853c49e6748fea9bull) {
    if (state_ == 0) state_ = 1;
  }
  uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>(state_ * 0x2545f4914f6cdd1dull >> 32);
  }
  uint32_t between(uint32_t low, uint32_t high) { return low + next() % (high - low + 1); }
  bool percent(unsigned chance) { return next() % 100 < chance; }

 private:
  uint64_t state_;
};

struct AxiMemoryConfig {
  unsigned latency_low = 0, latency_high = 0;  // cycles from address to first data, from last data to response
  unsigned stall = 0;                          // percent of cycles in which a channel holds back
  uint64_t seed = 1;
};

// One error response: to the access that touches `address`, or to the n-th burst (from 0) of its direction.
struct AxiInjection {
  enum Kind { kNone, kReadAddress, kWriteAddress, kReadBurst, kWriteBurst } kind = kNone;
  uint64_t value = 0;
  bool done = false;
  uint64_t address = 0;  // where it happened
};

class AxiMemory {
 public:
  struct Region {
    std::string name;
    uint64_t base;
    bool writable;
    std::vector<uint8_t> bytes;
  };

  explicit AxiMemory(const AxiMemoryConfig& config) : config_(config), random_(config.seed) {}

  // A region of memory; accesses outside all regions and writes to read-only ones are answered with an error.
  std::vector<uint8_t>& add_region(const std::string& name, uint64_t base, size_t size, bool writable) {
    regions_.push_back({name, base, writable, std::vector<uint8_t>(size)});
    return regions_.back().bytes;
  }
  Region* region(const std::string& name) {
    for (Region& r : regions_) if (r.name == name) return &r;
    return nullptr;
  }
  void inject(const AxiInjection& injection) { injection_ = injection; }
  const AxiInjection& injection() const { return injection_; }
  const AxiChecker& checker() const { return checker_; }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  uint64_t refused() const { return refused_; }
  uint64_t refused_address() const { return refused_address_; }
  // To be called where nothing may be outstanding.
  void expect_idle() { checker_.rule(idle(), "a transfer is outstanding at rest"); }
  bool idle() const { return !reading_ && !has_aw_ && collected_.empty() && !answering_; }

  // What the slave drives in this cycle.
  const AxiSlaveSignals& outputs() const { return out_; }

  // A rising edge: `m` as the master shows it before the edge.
  void step(const AxiMasterSignals& m, bool in_reset) {
    checker_.sample(m, out_, in_reset);
    if (in_reset) {
      reading_ = has_aw_ = answering_ = false;
      collected_.clear();
      out_ = AxiSlaveSignals();
      return;
    }
    step_read(m);
    step_write(m);
    // A channel holds back at random; sometimes until the master shows its VALID (both orders are legal).
    out_.arready = !reading_ && !random_.percent(config_.stall);
    out_.awready = !has_aw_ && !answering_ && !random_.percent(config_.stall);
    out_.wready = !answering_ && !last_seen_ && !random_.percent(config_.stall);
    if (config_.stall > 0 && wait_for_data_ && !m.wvalid && collected_.empty()) out_.awready = false;
    if (config_.stall > 0 && !wait_for_data_ && !has_aw_) out_.wready = false;
  }

 private:
  struct Beat {
    uint64_t data;
    unsigned strobes;
  };

  void step_read(const AxiMasterSignals& m) {
    if (out_.rvalid && m.rready) {
      bytes_read_ += 8;
      r_address_ += 8;
      if (--r_left_ == 0) reading_ = false;
      out_.rvalid = false;
    }
    if (m.arvalid && out_.arready) {
      reading_ = true;
      r_address_ = m.araddr;
      r_left_ = m.arlen + 1;
      r_wait_ = random_.between(config_.latency_low, config_.latency_high);
      r_fails_ = strikes(AxiInjection::kReadBurst, read_bursts_++);
    }
    if (!reading_ || out_.rvalid) return;
    if (r_wait_ > 0) {
      r_wait_--;
      return;
    }
    if (random_.percent(config_.stall)) return;
    out_.rvalid = true;
    out_.rlast = r_left_ == 1;
    out_.rdata = 0;
    bool fails = r_fails_ || strikes_at(AxiInjection::kReadAddress, r_address_, 8);
    if (fails) {
      if (r_fails_) injection_.address = r_address_;
      r_fails_ = false;
      out_.rresp = 2;
      out_.rdata = 0xbad0bad0bad0bad0ull;
    } else {
      out_.rresp = load(r_address_, out_.rdata) ? 0 : 3;
    }
    if (out_.rresp == 3) refuse(r_address_);
  }

  void step_write(const AxiMasterSignals& m) {
    if (out_.bvalid && m.bready) {
      out_.bvalid = false;
      answering_ = false;
    }
    if (m.awvalid && out_.awready) {
      has_aw_ = true;
      w_address_ = m.awaddr;
      w_beats_ = m.awlen + 1;
    }
    if (m.wvalid && out_.wready) {
      collected_.push_back({m.wdata, m.wstrb});
      if (m.wlast) last_seen_ = true;
    }
    if (has_aw_ && last_seen_) {
      has_aw_ = last_seen_ = false;
      answering_ = true;
      b_wait_ = random_.between(config_.latency_low, config_.latency_high);
      wait_for_data_ = random_.percent(50);
      bool fails = strikes(AxiInjection::kWriteBurst, write_bursts_++) |
                   strikes_at(AxiInjection::kWriteAddress, w_address_, 8 * w_beats_);
      if (fails) injection_.address = w_address_;
      out_.bresp = fails ? 2 : 0;
      for (size_t k = 0; k < collected_.size() && !fails; k++) {
        if (!store(w_address_ + 8 * k, collected_[k])) {
          refuse(w_address_ + 8 * k);
          out_.bresp = 2;
        }
      }
      collected_.clear();
    }
    if (!answering_ || out_.bvalid) return;
    if (b_wait_ > 0) b_wait_--;
    else if (!random_.percent(config_.stall)) out_.bvalid = true;
  }

  bool strikes(AxiInjection::Kind kind, uint64_t number) {
    if (injection_.kind != kind || injection_.done || injection_.value != number) return false;
    return injection_.done = true;
  }

  bool strikes_at(AxiInjection::Kind kind, uint64_t address, uint64_t size) {
    if (injection_.kind != kind || injection_.done) return false;
    if (injection_.value < address || injection_.value >= address + size) return false;
    injection_.address = address;
    return injection_.done = true;
  }

  void refuse(uint64_t address) {
    if (refused_++ == 0) refused_address_ = address;
  }

  Region* find(uint64_t address) {
    for (Region& r : regions_) {
      if (address >= r.base && address - r.base + 8 <= r.bytes.size()) return &r;
    }
    return nullptr;
  }

  bool load(uint64_t address, uint64_t& data) {
    Region* r = find(address);
    if (!r) return false;
    std::memcpy(&data, &r->bytes[address - r->base], 8);
    return true;
  }

  bool store(uint64_t address, const Beat& beat) {
    if (beat.strobes == 0) return true;
    Region* r = find(address);
    if (!r || !r->writable) return false;
    for (unsigned k = 0; k < 8; k++) {
      if (!(beat.strobes >> k & 1)) continue;
      r->bytes[address - r->base + k] = static_cast<uint8_t>(beat.data >> 8 * k);
      bytes_written_++;
    }
    return true;
  }

  AxiMemoryConfig config_;
  AxiRandom random_;
  AxiChecker checker_;
  AxiInjection injection_;
  AxiSlaveSignals out_;
  std::vector<Region> regions_;
  std::vector<Beat> collected_;
  uint64_t bytes_read_ = 0, bytes_written_ = 0, read_bursts_ = 0, write_bursts_ = 0;
  uint64_t refused_ = 0, refused_address_ = 0;
  bool reading_ = false, r_fails_ = false;
  uint64_t r_address_ = 0;
  unsigned r_left_ = 0, r_wait_ = 0;
  bool has_aw_ = false, last_seen_ = false, answering_ = false, wait_for_data_ = false;
  uint64_t w_address_ = 0;
  unsigned w_beats_ = 0, b_wait_ = 0;
};

#endif
