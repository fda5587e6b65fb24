// A model of the accelerator with its memory and its register master, clocked together.
#ifndef MAXDNN_SIMULATION_H
#define MAXDNN_SIMULATION_H

#include <functional>
#include <memory>
#include <string>

#include "Vmaxdnn_accelerator.h"
#include "axi_lite_master.h"
#include "axi_memory.h"
#include "command_file.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#endif

class Simulation {
 public:
  Simulation(const AxiMemoryConfig& config, const std::string& trace_file)
      : memory(config), registers(top, [this](const std::function<void()>& before) { tick(before); }, config.seed) {
#if VM_TRACE_FST
    if (!trace_file.empty()) {
      Verilated::traceEverOn(true);
      trace_.reset(new VerilatedFstC);
      top.trace(trace_.get(), 99);
      trace_->open(trace_file.c_str());
    }
#else
    if (!trace_file.empty()) fail("built without --trace-fst");
#endif
    // Random registers and no reset yet, so that the reset is an edge that has to do something.
    top.rst_ni = 1;
    top.clk_i = 0;
    axi_drive(top, memory.outputs());
    top.eval();
  }

  ~Simulation() {
    top.final();
#if VM_TRACE_FST
    if (trace_) trace_->close();
#endif
  }

  // One clock cycle; `before` sees the signals as they stand before the rising edge.
  void tick(const std::function<void()>& before = [] {}) {
    axi_drive(top, memory.outputs());
    top.clk_i = 0;
    top.eval();
    dump();
    before();
    memory.step(axi_sample(top), !top.rst_ni);
    top.clk_i = 1;
    top.eval();
    dump();
    cycles++;
  }

  // Pulls the reset in the middle of whatever goes on; the memory's port is reset with it.
  void hard_reset() {
    registers.quiet();
    top.rst_ni = 0;
    for (unsigned k = 0; k < 5; k++) tick();
    top.rst_ni = 1;
    tick();
  }

  Vmaxdnn_accelerator top;
  AxiMemory memory;
  AxiLiteMaster<Vmaxdnn_accelerator> registers;
  uint64_t cycles = 0;

 private:
  void dump() {
#if VM_TRACE_FST
    if (trace_) trace_->dump(time_++);
#endif
  }
#if VM_TRACE_FST
  std::unique_ptr<VerilatedFstC> trace_;
  uint64_t time_ = 0;
#endif
};

#endif
