// Drives a bench of processing elements side by side (test/accel/element-bench.ts): inputs of one clock cycle after the
// other, then the sums after its rising edge. It compares nothing.
//
//   elements STIMULI RESPONSES [+ARGUMENT …]          arguments for $value$plusargs
//   STIMULI    little-endian uint32 per cycle: controls, weight, activation, sum from above
//              controls: bit 0 rst_ni, bit 1 load_i, bit 2 valid_i, bit 3 swap_i, bits 7:4 select_i
//   RESPONSES  little-endian uint32 per cycle and element: sum_o
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "Velement_bench.h"
#include "verilated.h"

static void fail(const char* what, const char* which) {
  std::fprintf(stderr, "element_driver: %s: %s\n", what, which);
  std::exit(1);
}

int main(int argc, char** argv) {
  if (argc < 3) fail("usage", "elements STIMULI RESPONSES [+ARGUMENT …]");
  Verilated::commandArgs(argc, argv);
  Verilated::randReset(2);
  Verilated::randSeed(1);
  Velement_bench bench;
  std::FILE* in = std::fopen(argv[1], "rb");
  if (!in) fail("cannot read", argv[1]);
  std::FILE* out = std::fopen(argv[2], "wb");
  if (!out) fail("cannot write", argv[2]);

  uint32_t cycle[4];
  uint64_t cycles = 0;
  while (std::fread(cycle, sizeof cycle, 1, in) == 1) {
    bench.rst_ni = cycle[0] & 1;
    bench.load_i = cycle[0] >> 1 & 1;
    bench.valid_i = cycle[0] >> 2 & 1;
    bench.swap_i = cycle[0] >> 3 & 1;
    bench.select_i = cycle[0] >> 4 & 15;
    bench.weight_i = cycle[1] & 255;
    bench.activation_i = cycle[2] & 255;
    bench.sum_i = cycle[3];
    for (int edge = 0; edge < 2; edge++) {
      bench.clk_i = edge;
      bench.eval();
    }
    if (std::fwrite(&bench.sums_o, 1, sizeof bench.sums_o, out) != sizeof bench.sums_o) fail("cannot write", argv[2]);
    cycles++;
  }
  std::fclose(in);
  if (std::fclose(out) != 0) fail("cannot write", argv[2]);
  std::printf("cycles %llu\n", static_cast<unsigned long long>(cycles));
  bench.final();
  return 0;
}
